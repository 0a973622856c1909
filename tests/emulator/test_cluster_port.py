"""The port on the cluster in memory, where it can be told from a real one: time, what cannot be read, what is kept."""

from __future__ import annotations

import asyncio

import pytest

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.port import MemoryCluster
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import CLAIMS, LEASES
from emulator.cluster.users import ADMIN, GIVE, TAKE
from emulator.timeline import Timeline, run
from shared.core import identity
from shared.core.errors import InputRejected, Refused
from tests.emulator.clusters import Rig, bare_claim, bare_pod


def test_a_request_takes_its_time_and_answers_with_the_state_at_its_end(timeline: Timeline) -> None:
    api = ApiServer(timeline.now)
    timeline.after(0.5, lambda: api.create(ADMIN, CLAIMS, bare_claim()))
    start = timeline.now()

    found = run(timeline, MemoryCluster(api, GIVE, latency=0.75).get_claim("default", "web-0"))

    assert found is not None
    assert timeline.now() - start == pytest.approx(0.75)


async def test_a_request_that_takes_no_time_lets_other_tasks_run(timeline: Timeline) -> None:
    port = MemoryCluster(ApiServer(timeline.now), GIVE)
    order: list[str] = []

    async def ask(name: str) -> None:
        for _ in range(2):
            await port.list_pods()
            order.append(name)

    await asyncio.gather(ask("a"), ask("b"))

    assert order == ["a", "b", "a", "b"]


async def test_an_object_that_does_not_validate_is_named_and_hides_no_other(timeline: Timeline) -> None:
    api = ApiServer(timeline.now)
    port = MemoryCluster(api, GIVE)
    api.create(ADMIN, CLAIMS, bare_claim("good"))
    api.create(ADMIN, CLAIMS, {**bare_claim("bad"), "spec": {"bandwidthMbps": "plenty"}})

    listing = await port.list_claims("default")

    assert [claim.metadata.name for claim in listing.items] == ["good"]
    assert listing.complete
    (unreadable,) = listing.unreadable
    assert (unreadable.namespace, unreadable.name) == ("default", "bad")
    assert unreadable.why.startswith("spec.bandwidthMbps: ")
    with pytest.raises(InputRejected, match=r"spec\.bandwidthMbps"):
        await port.get_claim("default", "bad")


async def test_what_has_not_changed_is_not_read_again() -> None:
    rig = Rig()
    for name in ("web-0", "web-1"):
        rig.live.apply(bare_pod(name))
    first = await rig.live.port(GIVE).list_pods()

    rig.live.annotate("Pod", "default", "web-1", {"a": "b"})
    second = await rig.live.port(TAKE).list_pods()

    assert second.items[0] is first.items[0]
    assert second.items[1].metadata.annotations == {"a": "b"}
    assert first.items[1].metadata.annotations == {}
    assert await rig.live.port(TAKE).list_pods() is second


async def test_a_pod_that_was_made_anew_is_read_anew() -> None:
    rig = Rig()
    port = rig.live.port(GIVE)
    rig.live.apply(bare_pod())
    first = await port.get_pod("default", "web-0")
    rig.live.delete("Pod", "default", "web-0")
    rig.live.apply(bare_pod())

    second = await port.get_pod("default", "web-0")

    assert first is not None
    assert second is not None
    assert first.uid != second.uid


async def test_the_lease_is_takes_alone_and_may_be_without_a_time(timeline: Timeline) -> None:
    api = ApiServer(timeline.now)
    manifest = {"metadata": {"name": identity.LEASE, "namespace": identity.SYSTEM_NAMESPACE}, "spec": {}}
    api.create(ADMIN, LEASES, manifest)

    lease = await MemoryCluster(api, TAKE).get_lease()

    assert lease is not None
    assert lease.renewed_at is None
    with pytest.raises(Refused):
        await MemoryCluster(api, GIVE).get_lease()


async def test_nodes_are_read_with_their_instances() -> None:
    rig = Rig()
    port = rig.live.port(GIVE)

    assert [node.instance_id for node in (await port.list_nodes()).items] == ["ins-0", "ins-1"]
    node = await port.get_node("node-1")
    assert node is not None
    assert node.instance_id == "ins-1"


def test_a_kind_that_is_not_known_cannot_be_applied() -> None:
    with pytest.raises(Refusal, match="no matches for kind"):
        Rig().live.apply({"apiVersion": "example.com/v1", "kind": "GameServerSet", "metadata": {"name": "web"}})
