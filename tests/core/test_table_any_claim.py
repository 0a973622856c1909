"""Rows that come before all others: intents, pauses, what was missed, what was bought twice."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import Done, Release, Update, Wait
from shared.core.table import Role
from shared.core.world import Outcome
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT_OLD_PLACE,
    BINDING,
    BOUND,
    EXTRA,
    FREE,
    IP,
    LIVE,
    TOLD,
    Json,
    ago,
    claim,
    eip,
    intent,
    made,
    owning,
    purchase,
    settled,
    with_policy,
    world,
    written,
)

GIVE, TAKE, BOTH = (Role.GIVE,), (Role.TAKE,), (Role.GIVE, Role.TAKE)
PAUSED = {identity.PAUSED: "true"}
UNBINDING = intent("Disassociate", 5, target="eip-1", accepted=True)
BOUND_ELSEWHERE = eip(ip="10.0.0.9")
BINDING_NOW = intent("Associate", 59, target=IP)
MISSED: Json = {"addressMissingSince": ago(60)}


IN_FLIGHT = (
    Case(
        "a mutation of another invocation may still be sent",
        "IntentInFlight",
        world(owning(intent=BINDING_NOW), LIVE, FREE),
        Wait,
        until=ago(-1),
        unless=((world(owning(intent=intent("Associate", 60, target=IP)), LIVE, FREE), "Associate"),),
    ),
    Case(
        "one of our own whose outcome we do not know is no better",
        "IntentInFlight",
        world(owning(intent={**BINDING_NOW, "by": "me"}), LIVE, FREE),
        Wait,
        until=ago(-1),
        unless=(
            (world(owning(intent={**BINDING_NOW, "by": "me"}), LIVE, FREE, outcome=Outcome.NOT_DONE), "Associate"),
            (world(owning(intent={**BINDING_NOW, "by": "me"}), LIVE, FREE, outcome=Outcome.ACCEPTED), "Transition"),
        ),
    ),
    Case(
        "one that is known to be accepted is waited for only until the listing shows it",
        "Transition",
        world(owning(intent=UNBINDING), LIVE, BOUND_ELSEWHERE),
        Wait,
        until=ago(-1),
        unless=(
            (world(owning(intent=intent("Disassociate", 5, target="eip-1", accepted=True)), LIVE, FREE), "Associate"),
        ),
    ),
    Case(
        "also on a claim that is paused, or deleted",
        "IntentInFlight",
        world(owning(intent=BINDING_NOW, annotations=PAUSED, deleting=True), LIVE, FREE),
        Wait,
        until=ago(-1),
    ),
    Case(
        "an intent ahead of the clock is young",
        "IntentInFlight",
        world(owning(intent=intent("Associate", -300, target=IP)), LIVE, FREE),
        Wait,
        until=ago(-360),
    ),
)

AT_REST = (
    Case(
        "an operator's pause stops everything",
        "Paused",
        world(owning(annotations=PAUSED), LIVE, FREE, EXTRA),
        Wait,
        unless=((world(owning(annotations={identity.PAUSED: "false"}), LIVE, FREE), "Associate"),),
    ),
    Case(
        "a pause holds for a claim that is deleted",
        "Paused",
        world(owning(annotations=PAUSED, deleting=True), None, FREE),
        Wait,
        unless=((world(owning(deleting=True), None, FREE), "Release"),),
    ),
)

SEEN = (
    Case(
        "two looks that prove an absence must be two in a row",
        "SeenAgain",
        world(settled(**MISSED), TOLD, BOUND),
        Update({"addressMissingSince": None}),
        BOTH,
        unless=((world(settled(), TOLD, BOUND), "Settled"), (world(settled(**MISSED), TOLD), "Lost")),
    ),
    Case(
        "what was bought without a record is seen at last",
        "SeenAgain",
        world(claim(deleting=True, intent=purchase(600), **MISSED), None, FREE),
        Update({"addressMissingSince": None}),
        BOTH,
        unless=((world(claim(deleting=True, intent=purchase(600), **MISSED), None), "Finalize"),),
    ),
    Case(
        "an extra EIP does not show that the recorded one is there: nobody could ever prove that it is lost",
        "Lost",
        world(owning(**MISSED), LIVE, EXTRA),
        Wait,
        until=ago(-60),
        unless=((world(owning(**MISSED), LIVE, EXTRA, FREE), "SeenAgain"),),
    ),
)

HELD_UP = {"retry": {"action": "Release", "at": ago(-30), "failures": 1}}
EXTRAS = (
    Case(
        "a purchase that was made twice is given back once the recorded one is seen",
        "ReleaseExtra",
        world(settled(), TOLD, BOUND, EXTRA),
        Release(made("Release", target="eip-2"), written("Release", target="eip-2"), "eip-2"),
        TAKE,
        unless=(
            (world(owning(), TOLD, EXTRA), "Lost"),
            (world(settled(), TOLD, BOUND, eip("eip-2", ip="10.0.0.9")), "Settled"),
            (world(settled(), TOLD, BOUND, eip("eip-2", name="another's")), "Settled"),
            (world(settled(), TOLD, BOUND, eip("eip-2", tags={"managed-by": "eipclaim"})), "Settled"),
        ),
    ),
    Case(
        "on a deleted claim too, whatever its pod does",
        "ReleaseExtra",
        world(settled(deleting=True), TOLD, BOUND, EXTRA),
        Release(made("Release", target="eip-2"), written("Release", target="eip-2"), "eip-2"),
        TAKE,
    ),
    Case(
        "a younger intent than two minutes may be what bought, or binds, the other one",
        "ReleaseExtra",
        world(owning(intent=intent("Associate", 120, target=IP)), LIVE, FREE, EXTRA),
        Release(made("Release", target="eip-2"), written("Release", target="eip-2"), "eip-2"),
        TAKE,
        unless=((world(owning(intent=intent("Associate", 119, target=IP)), LIVE, FREE, EXTRA), "Associate"),),
    ),
    Case(
        "an incomplete list is none to release by",
        "ReleaseExtra",
        world(owning(), LIVE, FREE, EXTRA, complete=False),
        Wait,
    ),
    Case(
        "a freeze keeps the extra one and does not keep the claim from being bound",
        "Settled",
        world(settled(), TOLD, BOUND, EXTRA, policy=with_policy(freeze=True)),
        Done,
    ),
    Case(
        "one that cannot be given back does not keep the claim from being bound",
        "Settled",
        world(settled(**HELD_UP), TOLD, BOUND, EXTRA),
        Done,
        unless=((world(settled(retry={**HELD_UP["retry"], "at": ago(1)}), TOLD, BOUND, EXTRA), "ReleaseExtra"),),
    ),
    Case(
        "the same EIP listed twice, once in an older state, is no extra one",
        "Settled",
        world(settled(), TOLD, BOUND, FREE, AT_OLD_PLACE),
        Done,
    ),
)


@pytest.mark.parametrize(**named((*IN_FLIGHT, *AT_REST, *SEEN, *EXTRAS)))
def test_what_comes_before_everything_else(case: Case) -> None:
    check(case)


def test_extras_are_given_back_whoever_bound_the_recorded_one() -> None:
    """The recorded EIP may be anywhere: it is enough that it is seen."""
    bound_by_hand = world(owning(bindings=[BINDING]), LIVE, eip(ip="10.0.0.99"), EXTRA)

    check(
        Case(
            "the recorded one is bound elsewhere",
            "ReleaseExtra",
            bound_by_hand,
            Release(made("Release", target="eip-2"), written("Release", target="eip-2"), "eip-2"),
            TAKE,
        )
    )
