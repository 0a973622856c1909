"""Rows for static claims whose pod is over: expire, retain."""

from __future__ import annotations

import pytest

from shared.core.actions import DeleteClaim, Told, Update, Wait
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT,
    BINDING,
    BOUND,
    DRAINING,
    FINISHED,
    FREE,
    UNSCHEDULED,
    UNWANTED,
    Json,
    ago,
    claim,
    intent,
    owning,
    purchase,
    stands,
    with_policy,
    world,
)

TAKE = (Role.TAKE,)

KEPT = "kept for the next pod of that name"
SINCE: Json = {"podMissingSince": ago(3600), "expiresAt": ago(0)}
EXPIRED = DeleteClaim(
    (Told("Expired", "no pod of that name since 2026-11-24T11:00:00Z; its EIP is given back", on=("EIPClaim",)),)
)
EXPIRY = (
    Case(
        "no pod of the name has come back in time",
        "Expire",
        world(owning(static=True, **SINCE), None, FREE),
        EXPIRED,
        TAKE,
        unless=(
            (world(owning(static=True, podMissingSince=ago(3599), expiresAt=ago(-1)), None, FREE), "Retain"),
            (world(owning(static=True, podMissingSince=ago(3600)), None, FREE), "Retain"),
            (world(owning(static=True, **SINCE), UNSCHEDULED, FREE), "Return"),
            (world(owning(static=True, **SINCE), DRAINING, FREE), "Return"),
            (world(owning(static=True, bindings=[BINDING], **SINCE), None, BOUND), "Disassociate"),
            (world(owning(static=True, **SINCE), None, BOUND), "BoundElsewhere"),
            (world(owning(static=True, **SINCE), None), "Lost"),
        ),
    ),
    Case("nothing was ever bought", "Expire", world(claim(static=True, **SINCE), None), EXPIRED, TAKE),
    Case(
        "a pod of the name that has finished",
        "Expire",
        world(owning(static=True, **SINCE), FINISHED, FREE),
        EXPIRED,
        TAKE,
    ),
    Case("one that wants no EIP", "Expire", world(owning(static=True, **SINCE), UNWANTED, FREE), EXPIRED, TAKE),
    Case(
        "a date that is not recorded does not keep it",
        "Expire",
        world(owning(static=True, expiresAt=ago(0)), None, FREE),
        DeleteClaim(
            (
                Told(
                    "Expired",
                    "no pod of that name since a time that is not recorded; its EIP is given back",
                    on=("EIPClaim",),
                ),
            )
        ),
        TAKE,
    ),
    Case(
        "after a gap in the sweeps' heartbeat nothing expires: the clock starts anew",
        "Retain",
        world(owning(static=True, **SINCE), None, FREE, clocks_from=ago(0)),
        Update(
            {
                **stands("Retained", message=KEPT),
                "podMissingSince": AT,
                "expiresAt": "2026-11-24T13:00:00Z",
                "intent": None,
            }
        ),
        TAKE,
    ),
    Case(
        "missing since after the gap: that was seen, and expires",
        "Expire",
        world(owning(static=True, **SINCE), None, FREE, clocks_from=ago(3600)),
        EXPIRED,
        TAKE,
        unless=(
            (world(owning(static=True, **SINCE), None, FREE, clocks_from=ago(3599)), "Retain"),
            (world(owning(static=True, expiresAt=ago(0)), None, FREE, clocks_from=ago(3600)), "Retain"),
        ),
    ),
    Case(
        "never while frozen",
        "Expire",
        world(owning(static=True, **SINCE), None, FREE, policy=with_policy(freeze=True)),
        Wait,
    ),
)


def retains(expires: str | None, *, allocated: bool = True) -> Update:
    """The clock starts now; nothing that was sent is waited for any more."""
    said = stands("Retained", message=KEPT, allocated=allocated)
    return Update({**said, "podMissingSince": AT, "expiresAt": expires, "intent": None})


DISASSOCIATING = {"action": "Disassociate", "at": AT, "failures": 1}

RETAINED = (
    Case(
        "a static claim keeps its EIP, and the clock starts",
        "Retain",
        world(owning(static=True), None, FREE),
        retains("2026-11-24T13:00:00Z"),
        TAKE,
        unless=((world(owning(), None, FREE), "EndClaim"),),
    ),
    Case(
        "the clock runs from the first look that lacks the pod",
        "Retain",
        world(owning(static=True, podMissingSince=ago(60), expiresAt=ago(-3540)), None, FREE),
        Wait,
        until=ago(-3540),
    ),
    Case(
        "the time until its expiry was made longer: it counts from the same look",
        "Retain",
        world(
            owning(static=True, podMissingSince=ago(600), expiresAt=ago(300), spec={"expireAfter": "15m"}), None, FREE
        ),
        Update({"expiresAt": "2026-11-24T12:05:00Z"}),
        TAKE,
    ),
    Case(
        "made shorter: what was told holds",
        "Retain",
        world(
            owning(static=True, podMissingSince=ago(600), expiresAt=ago(-3000), spec={"expireAfter": "5m"}), None, FREE
        ),
        Wait,
        until=ago(-3000),
    ),
    Case(
        "one that never expires is kept without end",
        "Retain",
        world(owning(static=True, spec={"expireAfter": "Never"}), None, FREE),
        retains(None),
        TAKE,
    ),
    Case(
        "without an expiry of its own it has the operator's",
        "Retain",
        world(owning(static=True, spec={"expireAfter": None}), None, FREE, policy=with_policy(expire_after="10m")),
        retains("2026-11-24T12:10:00Z"),
        TAKE,
    ),
    Case(
        "nothing was bought yet",
        "Retain",
        world(claim(static=True), None),
        retains("2026-11-24T13:00:00Z", allocated=False),
        TAKE,
    ),
    Case(
        "what may have been bought is not forgotten: its token would be sent with other parameters",
        "Retain",
        world(claim(static=True, intent=purchase(200)), None),
        Update(
            {
                **stands("Retained", message=KEPT, allocated=False),
                "podMissingSince": AT,
                "expiresAt": "2026-11-24T13:00:00Z",
            }
        ),
        TAKE,
    ),
    Case(
        "an unbinding of which the end was seen is over",
        "Retain",
        world(owning(static=True, intent=intent("Disassociate", target="eip-1")), None, FREE),
        retains("2026-11-24T13:00:00Z"),
        TAKE,
    ),
    Case(
        "an answer to an unbinding that came when its end had been seen counts no more",
        "Retain",
        world(owning(static=True, retry=DISASSOCIATING, podMissingSince=ago(60), expiresAt=ago(-3540)), None, FREE),
        Update({"retry": None}),
        TAKE,
    ),
    Case(
        "somebody had bound it by hand, and to unbind it was refused at first: it is retained as before",
        "Retain",
        world(owning(static=True, phase="Blocked", podMissingSince=ago(60), expiresAt=ago(-3540)), None, FREE),
        Update(stands("Retained", message=KEPT)),
        TAKE,
    ),
    Case(
        "one that came before, neither",
        "Retain",
        world(owning(static=True, retry=DISASSOCIATING), None, FREE),
        Update({**retains("2026-11-24T13:00:00Z").status, "retry": None}),
        TAKE,
    ),
    Case(
        "a refused purchase is remembered: a pod that comes and goes does not make us ask more often",
        "Retain",
        world(claim(static=True, retry={**DISASSOCIATING, "action": "Allocate"}), None),
        retains("2026-11-24T13:00:00Z", allocated=False),
        TAKE,
    ),
    Case(
        "missing since after the gap: that was seen",
        "Retain",
        world(owning(static=True, podMissingSince=ago(0), expiresAt=ago(-3600)), None, FREE, clocks_from=ago(0)),
        Wait,
        until=ago(-3600),
    ),
    Case(
        "missing since before the gap: the clock starts anew",
        "Retain",
        world(owning(static=True, podMissingSince=ago(60), expiresAt=ago(-3540)), None, FREE, clocks_from=ago(0)),
        retains("2026-11-24T13:00:00Z"),
        TAKE,
    ),
    Case(
        "kept without end until now, by a setting or since an older CRD dropped it: the expiry counts from now",
        "Retain",
        world(owning(static=True, podMissingSince=ago(7200)), None, FREE),
        Update({"expiresAt": "2026-11-24T13:00:00Z"}),
        TAKE,
    ),
)


@pytest.mark.parametrize(**named((*EXPIRY, *RETAINED)))
def test_a_static_claim_without_a_pod(case: Case) -> None:
    check(case)
