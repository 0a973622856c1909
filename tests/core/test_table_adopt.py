"""Rows for a claim without an EIP, of which one is found by its mark."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.actions import Update, Wait
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT_OLD_PLACE,
    BOUND,
    EARLY,
    ELSEWHERE,
    FREE,
    LIVE,
    NOW,
    ago,
    claim,
    eip,
    purchase,
    stands,
    world,
)

GIVE = (Role.GIVE,)

OLDER = eip("eip-5", created_at=ago(9000))
ADOPTED = {"addressID": "eip-1", "publicIP": "1.2.3.4", "intent": None, "retry": None}
ADOPTING = (
    Case(
        "a lost reply is found by the mark",
        "Adopt",
        world(claim(intent=purchase(70)), LIVE, FREE),
        Update({**stands("Allocating"), **ADOPTED}),
        GIVE,
        unless=(
            (world(claim(intent=purchase(70)), LIVE, eip(name="another's")), "AllocateGrace"),
            (world(claim(intent=purchase(70)), LIVE, eip(tags={"managed-by": "eipclaim"})), "AllocateGrace"),
        ),
    ),
    Case(
        "also without an intent, and with nobody to use it",
        "Adopt",
        world(claim(), None, FREE),
        Update({**stands("Allocating"), **ADOPTED}),
        GIVE,
    ),
    Case(
        "of several the oldest; then the first by id",
        "Adopt",
        world(claim(), EARLY, FREE, eip("eip-6", created_at=ago(9000)), OLDER, eip("eip-7", created_at=None)),
        Update({**stands("Allocating"), **ADOPTED, "addressID": "eip-5"}),
        GIVE,
    ),
    Case(
        "but the one at the pod before all",
        "Adopt",
        world(claim(), LIVE, OLDER, BOUND, AT_OLD_PLACE),
        Update({**stands("Allocating"), **ADOPTED}),
        GIVE,
    ),
    Case(
        "then one that is bound where we asked: as an extra one nobody would ever unbind it",
        "Adopt",
        world(claim(bindings=[ELSEWHERE]), LIVE, OLDER, eip(ip="10.0.0.7"), eip("eip-6", ip="10.0.0.9")),
        Update({**stands("Allocating"), **ADOPTED}),
        GIVE,
    ),
    Case(
        "one without a public IP yet",
        "Adopt",
        world(claim(), EARLY, eip(status="CREATING", public_ip="")),
        Update({**stands("Allocating"), **ADOPTED, "publicIP": None}),
        GIVE,
    ),
    Case(
        "the one at the pod may be on the rest of an incomplete list",
        "Adopt",
        world(claim(), LIVE, OLDER, complete=False),
        Wait,
        until=NOW + timedelta(seconds=5),
    ),
)


@pytest.mark.parametrize(**named(ADOPTING))
def test_an_eip_that_the_claim_has_not_recorded(case: Case) -> None:
    check(case)
