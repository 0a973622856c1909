"""The calm after a soak: faults stop, and everything has to come to a good end and keep still."""

from __future__ import annotations

from collections import Counter

from tests.faults.watch import QUIET, UNTIL_SERVED
from tests.loop.scenes import PREFIX
from tests.soak.hands import TEAM
from tests.soak.world import BrokenError, World

CALM_TICKS = 14
"""Minutes: a release whose reply was lost takes four, an expiry five more."""

FORGET = 3600.0
"""Seconds after which an EIP that no claim has may be released."""


def calm(world: World) -> None:
    """Everybody is served soon (I7), nothing is left over, and then all keeps still (I8)."""
    world.rival_goes()
    world.no_more_troubles()
    world.by("undo")
    # Nothing is concluded from what was written while the cluster's clock was ahead, until that has come.
    world.pass_time(world.clock.behind)
    world.ticks(1)
    world.hands.see_to_orphans(world.orphans)
    world.ticks(UNTIL_SERVED)
    check_served(world)
    if world.stage.policy.release_orphans and world.orphans:
        world.pass_time(FORGET)
    world.ticks(CALM_TICKS - UNTIL_SERVED)
    if found := world.watch.at_rest():
        raise BrokenError("; ".join(map(str, found)))
    before = world.watch.mutations()
    world.ticks(QUIET)
    if world.watch.mutations() != before:
        raise BrokenError("I8: it does not keep still")


def check_served(world: World) -> None:
    """Who wants an EIP has it, and a namespace that was to end has ended. Raises BrokenError."""
    sees = world.stage.sees
    late = [one.metadata.name for one in sees.pods() if wants(world, one.metadata.name) and sees.told(one) is None]
    if late:
        claims = {one.metadata.name: one.status for one in sees.claims() if one.metadata.name in late}
        raise BrokenError(f"I7: not served: {late}; {claims}")
    namespace = world.stage.cluster.get("Namespace", "", TEAM)
    if namespace is not None and "deletionTimestamp" in namespace["metadata"]:
        raise BrokenError(f"I7: the namespace {TEAM} does not end")


def wants(world: World, name: str) -> bool:
    """Whether that pod asks for an EIP, and will go on doing so."""
    one = world.stage.sees.pod(name)
    return f"{PREFIX}/eip-attributes" in one.metadata.annotations and not one.ended and not one.deleting


def count_replays(world: World) -> None:
    """How often a purchase came again under its token, and what the cloud knew of that."""
    asked = [call for call in world.stage.cloud.calls.since() if call.action == "AllocateAddresses"]
    knows = "remembered" if world.stage.cloud.behaviour.token_lifetime_seconds else "forgotten"
    tokens = Counter(str(call.params.get("ClientToken")) for call in asked)
    world.done[f"F5 token replayed, {knows}"] += tokens.total() - len(tokens)
