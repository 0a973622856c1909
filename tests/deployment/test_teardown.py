"""teardown: cluster and account as they were before install."""

from __future__ import annotations

from tests.deployment import sites
from tests.deployment.sites import Site


async def test_teardown_leaves_cluster_and_account_as_they_were(site: Site) -> None:
    before = await site.state()
    await site.install()
    site.deploy()
    await site.install()
    await site.serve("web-0", "10.0.0.101")
    assert len(site.cloud.holdings()) == 1
    await site.end("web-0")
    site.undeploy()

    assert await site.teardown() == []
    assert sites.dumped(await site.state()) == sites.dumped(before)
