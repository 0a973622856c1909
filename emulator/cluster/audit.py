"""The audit log, in the form and at the levels that managed clusters record (audit.k8s.io/v1, the GCE policy).

What is not told there is left out here too: of a kubelet's status patch only the patch, of a custom resource only its
name, of an object with a generated name not even that in `objectRef`, and of events nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import EVENTS, Object, Ref
from emulator.cluster.timestamps import micro_timestamp
from emulator.cluster.users import User

_BUILT_IN = frozenset({"", "apps", "batch"})


@dataclass(frozen=True)
class Call:
    """One request."""

    user: User
    verb: str
    ref: Ref
    subresource: str = ""
    body: Object | None = None


class AuditLog:
    """All writes that were asked for, in order, granted or not. Reads are not recorded."""

    def __init__(self, clock: Callable[[], float], new_id: Callable[[], str]) -> None:
        """An empty log."""
        self.records: list[Object] = []
        self._clock = clock
        self._new_id = new_id
        self._callbacks: list[Callable[[Object], None]] = []

    def subscribe(self, callback: Callable[[Object], None]) -> None:
        """Have each record told to `callback` as it comes."""
        self._callbacks.append(callback)

    def granted(self, call: Call, code: int, reply: Object) -> None:
        """Record a request that was carried out."""
        status: dict[str, Any] = {"metadata": {}, "code": code}
        if reply.get("kind") == "Status":
            status = {**reply, **status}
            del status["kind"], status["apiVersion"]
        self._append(call, status, reply)

    def refused(self, call: Call, refusal: Refusal) -> None:
        """Record a request that was not carried out."""
        resource = call.ref.resource
        status = {
            "metadata": {},
            "status": "Failure",
            "message": refusal.message,
            "reason": refusal.reason,
            "details": {"name": call.ref.name, "group": resource.group, "kind": resource.plural},
            "code": refusal.code,
        }
        self._append(call, status, {"kind": "Status", "apiVersion": "v1", **status})

    def _append(self, call: Call, status: Object, reply: Object) -> None:
        level = _level(call)
        if level is None:
            return
        now = micro_timestamp(self._clock())
        record: dict[str, Any] = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": level,
            "auditID": self._new_id(),
            "stage": "ResponseComplete",
            "requestURI": call.ref.path(call.subresource),
            "verb": call.verb,
            "user": {"username": call.user.name, "groups": list(call.user.groups)},
            "sourceIPs": ["127.0.0.1"],
            "userAgent": call.user.agent,
            "objectRef": _object_ref(call),
            "responseStatus": status,
        }
        if level != "Metadata":
            record["requestObject"] = call.body
        if level == "RequestResponse":
            record["responseObject"] = reply
        decision = "forbid" if status["code"] == 403 else "allow"  # noqa: PLR2004 - HTTP's Forbidden
        record |= {
            "requestReceivedTimestamp": now,
            "stageTimestamp": now,
            "annotations": {"authorization.k8s.io/decision": decision},
        }
        self.records.append(record)
        for callback in self._callbacks:
            callback(record)


def _level(call: Call) -> str | None:
    if call.ref.resource == EVENTS:
        return None
    if call.ref.resource.group not in _BUILT_IN:
        return "Metadata"
    return "Request" if call.user.is_node and call.subresource == "status" else "RequestResponse"


def _object_ref(call: Call) -> Object:
    resource = call.ref.resource
    metadata = (call.body or {}).get("metadata", {}) if call.verb == "update" or call.subresource == "binding" else {}
    parts = {
        "resource": resource.plural,
        "namespace": call.ref.namespace,
        "name": call.ref.name,
        "uid": metadata.get("uid"),
        "apiGroup": resource.group,
        "apiVersion": resource.version,
        "resourceVersion": metadata.get("resourceVersion"),
        "subresource": call.subresource,
    }
    return {key: value for key, value in parts.items() if value}
