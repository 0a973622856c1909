"""From every world, without any more faults, everything comes to rest: no circle, no waiting in vain, no leak."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from shared.core import identity
from shared.core.claim import Retention
from shared.core.decide import decide
from shared.core.pod import PodState
from shared.core.table import Role
from shared.core.world import World
from tests.core.arbitrary import some_worlds
from tests.core.rest import Simulation
from tests.core.worlds import CLUSTER, POLICY

pytestmark = pytest.mark.no_cover

WORLDS = 1500
NEEDS_A_PERSON = {"BoundElsewhere", "NotOurs", "Paused"}
AT_REST = {
    "AwaitPod",
    "Drain",
    "InUse",
    "InputRejected",
    "NoClaim",
    "Retain",
    "Settled",
    "TargetTaken",
    "Unseen",
    *NEEDS_A_PERSON,
}


def beginnings() -> tuple[World, ...]:
    """Worlds in which no operator's setting stands in the way, and nobody took our finalizer off a deleted claim."""
    return tuple(
        replace(w, policy=POLICY, complete=True, rank=None, outcome=None, clocks_from=None, requested=False)
        for w in some_worlds(WORLDS)
        if w.orphan is None and (w.claim is None or w.claim.held or not w.claim.deleting)
    )


@cache
def ends() -> tuple[tuple[World, Simulation, int, str], ...]:
    """What came of each: how many deeds there were at the end still, and the rule that decides now."""
    found = []
    for w in beginnings():
        simulation = Simulation.of(w)
        deeds = simulation.settle()
        found.append((w, simulation, deeds, decide(simulation.look(), Role.GIVE).rule))
    return tuple(found)


def test_every_world_comes_to_rest() -> None:
    for w, simulation, deeds, rule in ends():
        assert deeds == 0, (simulation.acts, w)
        assert rule in AT_REST, (rule, simulation.acts, w)


def test_a_pod_that_wants_an_eip_has_one_or_is_told_why_not() -> None:
    for w, simulation, _, rule in ends():
        if simulation.look().state is PodState.LIVE and rule != "Settled":
            told = "".join(simulation.told) or (rule in {"InputRejected", "InUse", "Paused", "TargetTaken"})
            assert told, (rule, simulation.acts, w)


def test_a_claim_goes_with_its_pod() -> None:
    for w, simulation, _, rule in ends():
        end = simulation.look()
        if end.over and end.claim is not None and end.claim.spec.retention is Retention.POD:
            assert rule in NEEDS_A_PERSON, (rule, simulation.acts, w)


def test_no_eip_is_left_that_nobody_knows_of() -> None:
    """Each is recorded, or bound where it may not be touched, or named in an event, or waits for the claim's pod."""
    marks = {identity.mark(CLUSTER, w.claim.uid) for w in beginnings() if w.claim is not None}
    for w, simulation, _, rule in ends():
        told = "".join(simulation.told)
        recorded = simulation.look().recorded
        for address in simulation.addresses.values():
            ours = address.name in marks and address.carries(identity.tags(CLUSTER))
            known = address == recorded or address.bound or address.address_id in told or rule in {"InUse", "Paused"}
            assert known or not ours, (address, rule, simulation.acts, w)
