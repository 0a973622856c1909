"""Rows for every claim that lives, with an EIP or without: hold, return, requested, follow."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import DeleteClaim, Respec, Update, Wait
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    BOUND,
    DRAINING,
    EARLY,
    FREE,
    KEEP,
    LIVE,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    Json,
    ago,
    claim,
    owning,
    pod,
    purchase,
    settled,
    with_policy,
    world,
)

GIVE, TAKE, BOTH = (Role.GIVE,), (Role.TAKE,), (Role.GIVE, Role.TAKE)
MISSED: Json = {"podMissingSince": ago(600), "expiresAt": ago(-3000)}
CLEARED = Update({"podMissingSince": None, "expiresAt": None})

HELD = (
    Case(
        "a claim without our finalizer could go while its EIP stays",
        "Hold",
        world(claim(held=False), LIVE),
        Respec({}, (identity.FINALIZER,)),
        BOTH,
        unless=((world(claim(), LIVE), "BuyAddress"), (world(claim(held=False), None), "EndClaim")),
    ),
    Case(
        "also one that nobody needs, but that has something",
        "Hold",
        world(owning(held=False), None, FREE),
        Respec({}, (identity.FINALIZER,)),
        BOTH,
    ),
    Case(
        "also one that may have bought something",
        "Hold",
        world(claim(held=False, intent=purchase(600)), None),
        Respec({}, (identity.FINALIZER,)),
        BOTH,
    ),
    Case(
        "or of whose purchase only the mark tells",
        "Hold",
        world(claim(held=False), None, FREE),
        Respec({}, (identity.FINALIZER,)),
        BOTH,
    ),
)

RETURNED = (
    *(
        Case(
            f"the pod is back ({state}): the clock of the expiry stops, before anything else",
            "Return",
            world(claim(static=True, **MISSED), its_pod, seen=seen),
            CLEARED,
            BOTH,
        )
        for state, its_pod, seen in (
            ("unscheduled", UNSCHEDULED, True),
            ("early", EARLY, True),
            ("unseen", UNSEEN, False),
            ("live", LIVE, True),
            ("draining", DRAINING, True),
        )
    ),
    Case(
        "a pod that does not want an EIP is not back",
        "Retain",
        world(claim(static=True, **MISSED), UNWANTED),
        Wait,
        until=ago(-3000),
        unless=((world(claim(static=True), EARLY), "FollowAnnotations"),),
    ),
)

REQUESTED = (
    Case(
        "asked for by hand: no waiting for the expiry",
        "Requested",
        world(owning(static=True, **MISSED), None, FREE, requested=True),
        DeleteClaim(),
        TAKE,
        unless=(
            (world(owning(static=True, **MISSED), None, FREE), "Retain"),
            (world(owning(bindings=[]), LIVE, FREE, requested=True), "Associate"),
        ),
    ),
    Case(
        "while frozen not even then",
        "Requested",
        world(owning(static=True), None, FREE, requested=True, policy=with_policy(freeze=True)),
        Wait,
    ),
)


FOLLOWED = (
    Case(
        "bandwidth follows in place",
        "FollowAnnotations",
        world(settled(), pod(attributes='{"Bandwidth": "50"}'), BOUND),
        Respec({"bandwidthMbps": 50}),
        GIVE,
        unless=(
            (world(settled(), pod(attributes='{"Bandwidth": "100"}'), BOUND), "Publish"),
            (world(settled(), pod(attributes='{"Bandwidth": "fast"}'), BOUND), "Publish"),
            (world(settled(), pod(attributes='{"Bandwidth": "50"}', deleting=True), BOUND), "Drain"),
        ),
    ),
    Case(
        "before anything is bought, ISP and charging follow",
        "FollowAnnotations",
        world(claim(), pod(attributes='{"ISP": "CMCC", "InternetChargeType": "BANDWIDTH_POSTPAID_BY_HOUR"}')),
        Respec({"isp": "CMCC", "chargeType": "BANDWIDTH_POSTPAID_BY_HOUR"}),
        GIVE,
        unless=(
            (world(claim(intent=purchase(90)), pod(attributes='{"ISP": "CMCC"}')), "AllocateGrace"),
            (world(settled(), pod(attributes='{"ISP": "CMCC"}'), BOUND), "Publish"),
        ),
    ),
    Case(
        "`Never` was taken away: the claim ends with this pod",
        "FollowAnnotations",
        world(settled(static=True), LIVE, BOUND),
        Respec({"retention": "Pod", "podUID": "pod-1", "expireAfter": None}),
        GIVE,
        unless=(
            (world(settled(static=True), pod(annotations=KEEP), BOUND), "Publish"),
            (world(settled(), pod(annotations=KEEP), BOUND), "Publish"),
        ),
    ),
    Case(
        "a claim of retention Pod that names no pod, made or edited by hand, is the present pod's",
        "FollowAnnotations",
        world(claim(spec={"podUID": None}), LIVE),
        Respec({"podUID": "pod-1"}),
        GIVE,
    ),
    Case(
        "the expiry follows",
        "FollowAnnotations",
        world(
            claim(static=True),
            pod(annotations={**KEEP, "tke.cloud.tencent.com/claim-expired-duration": "2h"}),
        ),
        Respec({"expireAfter": "2h"}),
        GIVE,
    ),
)


@pytest.mark.parametrize(**named((*HELD, *RETURNED, *REQUESTED, *FOLLOWED)))
def test_every_claim_that_lives(case: Case) -> None:
    check(case)
