"""What every decision has in common: the first row that holds decides, whoever looks; freeze, back-off, roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.core.actions import Act, Wait
from shared.core.claim import Claim
from shared.core.decide import decide, matching_row, sections
from shared.core.pod import Pod
from shared.core.table import Role
from shared.core.world import Holder, World
from tests.core.worlds import (
    BINDING,
    BOUND,
    DRAINING,
    EARLY,
    EXTRA,
    FREE,
    LIVE,
    NOW,
    TOLD,
    Json,
    ago,
    claim,
    eip,
    owning,
    pod,
    purchase,
    settled,
    with_policy,
    world,
)

FROZEN = with_policy(freeze=True, release_orphans=True)
EXPIRED: Json = {"static": True, "podMissingSince": ago(3600), "expiresAt": NOW}
TAKEN_AWAY = {
    "Disassociate": world(owning(bindings=[BINDING]), None, BOUND),
    "DisassociateToRelease": world(owning(bindings=[BINDING], deleting=True), None, BOUND),
    "Release": world(owning(deleting=True), None, FREE),
    "EndClaim": world(owning(), None, FREE),
    "Expire": world(owning(**EXPIRED), None, FREE),
    "Requested": world(owning(), None, FREE, requested=True),
    "Finalize": world(claim(deleting=True), None),
    "Abandoned": world(owning(deleting=True), None, BOUND),
    "Abandon": world(owning(deleting=True, annotations={"eipclaim.io/abandon": "true"}), None, FREE),
    "Orphan": world(orphan=eip(), policy=FROZEN),
}
GIVEN = {
    "CreateClaim": world(None, LIVE),
    "BuyAddress": world(claim(), LIVE),
    "Associate": world(owning(), LIVE, FREE),
    "Publish": world(owning(), LIVE, BOUND),
    "Retain": world(owning(static=True), None, FREE),
    "InUse": world(settled(deleting=True), TOLD, BOUND),
}


@pytest.mark.parametrize("rule", TAKEN_AWAY)
def test_a_freeze_keeps_whatever_would_be_taken_away(rule: str) -> None:
    thawed = replace(TAKEN_AWAY[rule], policy=with_policy(release_orphans=True))
    frozen = replace(TAKEN_AWAY[rule], policy=FROZEN)

    assert isinstance(decide(thawed, Role.TAKE), Act)
    decision = decide(frozen, Role.TAKE)
    assert isinstance(decision, Wait)
    assert decision.rule == rule
    assert decision.reason.startswith("Frozen")


@pytest.mark.parametrize("rule", GIVEN)
def test_a_freeze_lets_everything_else_go_on(rule: str) -> None:
    frozen = replace(GIVEN[rule], policy=FROZEN)

    decisions = [decide(frozen, role) for role in Role]

    assert {decision.rule for decision in decisions} == {rule}
    assert any(isinstance(decision, Act) for decision in decisions)


RETRIED = {
    "Allocate": lambda **status: world(claim(**status), LIVE),
    "Associate": lambda **status: world(owning(**status), LIVE, FREE),
    "Disassociate": lambda **status: world(owning(bindings=[BINDING], **status), None, BOUND),
    "Release": lambda **status: world(owning(deleting=True, **status), None, FREE),
    "SetBandwidth": lambda **status: world(settled(**status), TOLD, eip(ip="10.0.0.8", bandwidth_mbps=1)),
}


@pytest.mark.parametrize("action", RETRIED)
def test_an_action_waits_for_the_end_of_its_back_off_and_for_no_other(action: str) -> None:
    build: Callable[..., World] = RETRIED[action]
    role = Role.TAKE if action in {"Disassociate", "Release"} else Role.GIVE

    waits = decide(build(retry={"action": action, "at": ago(-30)}), role)
    over = decide(build(retry={"action": action, "at": NOW}), role)

    assert isinstance(waits, Wait)
    assert waits.until == ago(-30)
    assert isinstance(over, Act)
    for other in RETRIED.keys() - {action}:
        decision = decide(build(retry={"action": other, "at": ago(-30)}), role)
        assert isinstance(decision, Act), other


def test_deeds_within_the_cluster_know_no_back_off() -> None:
    decision = decide(world(owning(retry={"action": "Release", "at": ago(-30)}), None, FREE), Role.TAKE)

    assert isinstance(decision, Act)
    assert decision.rule == "EndClaim"


ORDER: tuple[tuple[str, Claim | None, Pod | None], ...] = (
    ("orphan", None, None),
    ("no claim", None, LIVE),
    ("deleting", owning(deleting=True), LIVE),
    ("no address", claim(), LIVE),
    ("has an address", owning(), LIVE),
)


@pytest.mark.parametrize(("section", "its_claim", "its_pod"), ORDER)
def test_every_section_ends_in_a_row_that_always_holds(
    section: str, its_claim: Claim | None, its_pod: Pod | None
) -> None:
    w = world(its_claim, its_pod, orphan=eip() if section == "orphan" else None)

    last = sections(w)[-1]

    assert last.when(w)
    assert matching_row(w) in sections(w)


YOUNG = {"action": "Release", "at": ago(5), "by": "another", "target": "eip-2"}
PAUSED, ABANDON = {"eipclaim.io/paused": "true"}, {"eipclaim.io/abandon": "true"}
MISSED: Json = {"addressMissingSince": ago(5)}
ASKED: Json = {"bindings": [BINDING]}
AT_IT = Holder("eip-2", will_be_freed=False)
UNMARKED = eip(name="renamed")
BOTH_HOLD: tuple[tuple[str, str, World], ...] = (
    ("InputRejected", "CreateClaim", world(None, pod(attributes="nonsense"))),
    ("IntentInFlight", "Paused", world(owning(intent=YOUNG, annotations=PAUSED), LIVE, FREE)),
    ("Paused", "SeenAgain", world(owning(annotations=PAUSED, **MISSED), LIVE, FREE)),
    ("SeenAgain", "ReleaseExtra", world(owning(**MISSED), LIVE, FREE, EXTRA)),
    ("ReleaseExtra", "InUse", world(settled(deleting=True), TOLD, BOUND, EXTRA)),
    ("ReleaseExtra", "Associate", world(owning(), LIVE, FREE, EXTRA)),
    ("InUse", "Abandon", world(settled(deleting=True, annotations=ABANDON), TOLD, BOUND)),
    ("InUse", "DisassociateToRelease", world(settled(deleting=True), TOLD, BOUND)),
    ("AllocateGrace", "Abandon", world(claim(deleting=True, annotations=ABANDON, intent=purchase(90)), None)),
    ("AllocateGrace", "Finalize", world(claim(deleting=True, intent=purchase(90)), None)),
    ("Abandon", "Transition", world(owning(deleting=True, annotations=ABANDON), None, eip(status="UNBINDING"))),
    ("Transition", "Release", world(claim(deleting=True), None, FREE, eip("eip-2", "UNBINDING"))),
    ("DisassociateToRelease", "Release", world(claim(deleting=True, **ASKED), None, BOUND, EXTRA)),
    ("Release", "Abandoned", world(claim(deleting=True), None, FREE)),
    ("Abandoned", "Finalize", world(owning(deleting=True), None, BOUND)),
    ("Hold", "Return", world(owning(static=True, held=False, podMissingSince=ago(9)), EARLY, FREE)),
    ("Return", "FollowAnnotations", world(owning(static=True, podMissingSince=ago(9)), EARLY, FREE)),
    ("Requested", "Expire", world(owning(**EXPIRED), None, FREE, requested=True)),
    ("FollowAnnotations", "Associate", world(owning(), pod(attributes='{"Bandwidth": "5"}'), FREE)),
    ("Adopt", "BuyAddress", world(claim(), LIVE, FREE)),
    ("Adopt", "EndClaim", world(claim(), None, FREE)),
    ("AllocateGrace", "ReplayAllocate", world(claim(intent=purchase(90)), LIVE)),
    ("ReplayAllocate", "BuyAddress", world(claim(intent=purchase(120)), LIVE)),
    ("Publish", "Settled", world(owning(), LIVE, BOUND)),
    ("Settled", "NotOurs", world(settled(), TOLD, eip(ip="10.0.0.8", name="renamed"))),
    ("NotOurs", "TargetHeld", world(owning(), LIVE, UNMARKED, holder=Holder("eip-9", will_be_freed=True))),
    ("NotOurs", "TargetTaken", world(owning(), LIVE, UNMARKED, holder=Holder("eip-9", will_be_freed=False))),
    ("NotOurs", "Disassociate", world(owning(**ASKED), None, eip(ip="10.0.0.8", name="renamed"))),
    ("NotOurs", "AdoptBound", world(owning(), LIVE, UNMARKED, eip("eip-2", ip="10.0.0.8"))),
    ("AdoptBound", "TargetTaken", world(owning(), LIVE, FREE, eip("eip-2", ip="10.0.0.8"), holder=AT_IT)),
    ("TargetHeld", "TargetTaken", world(owning(), LIVE, FREE, holder=Holder("eip-9", will_be_freed=True))),
    ("TargetTaken", "Associate", world(owning(), LIVE, FREE, holder=Holder("eip-9", will_be_freed=False))),
    ("Drain", "BoundElsewhere", world(owning(), DRAINING, BOUND)),
    ("Unseen", "BoundElsewhere", world(owning(**ASKED), LIVE, BOUND, seen=False)),
    ("Disassociate", "BoundElsewhere", world(owning(**ASKED), None, BOUND)),
    ("Expire", "Retain", world(owning(**EXPIRED), None, FREE)),
)


@pytest.mark.parametrize(("first", "later", "w"), BOTH_HOLD, ids=lambda value: value if isinstance(value, str) else "")
def test_where_two_rows_hold_the_first_decides(first: str, later: str, w: World) -> None:
    """The order of rows that exclude one another is free; that of these is part of the table."""
    hold = [row.rule for row in sections(w) if row.when(w)]

    assert hold[0] == first
    assert later in hold
