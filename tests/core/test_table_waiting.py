"""Rows for a recorded EIP that the cloud works on, or that is not there."""

from __future__ import annotations

import pytest

from shared.core.actions import Told, Update, Wait
from shared.core.table import Role
from shared.core.world import Outcome
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT,
    AT_OLD_PLACE,
    BINDING,
    BOUND,
    ELSEWHERE,
    FREE,
    IP,
    LIVE,
    PUBLISHED,
    Json,
    ago,
    eip,
    intent,
    owning,
    pod,
    settled,
    stands,
    world,
)

GIVE, BOTH = (Role.GIVE,), (Role.GIVE, Role.TAKE)
ASKED = owning(bindings=[BINDING])

AT_WORK = tuple(
    Case(
        f"an EIP that is {status} is nothing to act on",
        "Transition",
        world(ASKED, LIVE, eip(status=status)),
        Wait,
        until=ago(-1),
    )
    for status in ("CREATING", "BINDING", "UNBINDING", "OFFLINING", "UNKNOWN")
)


def accepted(action: str, age: float = 5, **more: object) -> Json:
    """An intent of ours that the cloud has accepted."""
    return {"intent": intent(action, age, by="me", **more)}


JUST_SENT = (
    Case(
        "the listing does not show yet that the binding was accepted",
        "Transition",
        world(owning(**accepted("Associate", target=IP)), LIVE, FREE, outcome=Outcome.ACCEPTED),
        Wait,
        until=ago(-1),
        unless=(
            (world(owning(**accepted("Associate", 60, target=IP)), LIVE, FREE, outcome=Outcome.ACCEPTED), "Associate"),
            (world(owning(**accepted("Associate", target=IP)), LIVE, BOUND, outcome=Outcome.ACCEPTED), "Publish"),
        ),
    ),
    Case(
        "it shows the place before the last",
        "Transition",
        world(
            owning(bindings=[BINDING, ELSEWHERE], **accepted("Associate", target=IP)),
            LIVE,
            AT_OLD_PLACE,
            outcome=Outcome.ACCEPTED,
        ),
        Wait,
        until=ago(-1),
    ),
    Case(
        "nor that the unbinding was",
        "Transition",
        world(
            owning(bindings=[BINDING], **accepted("Disassociate", target="eip-1")),
            None,
            BOUND,
            outcome=Outcome.ACCEPTED,
        ),
        Wait,
        until=ago(-1),
        unless=(
            (
                world(
                    owning(bindings=[BINDING], **accepted("Disassociate", target="eip-1")),
                    None,
                    FREE,
                    outcome=Outcome.ACCEPTED,
                ),
                "EndClaim",
            ),
            (
                world(
                    owning(bindings=[BINDING], **accepted("Disassociate", target="eip-2")),
                    None,
                    BOUND,
                    outcome=Outcome.ACCEPTED,
                ),
                "Disassociate",
            ),
        ),
    ),
    Case(
        "nor the new bandwidth",
        "Transition",
        world(
            settled(spec={"bandwidthMbps": 50}, **accepted("SetBandwidth", target="eip-1", parameters={"mbps": 50})),
            pod(attributes='{"Bandwidth": 50}', annotations=PUBLISHED),
            BOUND,
            outcome=Outcome.ACCEPTED,
        ),
        Wait,
        until=ago(-1),
    ),
)

GONE_TEXT = "EIP eip-1 (1.2.3.4) does not exist any more; a pod that needs one gets another"
LOST = (
    Case(
        "a first look that lacks it",
        "Lost",
        world(ASKED, LIVE),
        Update({"addressMissingSince": AT}),
        GIVE,
        unless=((world(ASKED, LIVE, FREE), "Associate"),),
    ),
    Case(
        "less than two minutes later",
        "Lost",
        world(owning(addressMissingSince=ago(119)), LIVE),
        Wait,
        until=ago(-1),
    ),
    Case(
        "two minutes later it is believed: a new attempt; the bindings stay in case that is wrong",
        "Lost",
        world(owning(addressMissingSince=ago(120), attempt=4, bindings=[BINDING]), LIVE),
        Update(
            {
                **stands("Pending", "Lost", GONE_TEXT, allocated=False),
                "addressID": None,
                "publicIP": None,
                "intent": None,
                "addressMissingSince": None,
                "attempt": 5,
            },
            (Told("EIPLost", GONE_TEXT, warning=True, on=("Pod", "EIPClaim")),),
        ),
        GIVE,
    ),
    Case(
        "an incomplete list proves nothing",
        "Lost",
        world(owning(addressMissingSince=ago(600)), LIVE, complete=False),
        Wait,
    ),
)


@pytest.mark.parametrize(**named((*AT_WORK, *JUST_SENT, *LOST)))
def test_a_recorded_eip_that_nothing_can_be_done_with(case: Case) -> None:
    check(case)
