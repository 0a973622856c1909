"""What the operator allows, and what a pod's annotations ask for.

The vocabulary is TKE's own ("Using EIP directly for a Pod"): `Bandwidth` and `ISP`; and that of AllocateAddresses (API
2017-03-12), whose names win where both are given. Nothing here is believed before its length and form are checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from shared.core.claim import Isp, Retention
from shared.core.durations import NEVER, duration, excerpt
from shared.core.errors import InputRejected
from shared.core.pod import Node, Pod

DEFAULT_PREFIX = "tke.cloud.tencent.com"
DEFAULT_BANDWIDTH_MBPS = 100
MAX_ATTRIBUTES_CHARS = 4096
CHARGE_TYPES = ("TRAFFIC_POSTPAID_BY_HOUR", "BANDWIDTH_POSTPAID_BY_HOUR")
_BANDWIDTH = re.compile(r"[0-9]{1,6}")
NAME_EVERY_POD_ANEW = frozenset({"ReplicaSet", "ReplicationController", "DaemonSet", "Job"})
_NAME_DOES_NOT_RETURN = (
    "the EIP is kept for the next pod of this name without end, but the pod's controller gives each pod a new name: "
    "delete the claim when it is not needed any more"
)
T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """The operator's settings that decide anything. None means no limit; `namespaces` None: all but kube-system."""

    cluster_id: str
    prefix: str = DEFAULT_PREFIX
    expire_after: str = "1h"
    cascade: bool = False
    namespaces: frozenset[str] | None = None
    max_eips: int | None = None
    max_eips_per_namespace: int | None = None
    max_bandwidth_mbps: int = DEFAULT_BANDWIDTH_MBPS
    release_orphans: bool = False
    freeze: bool = False
    publish_capacity: bool = False

    def annotation(self, name: str) -> str:
        """The full key of one of the annotations, or of the resource `eip`."""
        return f"{self.prefix}/{name}"

    def allows(self, namespace: str) -> bool:
        """Whether pods of that namespace may have EIPs."""
        return namespace != "kube-system" if self.namespaces is None else namespace in self.namespaces


@dataclass(frozen=True)
class Request:
    """What a pod asks for, checked. `notes` are (reason, message) warnings that do not stop it."""

    retention: Retention
    bandwidth_mbps: int
    isp: Isp
    charge_type: str
    expire_after: str | None
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Rejection:
    """Why a pod that asks for an EIP will not get one."""

    reason: str
    message: str


def wants(pod: Pod, node: Node | None, policy: Policy) -> bool:
    """Whether the pod is one that an EIP may be bound to, whatever its attributes say."""
    return policy.annotation("eip-attributes") in pod.metadata.annotations and _ineligible(pod, node, policy) is None


def read(pod: Pod, node: Node | None, policy: Policy) -> Request | Rejection | None:
    """What the pod asks for, why it cannot have it, or None when it does not ask us (super nodes: the platform)."""
    annotations = pod.metadata.annotations
    attributes = annotations.get(policy.annotation("eip-attributes"))
    if node is not None and node.super_node:
        return None
    listed = policy.annotation("eip-id-list")
    if attributes is None and listed not in annotations:
        return _resource_alone(pod, policy)
    ineligible = _ineligible(pod, node, policy)
    if ineligible is not None:
        return ineligible if attributes is not None else None
    if attributes is None or listed in annotations:
        return Rejection("Unsupported", f"{listed}: EIPs of one's own are not supported; remove it")
    try:
        return _request(pod, attributes, policy)
    except InputRejected as error:
        return Rejection(error.reason, error.message)


def _resource_alone(pod: Pod, policy: Policy) -> Rejection | None:
    resource, attributes = policy.annotation("eip"), policy.annotation("eip-attributes")
    if not pod.asks_for(resource) or not policy.allows(pod.metadata.namespace):
        return None
    return Rejection(
        "AttributesMissing", f"resource {resource} is asked for, but annotation {attributes} is not there; add it"
    )


def _ineligible(pod: Pod, node: Node | None, policy: Policy) -> Rejection | None:
    if not policy.allows(pod.metadata.namespace):
        return Rejection("NamespaceNotAllowed", f"pods of namespace {pod.metadata.namespace} may not have EIPs")
    if pod.spec.host_network:
        return Rejection("HostNetwork", "a pod with hostNetwork has no IP of its own to bind an EIP to")
    if pod.metadata.annotations.get(policy.annotation("networks")) == "tke-bridge":
        return Rejection("NetworkNotSupported", "a pod of network mode tke-bridge has no VPC IP to bind an EIP to")
    if node is not None and node.super_node:
        return Rejection("SuperNode", "EIPs of pods on super nodes are given by the platform")
    return None


def _request(pod: Pod, attributes: str, policy: Policy) -> Request:
    given = _attributes(attributes, policy.annotation("eip-attributes"))
    notes = list(given.notes)
    retention = _retention(pod, policy)
    expire_after = _expiry(pod, policy) if retention is Retention.STATIC else None
    if expire_after == NEVER and _named_anew(pod):
        notes.append(("NameDoesNotReturn", _NAME_DOES_NOT_RETURN))
    mbps = min(DEFAULT_BANDWIDTH_MBPS, policy.max_bandwidth_mbps) if given.bandwidth is None else given.bandwidth
    if not 1 <= mbps <= policy.max_bandwidth_mbps:
        raise InputRejected(
            "BandwidthNotAllowed", f"bandwidth {mbps} Mbps is not within 1 to {policy.max_bandwidth_mbps}"
        )
    return Request(
        retention=retention,
        bandwidth_mbps=mbps,
        isp=given.isp or Isp.BGP,
        charge_type=_charge_type(given.charge_type),
        expire_after=expire_after,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Attributes:
    bandwidth: int | None
    isp: Isp | None
    charge_type: object
    """As it was given: what else is wrong is told first."""
    notes: tuple[tuple[str, str], ...]


@lru_cache(maxsize=100)
def _attributes(text: str, key: str) -> _Attributes:
    """What the annotation says; all pods of a workload have the same."""
    given = _parse(text, key)
    notes: list[tuple[str, str]] = []
    bandwidth = _pick(given, "InternetMaxBandwidthOut", "Bandwidth", _bandwidth, notes)
    isp = _pick(given, "InternetServiceProvider", "ISP", _isp, notes)
    return _Attributes(bandwidth, isp, given.get("InternetChargeType"), tuple(notes))


def _parse(text: str, key: str) -> dict[str, object]:
    if len(text) > MAX_ATTRIBUTES_CHARS:
        raise InputRejected("InvalidAttributes", f"{key} is longer than {MAX_ATTRIBUTES_CHARS} characters")
    if not text.strip():
        return {}
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise InputRejected("InvalidAttributes", f"{key} is not JSON ({excerpt(why)}): {excerpt(text)}") from error
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise InputRejected("InvalidAttributes", f"{key} must be a JSON object, not {excerpt(text)}")
    for name, meant in value.items():
        _check_name(name, meant, key)
    return value


def _check_name(name: str, value: object, key: str) -> None:
    known = ("Bandwidth", "ISP", "InternetMaxBandwidthOut", "InternetServiceProvider", "InternetChargeType")
    if name in known or (name == "AddressType" and value == "EIP"):
        return
    raise InputRejected("Unsupported", f"{key}: {excerpt(name)} is not supported; known are {', '.join(known)}")


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key stands in it twice")
    return dict(pairs)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _pick(
    given: dict[str, object],
    name: str,
    alias: str,
    convert: Callable[[str, object], T],
    notes: list[tuple[str, str]],
) -> T | None:
    values = {key: convert(key, given[key]) for key in (name, alias) if given.get(key, "") != ""}
    if len(set(values.values())) > 1:
        notes.append(("AttributesDiffer", f"{name} and {alias} differ: {name} {excerpt(given[name])} is taken"))
    return values.get(name, values.get(alias))


def _bandwidth(key: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**6:
        return value
    if isinstance(value, str) and _BANDWIDTH.fullmatch(value):
        return int(value)
    raise InputRejected("InvalidBandwidth", f"{key} must be a whole number of Mbps, not {excerpt(value)}")


def _isp(key: str, value: object) -> Isp:
    try:
        return Isp(value)
    except ValueError:
        known = ", ".join(isp.value for isp in Isp)
        raise InputRejected("InvalidISP", f"{key} must be one of {known}, not {excerpt(value)}") from None


def _charge_type(value: object) -> str:
    if value in (None, ""):
        return CHARGE_TYPES[0]
    if isinstance(value, str) and value in CHARGE_TYPES:
        return value
    raise InputRejected(
        "Unsupported", f"InternetChargeType must be one of {', '.join(CHARGE_TYPES)}, not {excerpt(value)}"
    )


def _named_anew(pod: Pod) -> bool:
    """Whether no later pod will have this name, so that a claim of the name that never expires is never used again."""
    return any(owner.controller and owner.kind in NAME_EVERY_POD_ANEW for owner in pod.metadata.owner_references)


def _retention(pod: Pod, policy: Policy) -> Retention:
    key = policy.annotation("eip-claim-delete-policy")
    value = pod.metadata.annotations.get(key, "")
    if value == NEVER:
        return Retention.STATIC
    # `Immediate` is the documented value of the sibling annotation for private IPs, and means what its absence means.
    if value in ("", "Immediate"):
        return Retention.POD
    raise InputRejected("InvalidDeletePolicy", f"{key} must be {NEVER} or absent, not {excerpt(value)}")


def _expiry(pod: Pod, policy: Policy) -> str:
    key = policy.annotation("claim-expired-duration")
    value = pod.metadata.annotations.get(key, "") or policy.expire_after
    try:
        duration(value)
    except InputRejected as error:
        raise InputRejected(error.reason, f"{key}: {error.message}") from None
    return value
