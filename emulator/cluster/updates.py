"""What of an update takes effect: the spec and the status each have their own door, and much of metadata has none."""

from __future__ import annotations

from typing import Any

from emulator.cluster.refusals import invalid, modified
from emulator.cluster.resources import EVENTS, LEASES, NODES, PODS, Object, Ref

_KEPT = (
    "name", "generateName", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "generation", "resourceVersion",
)  # fmt: skip
_WITHOUT_STATUS = (EVENTS, LEASES)


def update(ref: Ref, old: Object, wanted: Object, subresource: str) -> Object:
    """The object after somebody wanted it to be `wanted`; equal to `old` where nothing comes of that.

    Raises Refusal: 409 for another resourceVersion, 422 for another UID, for a new finalizer on an object that is being
    deleted, for an owner without a UID, and for changes of a pod's spec.
    """
    before, after = old["metadata"], wanted["metadata"]
    if after.get("resourceVersion", before["resourceVersion"]) != before["resourceVersion"]:
        raise modified(ref)
    if after.get("uid", before["uid"]) != before["uid"]:
        raise invalid(ref, "metadata.uid", f'Invalid value: "{after["uid"]}": field is immutable')
    new = _through_status(ref, old, wanted) if subresource else _through_main(ref, old, wanted)
    check_owners(ref, new)
    _check_finalizers(ref, old, new)
    return _counted(new) if ref.resource.generation and new.get("spec") != old.get("spec") else new


def check_owners(ref: Ref, new: Object) -> None:
    """Raises Refusal (422) for an owner reference without a UID."""
    for owner in new["metadata"].get("ownerReferences", ()):
        if not owner.get("uid"):
            raise invalid(ref, "metadata.ownerReferences.uid", 'Invalid value: "": uid must not be empty')


def counted_for_deletion(new: Object) -> Object:
    """The object with its generation raised, where it has one: a deletion counts as a change of what is wanted."""
    return _counted(new) if "generation" in new["metadata"] else new


def _counted(new: Object) -> Object:
    return {**new, "metadata": {**new["metadata"], "generation": new["metadata"]["generation"] + 1}}


def _through_main(ref: Ref, old: Object, wanted: Object) -> Object:
    metadata = {key: value for key, value in wanted["metadata"].items() if key not in _KEPT}
    metadata |= {key: old["metadata"][key] for key in _KEPT if key in old["metadata"]}
    new: dict[str, Any] = {**wanted, "metadata": metadata}
    if ref.resource not in _WITHOUT_STATUS:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    if ref.resource == PODS and _fixed(new) != _fixed(old):
        raise invalid(ref, "spec", "Forbidden: pod updates may not change fields other than `spec.containers[*].image`")
    return new


def _through_status(ref: Ref, old: Object, wanted: Object) -> Object:
    """Of metadata, only that of pods and nodes: labels, annotations and finalizers are taken, as core/v1 has it."""
    new: dict[str, Any] = {key: value for key, value in old.items() if key != "status"}
    if "status" in wanted:
        new["status"] = wanted["status"]
    if ref.resource in {PODS, NODES}:
        taken = {key: wanted["metadata"].get(key) for key in ("labels", "annotations", "finalizers")}
        rest = {key: value for key, value in old["metadata"].items() if key not in taken}
        new["metadata"] = rest | {key: value for key, value in taken.items() if value is not None}
    return new


def _fixed(pod: Object) -> Object:
    spec = pod.get("spec", {})
    return {**spec, "containers": [{**container, "image": None} for container in spec.get("containers", ())]}


def _check_finalizers(ref: Ref, old: Object, new: Object) -> None:
    """Raises Refusal (422) for a finalizer that comes too late to hold anything."""
    if "deletionTimestamp" not in old["metadata"]:
        return
    before, after = (thing["metadata"].get("finalizers", ()) for thing in (old, new))
    if added := [finalizer for finalizer in after if finalizer not in before]:
        why = f"Forbidden: no new finalizers can be added if the object is being deleted, found new {added}"
        raise invalid(ref, "metadata.finalizers", why)
