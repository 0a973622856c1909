"""What fits a round: of the deeds in the cluster so many of a kind, and so many in all."""

from __future__ import annotations

from collections import Counter
from typing import cast

from shared.core.actions import Act, name
from shared.core.decide import decide
from shared.core.table import Role
from shared.core.world import World
from shared.observe import Ports
from shared.reconcile import CLUSTER_DEEDS, LANE_DEEDS, choose
from tests.core.worlds import BOUND, FREE, LIVE, owning, world

NO_PORTS = cast("Ports", None)
"""The cluster's deeds ask for no rate."""


def due(seen: World, role: Role = Role.GIVE) -> list[tuple[World, Act]]:
    """More of such worlds than there is room for, with what is to be done."""
    act = decide(seen, role)
    assert isinstance(act, Act)
    return [(seen, act)] * (CLUSTER_DEEDS + 1)


CLAIMS, TOLD, KEPT = (
    due(world(None, LIVE)),
    due(world(owning(), LIVE, BOUND)),
    due(world(owning(static=True), None, FREE), Role.TAKE),
)


def chosen(under_way: dict[str, int]) -> Counter[str]:
    return Counter(name(act.action) for _, act in choose([*CLAIMS, *TOLD, *KEPT], NO_PORTS, dict(under_way)))


def test_no_kind_of_deed_holds_up_another() -> None:
    fresh, beside = chosen({}), chosen({"CreateClaim": LANE_DEEDS})

    assert (len(fresh), max(fresh.values()), fresh.total()) == (3, LANE_DEEDS, CLUSTER_DEEDS)
    assert (set(beside), beside.total()) == ({"Publish", "Update"}, CLUSTER_DEEDS - LANE_DEEDS)


def test_all_together_are_no_more_than_the_connections_bear() -> None:
    assert chosen({"RejectInput": CLUSTER_DEEDS - 1}).total() == 1
    assert chosen({"RejectInput": CLUSTER_DEEDS}) == {}
