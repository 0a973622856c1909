"""Rows for claims that live while their pod is over, or not ready: end, wait."""

from __future__ import annotations

import pytest

from shared.core.actions import DeleteClaim, Told, Update, Wait
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    BINDING,
    BOUND,
    DRAINING,
    EARLY,
    FINISHED,
    FREE,
    KEEP,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    ago,
    claim,
    eip,
    owning,
    pod,
    purchase,
    settled,
    stands,
    with_policy,
    world,
)

GIVE, TAKE = (Role.GIVE,), (Role.TAKE,)
STATIC = pod(annotations=KEEP)

ENDED = (
    Case(
        "nothing was bought, and its pod is over",
        "EndClaim",
        world(claim(), None),
        DeleteClaim(),
        TAKE,
        unless=(
            (world(claim(static=True), None), "Retain"),
            (world(claim(intent=purchase(90)), None), "AllocateGrace"),
            (world(claim(), None, FREE), "Adopt"),
            (world(claim(), DRAINING), "AwaitPod"),
        ),
    ),
    Case("the name has another pod by now", "EndClaim", world(claim(), pod("pod-2")), DeleteClaim(), TAKE),
    Case("its pod does not want an EIP any more", "EndClaim", world(claim(), UNWANTED), DeleteClaim(), TAKE),
    Case(
        "its EIP is unbound",
        "EndClaim",
        world(owning(), FINISHED, FREE),
        DeleteClaim(),
        TAKE,
        unless=(
            (world(owning(bindings=[BINDING]), FINISHED, BOUND), "Disassociate"),
            (world(owning(), FINISHED, BOUND), "BoundElsewhere"),
            (world(owning(), FINISHED, eip(status="UNBINDING")), "Transition"),
            (world(owning(), FINISHED), "Lost"),
        ),
    ),
    Case("never while frozen", "EndClaim", world(owning(), None, FREE, policy=with_policy(freeze=True)), Wait),
)
ON_NO_ENI = "no network interface of the node shows the pod's IP 10.0.0.8; is it a VPC-CNI pod?"
BLOCKED = Update(
    {
        **stands("Blocked", "NotOnENI", ON_NO_ENI),
        "retry": {"action": "Associate", "at": "2026-11-24T12:00:30Z", "failures": 6},
    },
    (Told("NotOnENI", ON_NO_ENI, warning=True, on=("Pod", "EIPClaim")),),
)


AWAITED = (
    *(
        Case(f"the pod is {state}", "AwaitPod", world(owning(), its_pod, FREE, seen=seen), Wait)
        for state, its_pod, seen in (
            ("unscheduled", UNSCHEDULED, True),
            ("early", EARLY, True),
            ("unseen, for less than five minutes", UNSEEN, False),
            ("draining, and was never bound", DRAINING, True),
        )
    ),
    Case(
        "its IP is on no interface after five minutes: told, and looked at again",
        "AwaitPod",
        world(owning(), pod(status={"startTime": ago(301)}), FREE, seen=False),
        BLOCKED,
        GIVE,
        unless=((world(owning(), pod(status={"startTime": ago(301)}), FREE), "Associate"),),
    ),
    Case(
        "not before",
        "AwaitPod",
        world(owning(), pod(status={"startTime": ago(300)}), FREE, seen=False),
        Wait,
    ),
    Case(
        "told once",
        "AwaitPod",
        world(
            owning(**stands("Blocked", "NotOnENI", ON_NO_ENI)),
            pod(status={"startTime": ago(400)}),
            FREE,
            seen=False,
        ),
        Wait,
    ),
    Case(
        "what its annotations ask for by now makes no sense, which changes nothing",
        "AwaitPod",
        world(settled(), pod(node=None, ip=None, attributes="[]"), FREE),
        Wait,
    ),
)


@pytest.mark.parametrize(**named((*ENDED, *AWAITED)))
def test_a_claim_whose_pod_is_over_or_not_ready(case: Case) -> None:
    check(case)
