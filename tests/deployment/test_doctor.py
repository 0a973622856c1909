"""doctor: on a healthy installation it finds nothing, and each planted fault it names, with something to do."""

from __future__ import annotations

from eipctl.deployment.doctor.findings import Severity
from tests.deployment.sites import Site


async def healthy(site: Site) -> None:
    await site.install()
    site.deploy()
    await site.install()
    await site.sweep()


async def test_a_healthy_installation_has_no_findings(site: Site) -> None:
    await healthy(site)

    findings = await site.examine()
    assert [one for one in findings if one.severity is not Severity.OK] == []
