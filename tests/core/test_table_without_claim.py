"""Rows for pods without a claim, and for EIPs without one."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import CreateClaim, Done, RejectInput, ReleaseOrphan, Told, Wait
from shared.core.claim import OwnerReference
from shared.core.pod import Node
from shared.core.table import Role
from shared.core.world import Holder
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    ATTRIBUTES,
    CLUSTER,
    DRAINING,
    EARLY,
    FINISHED,
    FREE,
    IP,
    KEEP,
    LIVE,
    UNSCHEDULED,
    UNSEEN,
    UNWANTED,
    ago,
    eip,
    pod,
    with_policy,
    world,
)

SPEC = {
    "retention": "Pod",
    "bandwidthMbps": 100,
    "isp": "BGP",
    "chargeType": "TRAFFIC_POSTPAID_BY_HOUR",
    "podUID": "pod-1",
}
STATIC_SPEC = {
    "retention": "Static",
    "bandwidthMbps": 100,
    "isp": "BGP",
    "chargeType": "TRAFFIC_POSTPAID_BY_HOUR",
    "expireAfter": "1h",
}
BY_POD = OwnerReference(api_version="v1", kind="Pod", name="web-0", uid="pod-1")
CREATED = CreateClaim(SPEC, BY_POD)

BAD = pod(attributes='{"Bandwidth": "fast"}')
BAD_MESSAGE = "Bandwidth must be a whole number of Mbps, not 'fast'"
TOLD_CONDITION = {
    "type": identity.CONDITION,
    "status": "False",
    "reason": "InvalidBandwidth",
    "message": BAD_MESSAGE,
}
FOREIGN = Holder("eip-9", will_be_freed=False)
LEAVING = Holder("eip-9", will_be_freed=True)
TAKEN = "the pod's IP has 'eip-9', which is not ours; it is left alone"
GIVE, TAKE = (Role.GIVE,), (Role.TAKE,)

REJECTED = (
    Case(
        "input that makes no sense is told to the pod's owner, with the exact reason",
        "InputRejected",
        world(None, BAD),
        RejectInput("InvalidBandwidth", BAD_MESSAGE),
        GIVE,
        unless=((world(None, LIVE), "CreateClaim"),),
    ),
    Case(
        "a pod without a node is told already",
        "InputRejected",
        world(None, pod(node=None, ip=None, attributes="[]")),
        RejectInput("InvalidAttributes", "tke.cloud.tencent.com/eip-attributes must be a JSON object, not '[]'"),
        GIVE,
        unless=((world(None, UNSCHEDULED), "NoClaim"),),
    ),
    Case(
        "the pod's condition remembers that it was told",
        "InputRejected",
        world(None, pod(attributes='{"Bandwidth": "fast"}', status={"conditions": [TOLD_CONDITION]})),
        Wait,
    ),
    Case(
        "something else was told before",
        "InputRejected",
        world(
            None,
            pod(attributes='{"Bandwidth": "fast"}', status={"conditions": [{**TOLD_CONDITION, "message": "other"}]}),
        ),
        RejectInput("InvalidBandwidth", BAD_MESSAGE),
        GIVE,
    ),
    Case(
        "a pod that asks with the resource alone is told what is missing",
        "InputRejected",
        world(
            None,
            pod(
                attributes=None,
                containers=[{"resources": {"limits": {"tke.cloud.tencent.com/eip": "1"}}}],
            ),
        ),
        RejectInput(
            "AttributesMissing",
            "resource tke.cloud.tencent.com/eip is asked for, "
            "but annotation tke.cloud.tencent.com/eip-attributes is not there; add it",
        ),
        GIVE,
        unless=((world(None, UNWANTED), "NoClaim"),),
    ),
    Case(
        "a pod whose IP has an EIP that is not ours keeps that one",
        "InputRejected",
        world(None, LIVE, holder=FOREIGN),
        RejectInput("AlreadyHasAddress", TAKEN),
        GIVE,
        unless=(
            (world(None, LIVE, holder=LEAVING), "CreateClaim"),
            (world(None, UNSEEN, holder=FOREIGN, seen=False), "CreateClaim"),
        ),
    ),
    Case(
        "a pod on its way out is told nothing any more",
        "NoClaim",
        world(None, pod(attributes='{"Bandwidth": "fast"}', deleting=True)),
        Done,
        unless=((world(None, BAD), "InputRejected"),),
    ),
)

CREATED_FOR = (
    Case(
        "a pod with a node and no IP yet: bought early",
        "CreateClaim",
        world(None, EARLY),
        CREATED,
        GIVE,
        unless=((world(None, UNSCHEDULED), "NoClaim"),),
    ),
    Case("a pod whose IP no interface shows", "CreateClaim", world(None, UNSEEN, seen=False), CREATED, GIVE),
    Case(
        "a live pod",
        "CreateClaim",
        world(None, LIVE),
        CREATED,
        GIVE,
        unless=((world(None, DRAINING), "NoClaim"), (world(None, FINISHED), "NoClaim")),
    ),
    Case(
        "a static claim belongs to the name: no pod's UID, no owner",
        "CreateClaim",
        world(None, pod(annotations=KEEP)),
        CreateClaim(STATIC_SPEC, None),
        GIVE,
    ),
    Case(
        "a pod whose name has a claim that makes no sense is told so, and none is created",
        "InputRejected",
        world(None, LIVE, unreadable="spec.isp: unknown"),
        RejectInput("UnreadableClaim", "the EIPClaim of the pod's name makes no sense (spec.isp: unknown); delete it"),
        GIVE,
    ),
    Case(
        "two names of one attribute that differ are warned of; the API's own name is taken",
        "CreateClaim",
        world(None, pod(attributes='{"Bandwidth": "20", "InternetMaxBandwidthOut": 30}')),
        CreateClaim(
            {**SPEC, "bandwidthMbps": 30},
            BY_POD,
            (
                Told(
                    "AttributesDiffer",
                    "InternetMaxBandwidthOut and Bandwidth differ: InternetMaxBandwidthOut 30 is taken",
                    warning=True,
                ),
            ),
        ),
        GIVE,
    ),
)

OF_NO_INTEREST = (
    Case("neither a pod nor a claim", "NoClaim", world(None, None), Done),
    Case("a pod that does not ask", "NoClaim", world(None, UNWANTED), Done),
    Case(
        "a pod on a super node asks the platform",
        "NoClaim",
        world(
            None,
            LIVE,
            node=Node.model_validate(
                {"metadata": {"name": "n", "uid": "n", "labels": {"node.kubernetes.io/instance-type": "eklet"}}}
            ),
        ),
        Done,
        unless=((world(None, LIVE, node=Node.model_validate({"metadata": {"name": "n", "uid": "n"}})), "CreateClaim"),),
    ),
)

SWITCHED_ON = with_policy(release_orphans=True)
OLD = eip(created_at=ago(3600))
ORPHANS = (
    Case(
        "an old, unbound EIP that no claim has is given back where that is switched on",
        "Orphan",
        world(orphan=OLD, policy=SWITCHED_ON),
        ReleaseOrphan("eip-1"),
        TAKE,
        unless=((world(), "NoClaim"),),
    ),
    Case("it is reported alone by default", "Orphan", world(orphan=OLD), Wait),
    Case(
        "an incomplete list shows no orphan",
        "Orphan",
        world(orphan=OLD, policy=SWITCHED_ON, complete=False),
        Wait,
    ),
    Case(
        "its claim may have been created a moment ago",
        "Orphan",
        world(orphan=eip(created_at=ago(3599)), policy=SWITCHED_ON),
        Wait,
    ),
    Case("an unknown age is no age", "Orphan", world(orphan=eip(created_at=None), policy=SWITCHED_ON), Wait),
    Case("what is bound is somebody's", "Orphan", world(orphan=eip(ip=IP), policy=SWITCHED_ON), Wait),
    Case(
        "a person who renamed it may have a claim that records it still",
        "Orphan",
        world(orphan=eip(name="kept-for-the-audit"), policy=SWITCHED_ON),
        Wait,
    ),
    Case(
        "a freeze keeps it",
        "Orphan",
        world(orphan=OLD, policy=with_policy(release_orphans=True, freeze=True)),
        Wait,
        unless=((world(orphan=FREE), "Orphan"),),
    ),
)


@pytest.mark.parametrize(**named((*REJECTED, *CREATED_FOR, *OF_NO_INTEREST, *ORPHANS)))
def test_who_may_have_a_claim_and_which_eip_needs_none(case: Case) -> None:
    check(case)


def test_the_mark_of_the_tests_is_that_of_the_claim() -> None:
    """Everything below is built on it: an EIP without a name of its own is the claim's."""
    assert eip().name == identity.mark(CLUSTER, "claim-1")
    assert pod().metadata.annotations == {ATTRIBUTES: ""}
