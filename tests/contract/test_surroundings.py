"""The contract of the port about nodes, owners, events, the Lease and the time."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from shared.core import identity
from shared.core.claim import OwnerReference
from shared.core.errors import Conflict
from shared.core.pod import INSTANCE_LABEL
from tests.contract.worlds import WHOLE_SECONDS, Raw, World, claim, owner, pod, within

STEADY = datetime(2026, 11, 24, tzinfo=timezone.utc)

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "contract-node", "labels": {INSTANCE_LABEL: "ins-12345678"}},
    "spec": {"providerID": "qcloud:///800003/ins-12345678", "unschedulable": True},
}


def workload(kind: str, name: str, **metadata: object) -> Raw:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": pod("-")["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def event(world: World, about: Raw, name: str) -> Raw:
    involved = {key: about["metadata"][key] for key in ("name", "namespace", "uid")}
    return within(
        world,
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", **involved},
            "reason": "Bound",
            "message": "198.51.100.7",
            "type": "Normal",
            "source": {"component": "eipclaim"},
            "reportingComponent": "eipclaim",
            "firstTimestamp": "2026-11-24T05:01:32Z",
            "lastTimestamp": "2026-11-24T05:01:32Z",
            "count": 1,
        },
    )


async def test_a_node_tells_the_instance_behind_it(world: World) -> None:
    await world.create(NODE)

    node = await world.give.get_node("contract-node")

    assert node is not None
    assert (node.instance_id, node.super_node) == ("ins-12345678", False)
    listing = await world.take.list_nodes()
    assert listing.complete
    assert "contract-node" in {one.metadata.name for one in listing.items}


async def test_a_node_that_is_not_there_is_none(world: World) -> None:
    assert await world.give.get_node("contract-absent") is None


async def test_the_chain_of_controllers_can_be_followed(world: World) -> None:
    deployment = await world.create(workload("Deployment", "web"))
    controller = owner(deployment, controller=True)
    below = await world.create(workload("ReplicaSet", "web-1", ownerReferences=[controller]))

    first = await world.give.get_owner(world.namespace, OwnerReference(**owner(below)))

    assert first is not None
    assert (first.reference.uid, first.controller) == (
        below["metadata"]["uid"],
        OwnerReference(**controller),
    )
    top = await world.give.get_owner(world.namespace, OwnerReference(**controller))
    assert top is not None
    assert (top.reference.uid, top.controller) == (deployment["metadata"]["uid"], None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"uid": "8a4ada51-2e81-4b24-b19a-f77614ba8a71"}, "another object has the name now"),
        ({"name": "absent"}, "there is none of that name"),
        ({"apiVersion": "example.com/v1", "kind": "GameServerSet"}, "no such kind is known, or may be read"),
        ({"apiVersion": "v1", "kind": "Secret"}, "the kind may not be read"),
        ({"apiVersion": "v1", "kind": "Event"}, "the kind may be written only"),
    ],
)
async def test_an_owner_that_cannot_be_seen_is_none(world: World, change: Raw, reason: str) -> None:
    made = await world.create(workload("StatefulSet", "web"))
    reference = OwnerReference(**{**owner(made, controller=True), **change})

    assert await world.give.get_owner(world.namespace, reference) is None, reason


async def test_an_event_may_be_told_twice(world: World) -> None:
    about = await world.create(pod("web-0"))

    await world.give.create_event(event(world, about, "web-0.abc"))
    await world.take.create_event(event(world, about, "web-0.abc"))

    told = await world.get("Event", "web-0.abc")
    assert told is not None
    assert told["involvedObject"]["uid"] == about["metadata"]["uid"]


async def test_the_first_sweep_makes_the_lease_and_the_next_renew_it(world: World) -> None:
    assert await world.take.get_lease() is None

    await world.take.renew_lease(None, "request-1", STEADY)
    first = await world.take.get_lease()
    assert first is not None
    before = world.take.now()
    await world.take.renew_lease(first, "request-2", STEADY)
    after = world.take.now()

    second = await world.take.get_lease()
    assert second is not None
    assert second.resource_version != first.resource_version
    assert second.renewed_at is not None
    assert before - WHOLE_SECONDS <= second.renewed_at <= after + WHOLE_SECONDS


async def test_of_two_sweeps_that_saw_the_same_lease_only_one_renews_it(world: World) -> None:
    with_none = None
    await world.take.renew_lease(with_none, "request-1", STEADY)
    first = await world.take.get_lease()
    await world.take.renew_lease(first, "request-2", STEADY)

    with pytest.raises(Conflict):
        await world.take.renew_lease(first, "request-3", STEADY)
    with pytest.raises(Conflict):
        await world.take.renew_lease(with_none, "request-4", STEADY)


async def test_the_time_is_an_aware_one_and_the_apiservers(world: World) -> None:
    before = world.give.now()
    made = await world.give.create_claim(within(world, claim("web-0")))
    after = world.give.now()

    assert after.tzinfo is timezone.utc
    assert made.metadata.creation_timestamp is not None
    assert before - WHOLE_SECONDS <= made.metadata.creation_timestamp <= after + WHOLE_SECONDS
    assert made.metadata.finalizers == (identity.FINALIZER,)
