"""The contract of the port about the deletion of claims: who may, on what condition, and what holds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core import identity
from shared.core.claim import Claim
from shared.core.errors import Conflict, Gone, Refused
from tests.contract.worlds import World, claim, within


async def created(world: World) -> Claim:
    return await world.give.create_claim(within(world, claim("web-0")))


async def current(world: World) -> Claim:
    found = await world.give.get_claim(world.namespace, "web-0")
    assert found is not None
    return found


async def test_a_deleted_claim_stays_until_its_finalizer_is_off(world: World) -> None:
    made = await created(world)

    await world.take.delete_claim(made)

    held = await current(world)
    assert held.deleting
    assert held.uid == made.uid
    await world.take.patch_claim(held, {"metadata": {"finalizers": []}})
    assert await world.take.get_claim(world.namespace, "web-0") is None


async def test_the_status_of_a_claim_that_is_being_deleted_can_still_be_written(world: World) -> None:
    await world.take.delete_claim(await created(world))

    written = await world.take.patch_claim_status(await current(world), {"phase": "Releasing"})

    assert written.deleting
    assert written.status.phase is not None


async def test_no_finalizer_can_be_added_to_a_claim_that_is_being_deleted(world: World) -> None:
    await world.take.delete_claim(await created(world))
    held = await current(world)

    with pytest.raises(Refused):
        await world.take.patch_claim(held, {"metadata": {"finalizers": [identity.FINALIZER, "example.com/late"]}})

    assert await current(world) == held


async def test_deleting_a_claim_that_has_changed_since_is_a_conflict(world: World) -> None:
    stale = await created(world)
    fresh = await world.give.patch_claim_status(stale, {"phase": "Bound"})

    with pytest.raises(Conflict):
        await world.take.delete_claim(stale)

    assert await current(world) == fresh


async def test_deleting_another_claim_of_the_name_is_a_conflict(world: World) -> None:
    made = await created(world)
    other = replace(made.metadata, uid="8a4ada51-2e81-4b24-b19a-f77614ba8a71")

    with pytest.raises(Conflict):
        await world.take.delete_claim(made.model_copy(update={"metadata": other}))

    assert await current(world) == made


async def test_writes_to_a_claim_that_is_not_there_say_that_it_is_gone(world: World) -> None:
    made = await created(world)
    await world.take.delete_claim(made)
    await world.take.patch_claim(await current(world), {"metadata": {"finalizers": None}})

    with pytest.raises(Gone):
        await world.give.patch_claim(made, {"spec": {"bandwidthMbps": 20}})
    with pytest.raises(Gone):
        await world.give.patch_claim_status(made, {"phase": "Bound"})
    with pytest.raises(Gone):
        await world.take.delete_claim(made)


async def test_give_can_neither_delete_a_claim_nor_let_it_go(world: World) -> None:
    made = await created(world)

    with pytest.raises(Refused):
        await world.give.delete_claim(made)
    with pytest.raises(Refused):
        await world.give.patch_claim(made, {"metadata": {"finalizers": []}})

    assert await current(world) == made
