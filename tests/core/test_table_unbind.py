"""Rows for an EIP that is bound where its pod is not, or may not be any more."""

from __future__ import annotations

import pytest

from shared.core.actions import Disassociate, Told, Update, Wait
from shared.core.address import PrivateAddress
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT_OLD_PLACE,
    BINDING,
    BOUND,
    DRAINING,
    EARLY,
    ELSEWHERE,
    ENI,
    FREE,
    IP,
    LIVE,
    PUBLISHED,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    eip,
    made,
    owning,
    pod,
    stands,
    world,
    written,
)

GIVE, BOTH = (Role.GIVE,), (Role.GIVE, Role.TAKE)
ASKED = owning(bindings=[BINDING])
AWAY = owning(bindings=[{**ELSEWHERE, "podUID": "pod-1"}])
RETRY = {"action": "Associate", "at": "2026-11-24T12:00:30Z", "failures": 6}


def blocked(reason: str, message: str) -> Update:
    """Said once, and a slow retry."""
    return Update(
        {**stands("Blocked", reason, message), "retry": RETRY},
        (Told(reason, message, warning=True, on=("Pod", "EIPClaim")),),
    )


def disassociates(**annotations: None) -> Disassociate:
    """Unbind."""
    return Disassociate(
        made("Disassociate", target="eip-1"),
        {**stands("Unbinding"), **written("Disassociate", target="eip-1")},
        "eip-1",
        dict.fromkeys(PUBLISHED) if annotations else {},
    )


LATE = "10.0.0.9"
NOT_AT_THAT_PLACE = tuple(
    Case(
        f"no pod is where it is bound ({why})",
        "Disassociate",
        world(ASKED, its_pod, BOUND, place=place),
        disassociates(),
        BOTH,
    )
    for why, its_pod, place in (
        ("gone", None, None),
        ("finished", pod(phase="Failed"), None),
        (
            "ended while deleting",
            pod(deleting=True, status={"containerStatuses": [{"state": {"terminated": {}}}]}),
            None,
        ),
        ("another pod of the name, at the same IP", pod("pod-2"), PrivateAddress(IP, ENI)),
        ("unscheduled", UNSCHEDULED, None),
        ("early", EARLY, None),
        ("unwanted", UNWANTED, PrivateAddress(IP, ENI)),
        ("at another IP", pod(ip=LATE), PrivateAddress(LATE, ENI)),
        ("at another interface", LIVE, PrivateAddress(IP, "eni-7")),
        ("draining at another IP", pod(ip=LATE, deleting=True), PrivateAddress(LATE, ENI)),
        ("draining at another IP that no interface shows", pod(ip=LATE, deleting=True), None),
    )
)
ELSEWHERE_TEXT = "EIP eip-1 is bound to 10.0.0.7, where we never asked it to be; it is not touched"
BY_CASES = (
    Case(
        "a pod that drains still serves its connections",
        "Drain",
        world(ASKED, DRAINING, BOUND),
        Wait,
        unless=((world(ASKED, pod(phase="Failed"), BOUND), "Disassociate"), (world(ASKED, DRAINING, FREE), "AwaitPod")),
    ),
    Case("also when no interface shows its IP", "Drain", world(ASKED, DRAINING, BOUND, seen=False), Wait),
    Case(
        "an IP that no interface shows is no reason to unbind",
        "Unseen",
        world(ASKED, UNSEEN, BOUND, seen=False),
        Wait,
        unless=(
            (world(ASKED, EARLY, BOUND), "Disassociate"),
            (world(ASKED, pod(ip="10.0.0.99"), BOUND, seen=False), "Disassociate"),
            (world(owning(), UNSEEN, BOUND, seen=False), "BoundElsewhere"),
            (world(ASKED, UNSEEN, FREE, seen=False), "AwaitPod"),
        ),
    ),
    Case(
        "the name's new pod is not ready for it",
        "Disassociate",
        world(owning(static=True, bindings=[BINDING]), pod("pod-2", node=None, ip=None), BOUND),
        disassociates(),
        BOTH,
    ),
    Case(
        "a pod that lives on without it is told so",
        "Disassociate",
        world(ASKED, pod(attributes=None, annotations=PUBLISHED), BOUND),
        Disassociate(
            made("Disassociate", target="eip-1"),
            {**stands("Unbinding"), **written("Disassociate", target="eip-1")},
            "eip-1",
            dict.fromkeys(PUBLISHED),
        ),
        BOTH,
    ),
    Case(
        "bound where we never asked: never touched",
        "BoundElsewhere",
        world(ASKED, LIVE, AT_OLD_PLACE),
        blocked("BoundElsewhere", ELSEWHERE_TEXT),
        GIVE,
        unless=((world(AWAY, LIVE, AT_OLD_PLACE), "Disassociate"),),
    ),
    Case(
        "said once",
        "BoundElsewhere",
        world(owning(**stands("Blocked", "BoundElsewhere", ELSEWHERE_TEXT), retry=RETRY), LIVE, AT_OLD_PLACE),
        Wait,
    ),
    Case(
        "bound to an instance, without an IP of it",
        "BoundElsewhere",
        world(ASKED, None, eip(status="BIND", instance_id="ins-7")),
        blocked("BoundElsewhere", "EIP eip-1 is bound to ins-7, where we never asked it to be; it is not touched"),
        GIVE,
    ),
    Case(
        "bound to an interface that hangs on no instance",
        "Disassociate",
        world(ASKED, None, eip(status="BIND_ENI", ip=IP)),
        disassociates(),
        BOTH,
    ),
)


@pytest.mark.parametrize(**named((*NOT_AT_THAT_PLACE, *BY_CASES)))
def test_an_eip_that_is_bound_where_its_pod_is_not(case: Case) -> None:
    check(case)
