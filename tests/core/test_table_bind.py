"""Rows for a live pod whose EIP is unbound: bind it, or what stands in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.actions import Associate, Told, Update, Wait
from shared.core.table import Role
from shared.core.world import Holder
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    BINDING,
    BOUND,
    DRAINING,
    EARLY,
    ELSEWHERE,
    ENI,
    FREE,
    HERE,
    IP,
    LIVE,
    NOW,
    TOLD,
    UNMARKED,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    Json,
    ago,
    eip,
    made,
    owning,
    pod,
    settled,
    stands,
    world,
    written,
)

GIVE, BOTH = (Role.GIVE,), (Role.GIVE, Role.TAKE)
ASKED = owning(bindings=[BINDING])
RETRY = {"action": "Associate", "at": "2026-11-24T12:00:30Z", "failures": 6}

HELD = Holder("eip-9", will_be_freed=True)
FOREIGN = Holder("eip-9", will_be_freed=False)


def associates(*bindings: Json, **more: object) -> Associate:
    """Bind, with these places written down in the same patch."""
    status = {**stands("Binding"), **written("Associate", target=IP), "bindings": list(bindings), **more}
    return Associate(made("Associate", target=IP), status, "eip-1", ENI, IP)


def blocked(reason: str, message: str) -> Update:
    """Said once, and a slow retry."""
    return Update(
        {**stands("Blocked", reason, message), "retry": RETRY},
        (Told(reason, message, warning=True, on=("Pod", "EIPClaim")),),
    )


TAKEN_TEXT = "the pod's IP has 'eip-9', which is not ours to unbind"
UNMARKED_TEXT = "EIP eip-1 does not carry our tags and mark any more; it is not touched"
BINDING_CASES = (
    Case(
        "the pod has an IP, the EIP is free: bind it, and write down where",
        "Associate",
        world(owning(), LIVE, FREE),
        associates(HERE),
        GIVE,
        unless=(
            (world(owning(), UNSCHEDULED, FREE), "AwaitPod"),
            (world(owning(), EARLY, FREE), "AwaitPod"),
            (world(owning(), UNSEEN, FREE, seen=False), "AwaitPod"),
            (world(owning(), DRAINING, FREE), "AwaitPod"),
            (world(owning(), UNWANTED, FREE), "EndClaim"),
            (world(owning(), pod("pod-2"), FREE), "EndClaim"),
        ),
    ),
    Case(
        "every place where it may still turn out to be stays; the same place is written once",
        "Associate",
        world(owning(bindings=[ELSEWHERE, {**BINDING, "podUID": "pod-0"}]), LIVE, FREE),
        associates(ELSEWHERE, HERE),
        GIVE,
    ),
    Case(
        "a place that is written down keeps its time",
        "Associate",
        world(ASKED, LIVE, FREE),
        associates(BINDING),
        GIVE,
    ),
    Case(
        "a public IP that was not known when it was bought",
        "Associate",
        world(owning(publicIP=None), LIVE, FREE),
        associates(HERE, publicIP="1.2.3.4"),
        GIVE,
    ),
    Case(
        "nor is now",
        "Associate",
        world(owning(publicIP=None), LIVE, eip(public_ip="")),
        associates(HERE),
        GIVE,
    ),
    Case(
        "no more places than the schema takes: the latest ones",
        "Associate",
        world(owning(bindings=[{**ELSEWHERE, "privateIP": f"10.0.1.{n}"} for n in range(64)]), LIVE, FREE),
        associates(*({**ELSEWHERE, "privateIP": f"10.0.1.{n}"} for n in range(1, 64)), HERE),
        GIVE,
    ),
    Case(
        "another of its EIPs is bound at the pod: that one is the recorded one from now on",
        "AdoptBound",
        world(owning(bindings=[BINDING]), LIVE, FREE, eip("eip-2", ip=IP)),
        Update({**stands("Allocating"), "addressID": "eip-2", "publicIP": "1.2.3.4", "intent": None, "retry": None}),
        GIVE,
        unless=(
            (world(owning(bindings=[BINDING]), LIVE, FREE, eip("eip-2", ip="10.0.0.9")), "Associate"),
            (world(owning(bindings=[BINDING]), LIVE, FREE, eip("eip-2", ip=IP, name="another's")), "Associate"),
            (world(owning(bindings=[BINDING]), EARLY, FREE, eip("eip-2", ip=IP)), "AwaitPod"),
            (world(owning(bindings=[BINDING]), LIVE, BOUND, eip("eip-2", ip=IP)), "Publish"),
        ),
    ),
    Case(
        "not from an incomplete list",
        "AdoptBound",
        world(owning(bindings=[BINDING]), LIVE, FREE, eip("eip-2", ip=IP), complete=False),
        Wait,
        until=NOW + timedelta(seconds=5),
    ),
    Case(
        "another claim's EIP is still there, and will be taken away",
        "TargetHeld",
        world(owning(), LIVE, FREE, holder=HELD),
        Wait,
        until=ago(-1),
        unless=((world(owning(), LIVE, FREE, holder=FOREIGN), "TargetTaken"),),
    ),
    Case(
        "an EIP that no Disassociate of ours takes away",
        "TargetTaken",
        world(owning(), LIVE, FREE, holder=FOREIGN),
        blocked("TargetTaken", TAKEN_TEXT),
        GIVE,
    ),
    Case(
        "said once",
        "TargetTaken",
        world(owning(**stands("Blocked", "TargetTaken", TAKEN_TEXT), retry=RETRY), LIVE, FREE, holder=FOREIGN),
        Wait,
    ),
    Case(
        "arrears",
        "TargetTaken",
        world(owning(), LIVE, eip(in_arrears=True)),
        blocked("Arrears", "eip-1 is in arrears and cannot be bound"),
        GIVE,
    ),
    Case(
        "a block",
        "TargetTaken",
        world(owning(), LIVE, eip(blocked=True)),
        blocked("AddressBlocked", "eip-1 is blocked by the cloud and cannot be bound"),
        GIVE,
    ),
    Case(
        "renamed, or its tags changed: not ours to bind",
        "NotOurs",
        world(owning(), LIVE, UNMARKED),
        blocked("NotOurs", UNMARKED_TEXT),
        GIVE,
        unless=(
            (world(owning(), EARLY, UNMARKED), "AwaitPod"),
            (world(settled(), TOLD, eip(ip=IP, tags={})), "Settled"),
        ),
    ),
    Case(
        "nor to unbind",
        "NotOurs",
        world(ASKED, None, eip(ip=IP, tags={})),
        blocked("NotOurs", UNMARKED_TEXT),
        GIVE,
        unless=((world(ASKED, None, BOUND), "Disassociate"),),
    ),
)


@pytest.mark.parametrize(**named((*BINDING_CASES,)))
def test_a_live_pod_whose_eip_is_unbound(case: Case) -> None:
    check(case)
