"""Deeds that are asked for in a world in which their row does not hold: they wait, and raise nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.core.actions import Action, Done, Wait
from shared.core.deeds import giving, seeing, taking, telling, waiting
from shared.core.world import World
from tests.core.worlds import FREE, LIVE, TOLD, claim, eip, owning, settled, world

Deed = Callable[[World], Action | Wait | Done]
OUT_OF_PLACE: tuple[tuple[Deed, World], ...] = (
    (giving.create_claim, world()),
    (giving.create_claim, world(None, LIVE, asked=None)),
    (giving.follow, world(claim(), None)),
    (giving.follow, world(claim(), LIVE)),
    (giving.associate, world(owning(), None, FREE)),
    (taking.disassociate_to_release, world(owning(deleting=True), None, FREE)),
    (taking.release, world(owning(deleting=True), None)),
    (taking.release_extra, world(owning(), None, FREE, complete=False)),
    (taking.orphan, world()),
    (telling.reject, world(None, LIVE)),
    (telling.tell, world(settled(), TOLD, eip(ip="10.0.0.8"))),
    (waiting.wait_for_intent, world(claim(), None)),
    (waiting.wait_for_purchase, world(claim(), None)),
    (waiting.wait_for_target, world(owning(), LIVE, FREE)),
    (waiting.block_target, world(claim(), LIVE)),
    (waiting.block_target, world(owning(), LIVE, FREE)),
)


@pytest.mark.parametrize(("deed", "w"), OUT_OF_PLACE, ids=lambda value: getattr(value, "__name__", ""))
def test_a_deed_out_of_place_waits(deed: Deed, w: World) -> None:
    assert isinstance(deed(w), Wait)


def test_a_world_without_an_eip_has_nothing_to_tell_and_nothing_to_undo() -> None:
    without = world(claim(), LIVE)

    assert telling.published(without) == {}
    assert telling.unpublished(world(), FREE) == {}
    assert telling.condition(world()) is None
    assert not seeing.not_ours(without)
    assert not seeing.not_yet(without, FREE)
    assert seeing.binding_here(without) is not None
    assert seeing.binding_here(world()) is None


def test_without_a_claim_there_is_nothing_to_prove() -> None:
    assert seeing.proved_gone(world())
