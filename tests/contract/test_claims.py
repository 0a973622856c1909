"""The contract of the port about claims: what is conditional on what, and which part of a patch takes effect."""

from __future__ import annotations

import pytest

from shared.core.claim import Claim
from shared.core.errors import Conflict, Refused
from shared.ports import Json
from tests.contract.worlds import WHOLE_SECONDS, World, claim, owner, pod, within

BINDING = {
    "podUID": "8a4ada51-2e81-4b24-b19a-f77614ba8a71",
    "nodeName": "10.0.1.11",
    "networkInterfaceID": "eni-12345678",
    "privateIP": "10.0.0.7",
    "at": "2026-11-24T05:01:32Z",
}
INTENT = {
    "action": "Allocate",
    "attempt": 1,
    "token": "0123abcd",
    "parameters": {"AddressCount": 1, "AddressName": "eipc-abc"},
    "at": "2026-11-24T05:01:32Z",
    "by": "request-1",
    "accepted": False,
}


async def created(world: World, name: str = "web-0") -> Claim:
    return await world.give.create_claim(within(world, claim(name)))


async def current(world: World, name: str = "web-0") -> Claim:
    found = await world.give.get_claim(world.namespace, name)
    assert found is not None
    return found


async def test_a_created_claim_comes_back_with_what_the_apiserver_adds(world: World) -> None:
    before = world.give.now()

    made = await created(world)
    after = world.give.now()

    assert made.key == (world.namespace, "web-0")
    assert made.uid
    assert made.metadata.resource_version
    assert made.metadata.generation == 1
    assert made.held
    assert made.metadata.creation_timestamp is not None
    assert before - WHOLE_SECONDS <= made.metadata.creation_timestamp <= after + WHOLE_SECONDS
    assert await current(world) == made


async def test_a_status_given_at_creation_is_dropped(world: World) -> None:
    made = await world.give.create_claim({**within(world, claim("web-0")), "status": {"phase": "Bound"}})

    assert made.status.phase is None


async def test_creating_a_claim_of_a_taken_name_is_a_conflict(world: World) -> None:
    made = await created(world)

    with pytest.raises(Conflict):
        await created(world)

    assert await current(world) == made


async def test_an_owner_reference_without_a_uid_is_refused(world: World) -> None:
    reference = {**owner(await world.create(pod("web-0"))), "uid": ""}

    with pytest.raises(Refused):
        await world.give.create_claim(within(world, claim("web-0", ownerReferences=[reference])))

    assert await world.give.get_claim(world.namespace, "web-0") is None


async def test_a_patch_takes_effect_on_the_claim_as_it_was_read(world: World) -> None:
    made = await created(world)

    patched = await world.give.patch_claim(made, {"spec": {"bandwidthMbps": 20}})

    assert patched.spec.bandwidth_mbps == 20
    assert patched.spec.retention.value == "Static"
    assert await current(world) == patched


async def test_a_patch_of_a_claim_that_has_changed_since_is_a_conflict(world: World) -> None:
    stale = await created(world)
    fresh = await world.give.patch_claim_status(stale, {"phase": "Pending"})

    with pytest.raises(Conflict):
        await world.give.patch_claim(stale, {"spec": {"bandwidthMbps": 20}})
    with pytest.raises(Conflict):
        await world.give.patch_claim_status(stale, {"phase": "Bound"})

    assert await current(world) == fresh


async def test_the_status_cannot_be_written_through_the_claim_itself(world: World) -> None:
    made = await created(world)

    patched = await world.give.patch_claim(made, {"spec": {"bandwidthMbps": 20}, "status": {"phase": "Bound"}})

    assert (patched.spec.bandwidth_mbps, patched.status.phase) == (20, None)


async def test_nothing_but_the_status_can_be_written_through_the_status(world: World) -> None:
    await created(world)

    patch = {
        "metadata": {"finalizers": [], "annotations": {"a": "b"}},
        "spec": {"bandwidthMbps": 20},
        "status": {"attempt": 2},
    }
    await world.patch("EIPClaim", "web-0", patch, "status")

    written = await current(world)
    assert written.held
    assert written.metadata.annotations == {}
    assert (written.spec.bandwidth_mbps, written.status.attempt) == (10, 2)


async def test_a_status_comes_back_as_it_was_written(world: World) -> None:
    made = await created(world)
    condition = {
        "type": "Ready",
        "status": "False",
        "reason": "Allocating",
        "message": "an EIP is being bought",
        "lastTransitionTime": "2026-11-24T05:01:32Z",
        "observedGeneration": 1,
    }
    status: Json = {
        "phase": "Allocating",
        "addressID": "eip-1",
        "publicIP": "198.51.100.7",
        "attempt": 3,
        "intent": INTENT,
        "bindings": [BINDING],
        "retry": {"action": "Associate", "at": "2026-11-24T05:02:32Z", "failures": 2},
        "podMissingSince": "2026-11-24T05:01:33Z",
        "expiresAt": "2026-11-24T06:01:33Z",
        "addressMissingSince": "2026-11-24T05:01:34Z",
        "conditions": [condition],
        "observedGeneration": 1,
    }

    written = await world.give.patch_claim_status(made, status)

    assert written.status == Claim.model_validate({"metadata": {"name": "web-0", "uid": "-"}, "status": status}).status


async def test_a_none_removes_a_field_of_the_status(world: World) -> None:
    made = await world.give.patch_claim_status(await created(world), {"intent": INTENT, "addressID": "eip-1"})

    written = await world.give.patch_claim_status(made, {"intent": None})

    assert (written.status.intent, written.status.address_id) == (None, "eip-1")


async def test_a_map_in_a_patch_is_merged_into_the_one_that_is_there(world: World) -> None:
    made = await world.give.patch_claim_status(await created(world), {"intent": INTENT})

    written = await world.give.patch_claim_status(
        made, {"intent": {"accepted": True, "parameters": {"AddressName": None, "Egress": "center"}}}
    )

    assert written.status.intent is not None
    assert written.status.intent.accepted
    assert written.status.intent.token == INTENT["token"]
    assert written.status.intent.parameters == {"AddressCount": 1, "Egress": "center"}


async def test_a_list_in_a_patch_replaces_the_one_that_is_there(world: World) -> None:
    second = {**BINDING, "privateIP": "10.0.0.8"}
    made = await world.give.patch_claim_status(await created(world), {"bindings": [BINDING, second]})

    written = await world.give.patch_claim_status(made, {"bindings": [second]})

    assert [binding.private_ip for binding in written.status.bindings] == ["10.0.0.8"]


async def test_a_patch_that_changes_nothing_leaves_the_resource_version(world: World) -> None:
    made = await world.give.patch_claim_status(await created(world), {"phase": "Pending", "bindings": [BINDING]})

    again = await world.give.patch_claim_status(made, {"phase": "Pending", "bindings": [BINDING], "intent": None})
    again = await world.give.patch_claim(again, {"spec": {"bandwidthMbps": 10}})

    assert again == made


async def test_the_generation_counts_changes_of_the_spec_alone(world: World) -> None:
    made = await created(world)

    told = await world.give.patch_claim_status(made, {"phase": "Pending", "observedGeneration": 1})
    labelled = await world.give.patch_claim(told, {"metadata": {"labels": {"a": "b"}}})
    changed = await world.give.patch_claim(labelled, {"spec": {"bandwidthMbps": 20}})

    assert [one.metadata.generation for one in (made, told, labelled, changed)] == [1, 1, 1, 2]
    assert changed.status.observed_generation == 1


async def test_the_pod_of_a_claim_may_be_named_once_and_never_again(world: World) -> None:
    static = await created(world)

    named = await world.give.patch_claim(static, {"spec": {"retention": "Pod", "podUID": BINDING["podUID"]}})

    assert (named.spec.retention.value, named.spec.pod_uid) == ("Pod", BINDING["podUID"])
    for spec in ({"podUID": "another"}, {"podUID": None}, {"retention": "Static"}):
        with pytest.raises(Refused):
            await world.give.patch_claim(named, {"spec": spec})
    assert await current(world) == named


async def test_take_cannot_create_a_claim(world: World) -> None:
    with pytest.raises(Refused):
        await world.take.create_claim(within(world, claim("web-0")))

    assert await world.take.get_claim(world.namespace, "web-0") is None


async def test_a_list_has_every_claim_of_the_namespace_and_says_that_it_is_complete(world: World) -> None:
    empty = await world.give.list_claims(world.namespace)
    made = [await created(world, f"web-{number}") for number in range(5)]

    listing = await world.give.list_claims(world.namespace)
    everywhere = await world.take.list_claims()

    assert (empty.items, empty.complete) == ((), True)
    assert (listing.items, listing.complete, listing.unreadable) == (tuple(made), True, ())
    assert everywhere.complete
    assert all(one in everywhere.items for one in made)
