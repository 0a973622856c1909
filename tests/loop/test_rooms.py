"""What fits a round: of the deeds in the cluster so many of a kind, and so many in all; the rest waits for its turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from shared.core.actions import Act, name
from shared.core.decide import decide
from shared.core.pod import Pod
from shared.core.table import Role
from shared.core.world import World
from shared.ports import Cloud
from shared.turns import CLUSTER_DEEDS, LANE_DEEDS, Batch, Turns
from tests.core.worlds import BOUND, FREE, LIVE, owning, world

HOUR = timedelta(hours=1)
NO_CLOUD = cast("Cloud", None)
"""The cluster's deeds ask for no rate."""


def due(seen: World, role: Role = Role.GIVE, namespace: str = "default") -> list[tuple[World, Act]]:
    """More of such worlds than there is room for, with what is to be done."""
    act = decide(seen, role)
    assert isinstance(act, Act)
    return [
        (replace(seen, namespace=namespace, name=f"{name(act.action)}-{number}"), act)
        for number in range(CLUSTER_DEEDS + 1)
    ]


CLAIMS, TOLD, KEPT = (
    due(world(None, LIVE)),
    due(world(owning(), LIVE, BOUND)),
    due(world(owning(static=True), None, FREE), Role.TAKE),
)


def kinds(batch: Batch) -> Counter[str]:
    return Counter(name(act.action) for _, act in batch)


def chosen(under_way: dict[str, int]) -> Counter[str]:
    return kinds(Turns(NO_CLOUD).choose([*CLAIMS, *TOLD, *KEPT], dict(under_way)))


def test_no_kind_of_deed_holds_up_another() -> None:
    fresh, beside = chosen({}), chosen({"CreateClaim": LANE_DEEDS})

    assert (len(fresh), max(fresh.values()), fresh.total()) == (3, LANE_DEEDS, CLUSTER_DEEDS)
    assert (set(beside), beside.total()) == ({"Publish", "Update"}, CLUSTER_DEEDS - LANE_DEEDS)


def test_all_together_are_no_more_than_the_connections_bear() -> None:
    assert chosen({"RejectInput": CLUSTER_DEEDS - 1}).total() == 1
    assert chosen({"RejectInput": CLUSTER_DEEDS}) == {}


def test_what_has_no_room_is_looked_at_again_when_its_turn_is_near() -> None:
    turns = Turns(NO_CLOUD)
    first = {world.key for world, _ in turns.choose(CLAIMS)}
    far = turns.far()
    near = {world.key for world, _ in CLAIMS} - first - far
    second = turns.choose([(world, act) for world, act in CLAIMS if world.key in near])

    assert (len(first), len(near), len(far)) == (LANE_DEEDS, LANE_DEEDS, CLUSTER_DEEDS + 1 - 2 * LANE_DEEDS)
    assert {world.key for world, _ in second} == near
    assert turns.far() == frozenset()  # the last of them are looked at in the next round


def test_the_longest_due_of_many_namespaces_is_called_first() -> None:
    act = CLAIMS[0][1]
    born = cast("Pod", CLAIMS[0][0].pod)
    metadata = replace(born.metadata, creation_timestamp=cast("datetime", born.metadata.creation_timestamp) - HOUR)
    old = replace(CLAIMS[0][0], namespace="patient", pod=born.model_copy(update={"metadata": metadata}))
    crowds = [
        (replace(old, namespace=f"crowd-{number}", name=f"pod-{index}", pod=born), act)
        for number in range(LANE_DEEDS)
        for index in range(2)
    ]

    assert (old, act) in Turns(NO_CLOUD).choose([*crowds, (old, act)])


def test_those_who_wait_are_called_in_turn_too() -> None:
    modest = due(world(None, LIVE), namespace="modest")[:3]
    later = [(replace(seen, now=seen.now + HOUR), act) for seen, act in modest]
    turns = Turns(NO_CLOUD)
    turns.choose([*CLAIMS, *later], {"CreateClaim": LANE_DEEDS})

    assert not {seen.key for seen, _ in later} & turns.far()
