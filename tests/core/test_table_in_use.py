"""Rows for a deleted claim that cannot end yet: in use, just bought, at work; and the one that an operator lets go."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import Done, Publish, RemoveFinalizer, Told, Wait
from shared.core.table import Role
from shared.core.world import Outcome
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT_OLD_PLACE,
    BINDING,
    BOUND,
    DRAINING,
    EARLY,
    FINISHED,
    FREE,
    LIVE,
    PUBLISHED,
    TOLD,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    ago,
    claim,
    conditions,
    eip,
    intent,
    owning,
    pod,
    purchase,
    settled,
    stands,
    world,
)

TAKE = (Role.TAKE,)
ABANDON = {identity.ABANDON: "true"}
IN_USE = "the claim is deleted, but its pod uses the EIP: it stays bound until the pod has ended"
IN_USE_TOLD = Told("InUse", IN_USE, warning=True, on=("Pod", "EIPClaim"))
USED_AND_TOLD = settled(
    deleting=True, conditions=conditions("InUse", IN_USE, allocated=True, bound=True, published=True)
)
SAID = stands("Bound", "InUse", IN_USE, bound=True, published=True)


def left(what: str, why: str) -> RemoveFinalizer:
    """The finalizer off, and an event that names what is left."""
    return RemoveFinalizer((Told("Abandoned", f"left behind: {what}; {why}", warning=True, on=("EIPClaim",)),))


KEPT = (
    Case(
        "a deleted claim stays while its pod lives at the EIP",
        "InUse",
        world(owning(deleting=True, bindings=[BINDING]), TOLD, BOUND),
        Publish({}, None, SAID, (IN_USE_TOLD,)),
        TAKE,
        unless=(
            (world(owning(deleting=True, bindings=[BINDING]), None, BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True, bindings=[BINDING]), FINISHED, BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True, bindings=[BINDING]), UNSCHEDULED, BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True, bindings=[BINDING]), EARLY, BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True, bindings=[BINDING]), UNWANTED, BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True, bindings=[BINDING]), pod("pod-2"), BOUND), "DisassociateToRelease"),
            (world(owning(deleting=True), TOLD, FREE), "Release"),
        ),
    ),
    Case("it is told once", "InUse", world(USED_AND_TOLD, TOLD, BOUND), Wait),
    Case(
        "the pod is told its EIP even now",
        "InUse",
        world(owning(deleting=True, bindings=[BINDING]), LIVE, BOUND),
        Publish(PUBLISHED, None, SAID, (IN_USE_TOLD,)),
        TAKE,
    ),
    Case(
        "whoever bound it there, and whether we recorded it or not",
        "InUse",
        world(owning(deleting=True), TOLD, BOUND),
        Publish({}, None, SAID, (IN_USE_TOLD,)),
        TAKE,
    ),
    Case(
        "a pod that drains uses it",
        "InUse",
        world(USED_AND_TOLD, DRAINING, BOUND),
        Wait,
        unless=((world(USED_AND_TOLD, DRAINING, AT_OLD_PLACE), "Abandoned"),),
    ),
    Case(
        "a pod that drains and whose IP no interface shows is taken at its word",
        "InUse",
        world(USED_AND_TOLD, DRAINING, BOUND, seen=False),
        Wait,
    ),
    Case(
        "while no interface shows the pod's IP, what was recorded for this pod counts",
        "InUse",
        world(USED_AND_TOLD, UNSEEN, BOUND, seen=False),
        Wait,
        unless=(
            (
                world(
                    settled(deleting=True, static=True, bindings=[{**BINDING, "podUID": "pod-0"}]),
                    UNSEEN,
                    BOUND,
                    seen=False,
                ),
                "DisassociateToRelease",
            ),
        ),
    ),
)

BOUGHT = (
    Case(
        "what was just bought may not be listed yet",
        "AllocateGrace",
        world(claim(deleting=True, intent=purchase(119)), None),
        Wait,
        until=ago(-1),
        unless=(
            (world(claim(deleting=True, intent=purchase(120)), None), "Finalize"),
            (world(claim(deleting=True, intent=purchase(119)), None, FREE), "Release"),
            (world(claim(deleting=True, intent=purchase(119)), None, outcome=Outcome.NOT_DONE), "Finalize"),
            (world(claim(deleting=True, intent=intent("Allocate", 119)), None), "Finalize"),
        ),
    ),
)

ABANDONED_BY_HAND = (
    Case(
        "an operator lets it go, and an event names what stays",
        "Abandon",
        world(settled(deleting=True, annotations=ABANDON), None, BOUND),
        left("eip-1 (1.2.3.4)", "the annotation eipclaim.io/abandon is set"),
        TAKE,
        unless=(
            (world(settled(deleting=True, annotations=ABANDON), TOLD, BOUND), "InUse"),
            (
                world(settled(deleting=True, annotations={identity.ABANDON: "yes"}), None, BOUND),
                "DisassociateToRelease",
            ),
            (world(settled(annotations=ABANDON), TOLD, BOUND), "Settled"),
        ),
    ),
    Case(
        "an EIP that is not seen is named as recorded",
        "Abandon",
        world(owning(deleting=True, annotations=ABANDON), None),
        left("eip-1", "the annotation eipclaim.io/abandon is set"),
        TAKE,
    ),
    Case(
        "one that the cloud works on for ever can be let go of",
        "Abandon",
        world(owning(deleting=True, annotations=ABANDON), None, eip(status="UNKNOWN")),
        left("eip-1 (1.2.3.4)", "the annotation eipclaim.io/abandon is set"),
        TAKE,
    ),
    Case(
        "nothing was ever bought",
        "Abandon",
        world(claim(deleting=True, annotations=ABANDON), None),
        left("no EIP that is known of", "the annotation eipclaim.io/abandon is set"),
        TAKE,
    ),
    Case(
        "somebody else's finalizer holds the claim: ours is off",
        "Abandon",
        world(owning(deleting=True, annotations=ABANDON, held=False), None, FREE),
        Done,
    ),
)

AT_WORK = tuple(
    Case(
        f"an EIP that is {status} is nothing to act on",
        "Transition",
        world(owning(deleting=True, bindings=[BINDING]), None, eip(status=status)),
        Wait,
        until=ago(-1),
    )
    for status in ("CREATING", "BINDING", "UNBINDING", "OFFLINING", "UNKNOWN")
)
JUST_SENT = (
    Case(
        "the listing does not show yet that the unbinding was accepted",
        "Transition",
        world(
            owning(deleting=True, bindings=[BINDING], intent=intent("Disassociate", 5, target="eip-1")),
            None,
            BOUND,
            outcome=Outcome.ACCEPTED,
        ),
        Wait,
        until=ago(-1),
        unless=(
            (
                world(
                    owning(deleting=True, bindings=[BINDING], intent=intent("Disassociate", 60, target="eip-1")),
                    None,
                    BOUND,
                    outcome=Outcome.ACCEPTED,
                ),
                "DisassociateToRelease",
            ),
            (
                world(
                    owning(deleting=True, bindings=[BINDING], intent=intent("Disassociate", 5, target="eip-2")),
                    None,
                    BOUND,
                    outcome=Outcome.ACCEPTED,
                ),
                "DisassociateToRelease",
            ),
        ),
    ),
    Case(
        "nor that the release was",
        "Transition",
        world(
            owning(deleting=True, intent=intent("Release", 5, target="eip-1", accepted=True)),
            None,
            FREE,
            outcome=Outcome.ACCEPTED,
        ),
        Wait,
        until=ago(-1),
    ),
)


@pytest.mark.parametrize(**named((*KEPT, *BOUGHT, *ABANDONED_BY_HAND, *AT_WORK, *JUST_SENT)))
def test_a_deleted_claim_that_cannot_end_yet(case: Case) -> None:
    check(case)
