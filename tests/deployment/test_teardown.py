"""teardown: cluster and account as they were before install, whatever happens on the way."""

from __future__ import annotations

from collections import Counter

import pytest

from eipctl.deployment.teardown import look
from shared.adapters.kubernetes.client import MERGE_PATCH
from shared.core import identity
from tests.deployment import states
from tests.deployment.dying import Through, outlived
from tests.deployment.sites import CLUSTER_ID, Site

CLAIM = f"/apis/{identity.API_VERSION}/namespaces/default/eipclaims/web-0"


async def installed(site: Site) -> None:
    await site.install()
    site.deploy()
    await site.install()


async def test_teardown_leaves_cluster_and_account_as_they_were(site: Site) -> None:
    before = await site.state()
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    assert len(site.cloud.holdings()) == 1
    await site.end("web-0")
    site.undeploy()

    assert await site.teardown() == []
    assert states.dumped(await site.state()) == states.dumped(before)
    again = Through()
    assert await site.teardown(through=again) == []
    assert again.changes == []


@pytest.mark.exhaustive
async def test_a_process_that_dies_after_every_call_leaves_nothing_in_the_end(site: Site) -> None:
    """Without claims: one in the middle of whose end it dies is left alone for a minute, as `tests/faults` plays."""
    before = await site.state()
    await installed(site)
    clean = Through()
    await site.teardown(through=clean)
    await site.install()
    made: list[str] = []
    for _ in range(100):
        through = Through(1)
        left = await outlived(site.teardown(through=through))
        if left is not None:
            break
        made += through.changes
    with_namespace = {one for one in clean.changes if f"/namespaces/{identity.SYSTEM_NAMESPACE}/" in one}

    assert len(clean.changes) > 20
    assert set(Counter(clean.changes) - Counter(made)) <= with_namespace, (
        "what goes with its namespace may be gone before its call"
    )
    assert set(made) <= set(clean.changes)
    assert left is not None
    assert {one.name for one in left} == {f"function {one.name}" for one in site.cloud.functions}
    site.undeploy()
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_a_claim_in_use_and_what_it_needs_is_kept(site: Site) -> None:
    """Its pod lives: nothing is taken from it, and giving has stopped."""
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    await site.serve("web-1", "10.0.0.102")
    await site.end("web-1")

    (left,) = await site.teardown()

    (address,) = site.cloud.holdings()
    assert (left.name, address.private_ip) == ("claim default/web-0", "10.0.0.101")
    assert left.why.startswith("PodAlive")
    assert {key: one.reserved_mb for key, one in site.functions().items()} == {
        "allocate": 0,
        "bind": 0,
        "reclaim": None,
    }
    names = {one.name for one in await site.plan() if one.name.startswith("ClusterRole")}
    assert names == {"ClusterRoleBinding/eipclaim-give"}
    await site.end("web-0")
    assert {one.name.split()[0] for one in await site.teardown()} == {"function"}
    assert site.cloud.holdings() == ()


async def test_no_eip_is_released_where_no_claims_can_tell_whose_it_is(site: Site) -> None:
    """By the kubeconfig of a cluster without the CRD a claim's EIP, kept for a pod that will be back, was released."""
    (address,) = site.cloud.console.buy(name=identity.mark(CLUSTER_ID, "uid"), tags=identity.tags(CLUSTER_ID))

    left = {one.name: one.why for one in await site.teardown()}

    assert [one.address_id for one in site.cloud.holdings()] == [address]
    assert "is this the kubeconfig of" in left[f"EIP {address}"]
    site.cloud.console.release(address)


async def test_install_goes_on_where_teardown_stopped(site: Site) -> None:
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    await site.teardown()

    assert await site.install() == []
    assert {key: one.reserved_mb for key, one in site.functions().items()} == {
        "allocate": None,
        "bind": 1024,
        "reclaim": None,
    }
    await site.end("web-0")


async def test_with_force_pods_that_live_lose_their_eips(site: Site) -> None:
    before = await site.state()
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    site.undeploy()

    assert await site.teardown(force=True) == []
    assert site.cloud.holdings() == ()
    await site.end("web-0")
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_a_paused_claim_stays_with_its_eip_and_is_named(site: Site) -> None:
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    await site.admin("PATCH", CLAIM, {"metadata": {"annotations": {identity.PAUSED: "true"}}}, MERGE_PATCH)

    assert [one.name for one in await site.teardown(force=True)] == ["claim default/web-0"]
    assert len(site.cloud.holdings()) == 1
    await site.admin("PATCH", CLAIM, {"metadata": {"annotations": {identity.PAUSED: None}}}, MERGE_PATCH)
    assert [one for one in await site.teardown(force=True) if "claim" in one.name.split()[0]] == []
    await site.end("web-0")


async def test_an_eip_that_no_claim_has_is_released_only_if_it_is_ours_alone(site: Site) -> None:
    await installed(site)
    site.undeploy()
    ours = identity.tags(CLUSTER_ID)
    (orphan,) = site.cloud.console.buy(name=identity.mark(CLUSTER_ID, "uid"), tags=ours)
    (renamed,) = site.cloud.console.buy(name="somebody's", tags=ours)
    (foreign,) = site.cloud.console.buy(
        name=identity.mark("cls-other", "uid"), tags={**ours, "eipclaim-cluster": "cls-other"}
    )

    left = await site.teardown()

    assert [one.name.split()[1] for one in left] == [renamed]
    assert {one.address_id for one in site.cloud.holdings()} == {renamed, foreign}
    assert orphan not in {renamed, foreign}
    site.cloud.console.release(renamed)
    assert await site.teardown() == []


async def test_all_that_is_taken_away_was_listed_before(site: Site) -> None:
    """Also the tag that all clusters of the account have, where this one is the last."""
    await installed(site)

    held = await site.ask(lambda parts, sides: look(parts, site.installation, sides))
    tags = {one.name for one in held.resources if one.name.startswith("tag ")}
    assert tags == {f"tag eipclaim-cluster={CLUSTER_ID}", "tag managed-by=eipclaim"}


async def test_the_tag_that_another_cluster_needs_is_left(site: Site) -> None:
    await installed(site)
    site.undeploy()
    site.cloud.console.create_tag("eipclaim-cluster", "cls-other")

    assert await site.teardown() == []
    assert {(one["TagKey"], one["TagValue"]) for one in states.account(site.cloud)["tags"]} == {
        ("eipclaim-cluster", "cls-other"),
        ("managed-by", "eipclaim"),
    }


async def test_a_claim_that_was_deleted_while_its_pod_lives_is_not_waited_for(site: Site) -> None:
    """It stays Terminating for as long as the pod lives; nothing that runs here would change that."""
    await installed(site)
    await site.serve("web-0", "10.0.0.101")
    await site.admin("DELETE", CLAIM)

    (left,) = await site.teardown()
    assert left.why.startswith("PodAlive")
    assert len(site.cloud.holdings()) == 1
    await site.end("web-0")
    assert {one.name.split()[0] for one in await site.teardown()} == {"function"}
