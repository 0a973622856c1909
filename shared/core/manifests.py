"""The objects that are created: the claim, and the events that tell people what happened."""

from __future__ import annotations

from datetime import datetime

from shared.core import identity
from shared.core.actions import Changes, CreateClaim, Told
from shared.core.claim import Claim, OwnerReference
from shared.core.pod import Pod
from shared.core.values import rfc3339

COMPONENT = "eipclaim"


def claim(namespace: str, name: str, action: CreateClaim) -> Changes:
    """A claim of the pod's name, held by our finalizer from its first moment."""
    metadata: dict[str, object] = {"name": name, "namespace": namespace, "finalizers": [identity.FINALIZER]}
    if action.owner is not None:
        metadata["ownerReferences"] = [_owner(action.owner)]
    return {"apiVersion": identity.API_VERSION, "kind": identity.KIND, "metadata": metadata, "spec": dict(action.spec)}


def _owner(owner: OwnerReference) -> Changes:
    """An owner that does not block its own foreground deletion: the EIP may need its pod gone first."""
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": False,
        "blockOwnerDeletion": False,
    }


def event(told: Told, involved: Pod | Claim, now: datetime) -> Changes:
    """An event (v1) about the pod or the claim; the same fact about the same object always has the same name."""
    metadata = involved.metadata
    is_claim = isinstance(involved, Claim)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": identity.event_name(metadata.name, metadata.uid, told.reason, told.message),
            "namespace": metadata.namespace,
        },
        "involvedObject": {
            "apiVersion": identity.API_VERSION if is_claim else "v1",
            "kind": identity.KIND if is_claim else "Pod",
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
        },
        "reason": told.reason,
        "message": told.message,
        "type": "Warning" if told.warning else "Normal",
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": rfc3339(now),
        "lastTimestamp": rfc3339(now),
        "count": 1,
    }
