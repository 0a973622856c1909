"""The contract of the cluster behind the port: what takes claims with it, and what holds them."""

from __future__ import annotations

import pytest

from shared.core.claim import Claim
from shared.core.errors import EipclaimError, Gone
from tests.contract.worlds import Raw, World, claim, owner, pod, within


async def deleting(world: World, name: str = "web-0") -> Claim | None:
    found = await world.give.get_claim(world.namespace, name)
    return found if found is not None and found.deleting else None


async def test_a_claim_goes_with_its_pod_though_the_next_pod_has_the_same_name(world: World) -> None:
    first = await world.create(pod("web-0"))
    made = await world.give.create_claim(within(world, claim("web-0", ownerReferences=[owner(first)])))
    await world.delete("Pod", "web-0")
    await world.create(pod("web-0"))

    held = await world.eventually(lambda: deleting(world))

    assert held.uid == made.uid
    assert held.held


async def test_a_claim_that_nothing_holds_is_gone_with_its_owner(world: World) -> None:
    first = await world.create(pod("web-0"))
    await world.create(claim("web-0", ownerReferences=[owner(first)], finalizers=[]))
    await world.create(claim("web-1"))
    await world.delete("Pod", "web-0")

    async def gone() -> bool | None:
        return True if await world.give.get_claim(world.namespace, "web-0") is None else None

    assert await world.eventually(gone)
    kept = await world.give.get_claim(world.namespace, "web-1")
    assert kept is not None
    assert not kept.deleting


async def test_a_claim_stays_while_one_of_its_owners_does(world: World) -> None:
    first, second = await world.create(pod("web-0")), await world.create(pod("web-1"))
    await world.give.create_claim(within(world, claim("web-0", ownerReferences=[owner(first), owner(second)])))
    await world.delete("Pod", "web-0")

    async def stripped() -> Claim | None:
        found = await world.give.get_claim(world.namespace, "web-0")
        return found if found is not None and len(found.metadata.owner_references) == 1 else None

    left = await world.eventually(stripped)
    assert left.metadata.owner_references[0].uid == second["metadata"]["uid"]
    assert not left.deleting


async def test_in_a_namespace_that_is_terminating_claims_are_held_and_nothing_can_be_created(world: World) -> None:
    made = await world.give.create_claim(within(world, claim("web-0")))
    await world.delete_namespace()

    held = await world.eventually(lambda: deleting(world))

    assert held.uid == made.uid
    with pytest.raises(Gone):
        await world.give.create_claim(within(world, claim("web-1")))
    with pytest.raises(EipclaimError):
        await world.give.create_event(_event(world, held))


async def test_a_namespace_ends_once_its_claims_are_let_go(world: World) -> None:
    await world.give.create_claim(within(world, claim("web-0")))
    await world.delete_namespace()
    held = await world.eventually(lambda: deleting(world))

    await world.take.patch_claim(held, {"metadata": {"finalizers": []}})

    async def ended() -> bool | None:
        return True if await world.get("Namespace", world.namespace) is None else None

    assert await world.eventually(ended)


def _event(world: World, about: Claim) -> Raw:
    involved = {"kind": "EIPClaim", "name": about.metadata.name, "namespace": world.namespace, "uid": about.uid}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web-0.late"},
        "involvedObject": involved,
        "reason": "Released",
        "message": "",
        "type": "Normal",
    }
    return within(world, event)
