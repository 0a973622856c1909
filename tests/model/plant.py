"""Faults that are planted into decisions, to test that the search finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.actions import Act, Allocate, Decision, Wait
from shared.core.claim import Claim
from shared.core.decide import decide, sections
from shared.core.table import Role
from shared.core.world import GRACE, IN_FLIGHT, World
from tests.model.objects import token_of


def _as_it_is(world: World) -> World:
    return world


@dataclass(frozen=True)
class Plant:
    """What invocations make of a world before they decide, how they decide, and whether the pod is read again."""

    see: Callable[[World], World] = _as_it_is
    decide: Callable[[World, Role], Decision] = decide
    fresh_get: bool = True


HEALTHY = Plant()


def _with(world: World, **status: object) -> World:
    claim = world.claim
    if claim is None:
        return world
    return replace(world, claim=claim.model_copy(update={"status": claim.status.model_copy(update=status)}))


def _old(world: World, at_least: timedelta, to: timedelta) -> World:
    """The intent, if it is that old already, looks that old."""
    intent = world.intent
    if intent is None or world.now - intent.at < at_least:
        return world
    return _with(world, intent=intent.model_copy(update={"at": min(intent.at, world.now - to)}))


def _nothing_in_flight(world: World) -> World:
    return _old(world, timedelta(0), IN_FLIGHT)


def _no_grace(world: World) -> World:
    return _old(world, IN_FLIGHT, GRACE)


def _first_absence_is_proof(world: World) -> World:
    since: datetime | None = world.claim.status.address_missing_since if world.claim is not None else None
    return world if since is None else _with(world, address_missing_since=world.now - GRACE)


def _unseen_is_early(world: World) -> World:
    pod = world.pod
    if world.place is not None or pod is None or pod.ipv4 is None:
        return world
    return replace(world, pod=pod.model_copy(update={"status": replace(pod.status, pod_ip=None)}))


def _name_is_enough(world: World) -> World:
    named = world.recorded is not None and not world.marks(world.recorded)
    return replace(world, marked=(*world.marked, world.recorded)) if named and world.recorded else world


def _any_list_is_complete(world: World) -> World:
    return replace(world, complete=True)


def _another_token(world: World, role: Role) -> Decision:
    decision = decide(world, role)
    claim: Claim | None = world.claim
    if not isinstance(decision, Act) or not isinstance(decision.action, Allocate) or claim is None:
        return decision
    if not decision.action.replay:
        return decision
    intent = decision.action.intent.model_copy(update={"token": token_of(claim, decision.action.intent.attempt + 1)})
    status = {**decision.action.status, "intent": intent.model_dump(mode="json", by_alias=True)}
    return replace(decision, action=replace(decision.action, intent=intent, status=status))


def _skip_rows(world: World, role: Role) -> Decision:
    """Rows that are not this role's are passed over, where they say to wait."""
    rows = [row for row in sections(world) if row.when(world)]
    row = next((row for row in rows if role in row.by), rows[0])
    answer = row.then(world)
    if isinstance(answer, Wait) or role not in row.by:
        return decide(world, role)
    return decide(world, role) if not hasattr(answer, "intent") else Act(row.rule, row.why, answer)  # type: ignore[arg-type]


PLANTS = {
    "no IntentInFlight": Plant(see=_nothing_in_flight),
    "no AllocateGrace": Plant(see=_no_grace),
    "the first absence is proof": Plant(see=_first_absence_is_proof),
    "no Unseen, and no fresh look": Plant(see=_unseen_is_early, fresh_get=False),
    "no fresh look": Plant(fresh_get=False),
    "the name is enough": Plant(see=_name_is_enough),
    "any list is complete": Plant(see=_any_list_is_complete),
    "no AllocateGrace, and a replay has another token": Plant(see=_no_grace, decide=_another_token),
    "rows of others are skipped": Plant(decide=_skip_rows),
}
