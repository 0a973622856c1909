"""doctor: on a healthy installation it finds nothing, and each planted fault it names, with something to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest

from eipctl.deployment.doctor.findings import Finding, Severity
from eipctl.dev.control_plane import ControlPlane
from emulator.cloud.faults import Fault
from tests.deployment import sites
from tests.deployment.account_plants import function_given
from tests.deployment.plants import PLANTS, Plant
from tests.deployment.sites import Site


@pytest.fixture(scope="module")
async def healthy(own_plane: ControlPlane) -> AsyncIterator[Site]:
    """One for all tests here: each leaves it as it was."""
    async with sites.opened(own_plane) as site:
        await site.install()
        site.deploy()
        await site.install()
        await site.sweep()
        yield site


def amiss(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity is not Severity.OK]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
async def test_a_planted_fault_is_found_with_something_to_do(healthy: Site, plant: Plant) -> None:
    await healthy.sweep()
    async with plant.planting(healthy) as variables:
        found = amiss(await healthy.examine(variables=variables))

    hits = [
        one for one in found if (one.check, one.severity) == (plant.check, plant.severity) and plant.word in one.what
    ]
    assert hits, found
    assert all(one.todo for one in found)
    assert not [one for one in found if "canary" in one.what + one.todo]


async def test_a_healthy_installation_has_no_findings_also_when_all_faults_are_mended(healthy: Site) -> None:
    await healthy.sweep()

    assert amiss(await healthy.examine()) == []


async def test_a_setting_that_is_written_otherwise_and_means_the_same_is_no_finding(healthy: Site) -> None:
    await healthy.sweep()

    async with function_given("reclaim", EIPCLAIM_ORPHANS=None, EIPCLAIM_FREEZE="no", EIPCLAIM_NAMESPACES="")(healthy):
        assert amiss(await healthy.examine()) == []


async def test_a_clock_that_is_off_is_found(healthy: Site) -> None:
    def slow() -> datetime:
        return sites.now() - timedelta(minutes=7)

    await healthy.sweep()
    (found,) = amiss(await healthy.examine(slow))
    assert (found.check, found.severity) == ("clock", Severity.ERROR)


async def test_before_an_installation_everything_that_is_missing_is_said(site: Site) -> None:
    findings = await site.examine()

    wrong = {one.check for one in findings if one.severity is Severity.ERROR}
    assert {"crd", "admission", "rights", "tags", "roles", "secrets", "sweeps"} <= wrong
    assert [one for one in findings if one.severity is Severity.UNKNOWN] == []


async def test_a_region_that_is_none_is_an_error_and_not_only_unknown(site: Site) -> None:
    """All that was asked of the cloud was unknown, and the command ended with 0."""
    site.cloud.faults.arm(Fault("code", "DescribeClusters", code="UnsupportedRegion"))

    (found,) = [one for one in await site.examine() if one.check == "cloud"]
    assert (found.severity, "TENCENTCLOUD_REGION" in found.todo) == (Severity.ERROR, True)


async def test_a_key_that_is_refused_is_an_error_and_no_right_helps(site: Site) -> None:
    site.cloud.faults.arm(Fault("code", times=1000, code="AuthFailure.SecretIdNotFound"))

    findings = await site.examine()
    (found,) = [one for one in findings if one.check == "cloud"]
    assert (found.severity, "TENCENTCLOUD_SECRETID" in found.todo) == (Severity.ERROR, True)
    assert {one.todo for one in findings if one.severity is Severity.UNKNOWN} == {"see `cloud` above"}


async def test_without_a_cloud_the_cluster_is_looked_at_all_the_same(site: Site) -> None:
    await site.install()
    site.cloud.faults.arm(Fault("drop", times=1000))

    findings = {one.check: one for one in await site.examine()}
    assert findings["cloud"].severity is Severity.ERROR
    assert findings["tags"].severity is Severity.UNKNOWN
    assert findings["crd"].severity is Severity.OK
