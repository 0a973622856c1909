"""Rows for a claim without an EIP: wait, replay, buy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core import identity
from shared.core.actions import Allocate, Told, Update, Wait
from shared.core.claim import Claim
from shared.core.table import Role
from shared.core.world import Outcome, Rank
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    CLUSTER,
    DRAINING,
    EARLY,
    FREE,
    LIVE,
    NOW,
    PARAMETERS,
    TOKEN,
    UNSCHEDULED,
    UNSEEN,
    Json,
    ago,
    claim,
    intent,
    made,
    pod,
    purchase,
    stands,
    with_policy,
    world,
    written,
)

GIVE, TAKE = (Role.GIVE,), (Role.TAKE,)
ALLOCATING = stands("Allocating", allocated=False)
BOUGHT = made("Allocate", token=TOKEN, parameters=PARAMETERS)
BUYS = Allocate(BOUGHT, {**ALLOCATING, **written("Allocate", token=TOKEN, parameters=PARAMETERS)})
WAITING = (
    Case(
        "what was just bought may not be listed yet",
        "AllocateGrace",
        world(claim(intent=purchase(119)), LIVE),
        Wait,
        until=ago(-1),
        unless=(
            (world(claim(intent=purchase(120)), LIVE), "ReplayAllocate"),
            (world(claim(intent=purchase(119)), LIVE, outcome=Outcome.NOT_DONE), "ReplayAllocate"),
            (world(claim(intent=purchase(119)), LIVE, FREE), "Adopt"),
            (world(claim(intent=purchase(119, token=None)), LIVE), "BuyAddress"),
            (world(claim(intent=purchase(119, parameters={})), LIVE), "BuyAddress"),
        ),
    ),
    Case(
        "an accepted purchase whose record failed",
        "AllocateGrace",
        world(claim(intent=purchase(5, by="me")), LIVE, outcome=Outcome.ACCEPTED),
        Wait,
        until=ago(-115),
    ),
)

BEFORE: Json = {"attempt": 3, "token": "token-3", "parameters": {"InternetMaxBandwidthOut": 5}}
OLD = purchase(200, **BEFORE)
REPLAYED = (
    Case(
        "the same token only ever goes with the same parameters, whatever is asked for by now",
        "ReplayAllocate",
        world(claim(intent=OLD, attempt=3), LIVE),
        Allocate(
            made("Allocate", **BEFORE),
            {
                **ALLOCATING,
                **written("Allocate", **BEFORE),
                "addressMissingSince": None,
            },
            replay=True,
        ),
        GIVE,
        unless=(
            (world(claim(attempt=3), LIVE), "BuyAddress"),
            (world(claim(intent=OLD, attempt=3), UNSCHEDULED), "AwaitPod"),
            (world(claim(intent=OLD, attempt=3), DRAINING), "AwaitPod"),
            (world(claim(intent=OLD, attempt=3), None), "EndClaim"),
        ),
    ),
    Case(
        "what was bought may be on the rest of an incomplete list",
        "ReplayAllocate",
        world(claim(intent=OLD), LIVE, complete=False),
        Wait,
        until=NOW + timedelta(seconds=5),
    ),
    Case(
        "a refused replay and a look two minutes later: nothing was bought, and what is asked for now may be",
        "ReplayAllocate",
        world(claim(intent=OLD, attempt=3, addressMissingSince=ago(120)), LIVE),
        Update({"intent": None, "addressMissingSince": None, "attempt": 4}),
        GIVE,
    ),
    Case(
        "less than two minutes later it is sent again",
        "ReplayAllocate",
        world(claim(intent=purchase(200), addressMissingSince=ago(119)), LIVE),
        Allocate(
            BOUGHT,
            {
                **ALLOCATING,
                **written("Allocate", token=TOKEN, parameters=PARAMETERS),
                "addressMissingSince": None,
            },
            replay=True,
        ),
        GIVE,
    ),
)

CAPPED = with_policy(max_eips=5, max_eips_per_namespace=2)
IN_CLUSTER = "older claims use up the cluster's cap of 5 EIPs"
IN_NAMESPACE = "older claims use up the namespace's cap of 2 EIPs"


def young() -> Claim:
    """A claim that was created a second ago."""
    old = claim()
    born = NOW - timedelta(seconds=1)
    return old.model_copy(update={"metadata": replace(old.metadata, creation_timestamp=born)})


def over(message: str) -> Update:
    """Blocked, and told."""
    return Update(
        {
            **stands("Blocked", "OverCap", message, allocated=False),
            "retry": {"action": "Allocate", "at": "2026-11-24T12:00:30Z", "failures": 6},
        },
        (Told("OverCap", message, warning=True, on=("Pod", "EIPClaim")),),
    )


BUYING = (
    Case(
        "the pod has a node and no IP yet",
        "BuyAddress",
        world(claim(), EARLY),
        BUYS,
        GIVE,
        unless=((world(claim(), UNSCHEDULED), "AwaitPod"), (world(claim(), DRAINING), "AwaitPod")),
    ),
    Case("the pod's IP is on no interface yet", "BuyAddress", world(claim(), UNSEEN, seen=False), BUYS, GIVE),
    Case("the pod is live", "BuyAddress", world(claim(), LIVE), BUYS, GIVE),
    Case(
        "what the claim asks for is what is bought",
        "BuyAddress",
        world(
            claim(attempt=2, spec={"bandwidthMbps": 7, "isp": "CTCC"}),
            pod(attributes='{"Bandwidth": "7", "ISP": "CTCC"}'),
        ),
        Allocate(
            made(
                "Allocate",
                attempt=2,
                token=identity.token(CLUSTER, "claim-1", 2),
                parameters={**PARAMETERS, "InternetMaxBandwidthOut": 7, "InternetServiceProvider": "CTCC"},
            ),
            {
                **ALLOCATING,
                **written(
                    "Allocate",
                    attempt=2,
                    token=identity.token(CLUSTER, "claim-1", 2),
                    parameters={**PARAMETERS, "InternetMaxBandwidthOut": 7, "InternetServiceProvider": "CTCC"},
                ),
            },
        ),
        GIVE,
    ),
    Case(
        "a left-over intent of another kind is written over, and nothing of it stays",
        "BuyAddress",
        world(claim(intent=intent("SetBandwidth", 600, parameters={"mbps": 5})), LIVE),
        Allocate(BOUGHT, {**ALLOCATING, **written("Allocate", token=TOKEN, parameters={**PARAMETERS, "mbps": None})}),
        GIVE,
    ),
    Case(
        "one of ours may be on the rest of an incomplete list",
        "BuyAddress",
        world(claim(), LIVE, complete=False),
        Wait,
        until=NOW + timedelta(seconds=5),
    ),
    Case("within the caps", "BuyAddress", world(claim(), LIVE, policy=CAPPED, rank=Rank(4, 1)), BUYS, GIVE),
    Case(
        "five older claims in the cluster",
        "BuyAddress",
        world(claim(), LIVE, policy=CAPPED, rank=Rank(5, 1)),
        over(IN_CLUSTER),
        GIVE,
    ),
    Case(
        "within the caps, but an older one of the same second may not be listed yet",
        "BuyAddress",
        world(young(), LIVE, policy=CAPPED, rank=Rank(0, 0)),
        Wait,
        until=NOW + timedelta(seconds=5),
    ),
    Case(
        "two older claims in the namespace",
        "BuyAddress",
        world(claim(), LIVE, policy=CAPPED, rank=Rank(4, 2)),
        over(IN_NAMESPACE),
        GIVE,
    ),
    Case(
        "said once, however many are before it by now",
        "BuyAddress",
        world(
            claim(**stands("Blocked", "OverCap", IN_CLUSTER, allocated=False)),
            LIVE,
            policy=CAPPED,
            rank=Rank(9, 9),
        ),
        Wait,
    ),
    Case("a rank in an incomplete list is none", "BuyAddress", world(claim(), LIVE, policy=CAPPED), Wait),
    Case(
        "the cap of the cluster alone",
        "BuyAddress",
        world(claim(), LIVE, policy=with_policy(max_eips=5), rank=Rank(4, 4)),
        BUYS,
        GIVE,
    ),
    Case(
        "the cap of the namespace alone",
        "BuyAddress",
        world(claim(), LIVE, policy=with_policy(max_eips_per_namespace=2), rank=Rank(7, 1)),
        BUYS,
        GIVE,
    ),
    Case(
        "a freeze lets buying go on",
        "BuyAddress",
        world(claim(), LIVE, policy=with_policy(freeze=True)),
        BUYS,
        GIVE,
    ),
    Case(
        "another action's back-off delays nothing",
        "BuyAddress",
        world(claim(retry={"action": "Associate", "at": ago(-30)}), LIVE),
        BUYS,
        GIVE,
    ),
)


@pytest.mark.parametrize(**named((*WAITING, *REPLAYED, *BUYING)))
def test_a_claim_without_an_eip(case: Case) -> None:
    check(case)
