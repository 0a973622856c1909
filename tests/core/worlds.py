"""Builders of small worlds: pod `shop/web-0`, its claim, its EIP `eip-1`, at one moment.

Everything is well unless a test says otherwise. Claims are built from JSON in the names of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from shared.core import identity
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import Claim, Intent
from shared.core.pod import Node, Pod
from shared.core.policy import Policy, read
from shared.core.world import World

Json = dict[str, Any]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
AT = "2026-11-24T12:00:00Z"
CLUSTER = "cls-1"
POLICY = Policy(cluster_id=CLUSTER)
TAGS = {"managed-by": "eipclaim", "eipclaim-cluster": CLUSTER}
ATTRIBUTES = "tke.cloud.tencent.com/eip-attributes"
KEEP = {"tke.cloud.tencent.com/eip-claim-delete-policy": "Never"}
PUBLISHED = {"tke.cloud.tencent.com/eip-public-ip": "1.2.3.4", "tke.cloud.tencent.com/eip-id": "eip-1"}
IP, ENI, INSTANCE = "10.0.0.8", "eni-1", "ins-1"
PLACE = PrivateAddress(IP, ENI, INSTANCE)
BINDING: Json = {
    "podUID": "pod-1",
    "nodeName": "node-1",
    "networkInterfaceID": ENI,
    "privateIP": IP,
    "at": "2026-11-24T11:00:00Z",
}
HERE = {**BINDING, "at": AT}
ELSEWHERE = {**BINDING, "podUID": "pod-0", "networkInterfaceID": "eni-0", "privateIP": "10.0.0.7"}


def ago(seconds: float) -> datetime:
    """A moment before NOW."""
    return NOW - timedelta(seconds=seconds)


def pod(
    uid: str = "pod-1",
    *,
    node: str | None = "node-1",
    ip: str | None = IP,
    phase: str = "Running",
    deleting: bool = False,
    attributes: str | None = "",
    annotations: Mapping[str, str] = {},
    status: Mapping[str, object] = {},
    **spec: object,
) -> Pod:
    """A pod that wants an EIP and runs; `spec` and `status` are further fields in the names of the wire."""
    marked = {} if attributes is None else {ATTRIBUTES: attributes}
    metadata: Json = {"name": "web-0", "namespace": "shop", "uid": uid, "annotations": {**marked, **annotations}}
    metadata["creationTimestamp"] = "2026-11-24T11:59:00Z"
    if deleting:
        metadata["deletionTimestamp"] = AT
    given: Json = {"phase": phase, "podIP": ip, **status}
    return Pod.model_validate({"metadata": metadata, "spec": {"nodeName": node, **spec}, "status": given})


UNSCHEDULED = pod(node=None, ip=None)
EARLY = pod(ip=None)
LIVE = pod()
UNSEEN = LIVE
"""The same pod; what it lacks is its place."""
DRAINING = pod(deleting=True)
UNWANTED = pod(attributes=None)
FINISHED = pod(phase="Succeeded")
TOLD = pod(annotations=PUBLISHED)
"""A live pod that carries its EIP's annotations."""


def claim(
    uid: str = "claim-1",
    *,
    static: bool = False,
    deleting: bool = False,
    held: bool = True,
    annotations: Mapping[str, str] = {},
    spec: Mapping[str, Any] = {},
    **status: object,
) -> Claim:
    """A claim of pod-1, or, static, of the name; `status` in the names of the wire."""
    metadata: Json = {
        "name": "web-0",
        "namespace": "shop",
        "uid": uid,
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-11-24T11:59:00Z",
        "annotations": dict(annotations),
        "finalizers": [identity.FINALIZER] if held else [],
    }
    if deleting:
        metadata["deletionTimestamp"] = AT
    asks: Json = {"bandwidthMbps": 100, "isp": "BGP", "chargeType": "TRAFFIC_POSTPAID_BY_HOUR"}
    asks.update({"retention": "Static", "expireAfter": "1h"} if static else {"retention": "Pod", "podUID": "pod-1"})
    return Claim.model_validate({"metadata": metadata, "spec": {**asks, **spec}, "status": status})


def owning(**more: object) -> Claim:
    """A claim that has bought eip-1."""
    given: Json = {"addressID": "eip-1", "publicIP": "1.2.3.4", **more}
    return claim(**given)


def settled(**more: object) -> Claim:
    """A claim whose EIP is bound at its pod, and that says so."""
    given: Json = {
        "phase": "Bound",
        "bindings": [BINDING],
        "observedGeneration": 1,
        "conditions": conditions("Bound", allocated=True, bound=True, published=True, at="2026-11-24T11:00:00Z"),
    }
    given.update(more)
    return owning(**given)


def condition(kind: str, status: str, reason: str, message: str = "", at: str = AT) -> Json:
    """A condition as it is written."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at,
        "observedGeneration": 1,
    }


def conditions(
    reason: str,
    message: str = "",
    *,
    allocated: bool = True,
    bound: bool = False,
    published: bool = False,
    at: str = AT,
) -> list[Json]:
    """All four; `reason` and `message` are Ready's, and those of whatever does not hold."""
    why = "" if allocated else message
    return [
        condition("Allocated", str(allocated), "Allocated" if allocated else reason, why, at),
        condition("Bound", str(bound), "Bound" if bound else reason, "" if bound else message, at),
        condition("Published", str(bound and published), "Published" if bound and published else reason, "", at),
        condition("Ready", str(bound and published), reason, message, at),
    ]


def stands(phase: str, reason: str | None = None, message: str = "", **holds: object) -> Json:
    """The part of a patch that says where a claim without conditions stands."""
    given: Json = {**holds}
    return {"phase": phase, "conditions": conditions(reason or phase, message, **given), "observedGeneration": 1}


def intent(action: str, age: float = 90, *, by: str = "another", **more: object) -> Json:
    """An intent that stands in a claim; older than a minute, younger than the grace."""
    return {"action": action, "attempt": 1, "at": ago(age), "by": by, **more}


PARAMETERS: Json = {
    "AddressName": identity.mark(CLUSTER, "claim-1"),
    "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR",
    "InternetMaxBandwidthOut": 100,
    "InternetServiceProvider": "BGP",
}
TOKEN = identity.token(CLUSTER, "claim-1", 1)


def purchase(age: float = 90, **more: object) -> Json:
    """An intent to buy."""
    given: Json = {"token": TOKEN, "parameters": PARAMETERS, **more}
    return intent("Allocate", age, **given)


def made(action: str, **more: object) -> Intent:
    """The intent of a deed that this invocation decides now."""
    return Intent.model_validate({"action": action, "attempt": 1, "at": NOW, "by": "me", **more})


def written(action: str, **more: object) -> Json:
    """The same as the patch writes it, over an intent without parameters."""
    given: Json = {
        "action": action,
        "attempt": 1,
        "token": None,
        "parameters": None,
        "target": None,
        "at": AT,
        "by": "me",
        "accepted": None,
    }
    return {"intent": {**given, **more}}


def eip(
    address_id: str = "eip-1",
    status: str = "UNBIND",
    ip: str | None = None,
    *,
    name: str | None = None,
    tags: Mapping[str, str] = TAGS,
    **more: object,
) -> Address:
    """An EIP with the claim's mark; bound at `ip`, if it is given, on the pod's interface."""
    given: Json = {
        "public_ip": "1.2.3.4",
        "bandwidth_mbps": 100,
        "isp": "BGP",
        "created_at": ago(7200),
        "private_ip": ip,
        "network_interface_id": ENI if ip == IP else "eni-0" if ip else None,
    }
    given.update(more)
    status = "BIND" if ip and status == "UNBIND" else status
    name = identity.mark(CLUSTER, "claim-1") if name is None else name
    return Address(address_id, name, AddressStatus(status), tags=dict(tags), **given)


FREE = eip()
BOUND = eip(ip=IP)
AT_OLD_PLACE = eip(ip="10.0.0.7")
EXTRA = eip("eip-2")
UNMARKED = eip(name="renamed-by-hand")


def world(
    its_claim: Claim | None = None,
    its_pod: Pod | None = None,
    *addresses: Address,
    policy: Policy = POLICY,
    node: Node | None = None,
    seen: bool = True,
    **more: object,
) -> World:
    """The world in which the cloud lists these EIPs; without `seen` no interface shows the pod's IP."""
    place = PLACE if seen and its_pod is not None and its_pod.ipv4 is not None and not its_pod.ended else None
    recorded_id = its_claim.status.address_id if its_claim else None
    mark = identity.mark(CLUSTER, its_claim.uid) if its_claim else None
    given: Json = {
        "now": NOW,
        "claim": its_claim,
        "pod": its_pod,
        "node": node,
        "asked": read(its_pod, node, policy) if its_pod is not None else None,
        "place": place,
        "recorded": next((a for a in addresses if a.address_id == recorded_id), None),
        "marked": tuple(a for a in addresses if a.name == mark and a.carries(TAGS)),
        **more,
    }
    return World(namespace="shop", name="web-0", policy=policy, invocation="me", **given)


def with_policy(**more: object) -> Policy:
    """The policy of the tests, changed."""
    changes: Json = {**more}
    return replace(POLICY, **changes)
