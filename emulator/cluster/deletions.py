"""What a DELETE does: an object with finalizers, or a pod that runs, only gets to know that it has to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from emulator.cluster.refusals import conflict
from emulator.cluster.resources import NAMESPACES, PODS, Object, Ref
from emulator.cluster.timestamps import timestamp
from emulator.cluster.updates import counted_for_deletion

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
"""The finalizers by which the garbage collector holds an owner until it has dealt with its dependents."""

DEFAULT_GRACE = 30
Propagation = Literal["Background", "Foreground", "Orphan"]


@dataclass(frozen=True)
class Deletion:
    """The options of a DELETE; `grace` is in seconds. Without a propagation, one that was asked for before stays."""

    propagation: Propagation | None = None
    grace: int | None = None
    uid: str | None = None
    resource_version: str | None = None

    def body(self) -> Object:
        """The options as they are sent."""
        preconditions = {"uid": self.uid, "resourceVersion": self.resource_version}
        preconditions = {key: value for key, value in preconditions.items() if value is not None}
        body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/__internal"}
        if self.grace is not None:
            body["gracePeriodSeconds"] = self.grace
        if preconditions:
            body["preconditions"] = preconditions
        if self.propagation is not None:
            body["propagationPolicy"] = self.propagation
        return body


def check_preconditions(ref: Ref, old: Object, deletion: Deletion) -> None:
    """Raises Refusal (409) where the object is not the one that was meant, or has changed since."""
    metadata = old["metadata"]
    for name, wanted in (("uid", deletion.uid), ("resourceVersion", deletion.resource_version)):
        if wanted not in {None, metadata[name]}:
            why = f"Precondition failed: {name} in precondition: {wanted}, in object meta: {metadata[name]}"
            raise conflict(ref, why)


def deleted(ref: Ref, old: Object, deletion: Deletion, now: float) -> Object:
    """The object with all that the deletion does to it; whether it then has to stay, `held` tells."""
    metadata = dict(old["metadata"])
    if deletion.propagation is not None:
        finalizers = [one for one in metadata.pop("finalizers", ()) if one not in {FOREGROUND, ORPHAN}]
        finalizers += {"Foreground": [FOREGROUND], "Orphan": [ORPHAN], "Background": []}[deletion.propagation]
        metadata |= {"finalizers": finalizers} if finalizers else {}
    grace = _grace(old, deletion) if ref.resource == PODS else 0
    first = "deletionTimestamp" not in metadata
    if first or grace < metadata["deletionGracePeriodSeconds"]:
        metadata |= {"deletionTimestamp": timestamp(now + grace), "deletionGracePeriodSeconds": grace}
    new: Object = {**old, "metadata": metadata}
    if ref.resource == NAMESPACES:
        new = {**new, "status": {**old.get("status", {}), "phase": "Terminating"}}
    return counted_for_deletion(new) if first else new


def _grace(pod: Object, deletion: Deletion) -> int:
    """The seconds that a pod has left: none if no kubelet has it, or if it has ended."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    if not spec.get("nodeName") or status.get("phase") in {"Succeeded", "Failed"}:
        return 0
    if deletion.grace is not None:
        return deletion.grace
    return int(spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE))


def held(thing: Object) -> bool:
    """Whether an object stays for the time being: it is not being deleted, or something is still to be done first."""
    metadata = thing["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return True
    # A namespace has its finalizers in the spec: its content has to go first.
    return bool(metadata["deletionGracePeriodSeconds"] or thing.get("spec", {}).get("finalizers"))
