"""What the controllers of replicas have in common: pods after a template, and the counters in the status."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.objects import active, is_true, uid
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import PODS, Object, Resource
from emulator.cluster.users import User


def controller_reference(resource: Resource, owner: Object) -> Object:
    """The reference that makes the owner a thing's controller."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": uid(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def pod_from(owner: Object, resource: Resource, name: Object, labels: Object) -> Object:
    """The manifest of a pod after the owner's template; `name` has its name, or the start of one that is generated."""
    template: Object = owner["spec"]["template"]
    given: Object = template.get("metadata", {})
    metadata: dict[str, Any] = {
        **name,
        "namespace": owner["metadata"]["namespace"],
        "labels": {**given.get("labels", {}), **labels},
        "ownerReferences": [controller_reference(resource, owner)],
    }
    if given.get("annotations"):
        metadata["annotations"] = given["annotations"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def replicas(owner: Object) -> int:
    """How many pods are wanted; one where it does not say."""
    return int(owner["spec"].get("replicas", 1))


def counts(owner: Object, pods: Iterable[Object]) -> dict[str, int]:
    """The counters that the status of every kind of workload has."""
    present = [pod for pod in pods if active(pod)]
    ready = [pod for pod in present if is_true(pod, "Ready")]
    observed = owner["metadata"]["generation"]
    return {"observedGeneration": observed, "replicas": len(present), "readyReplicas": len(ready)}


def create_pod(api: ApiServer, user: User, manifest: Object) -> None:
    """Create a pod; where that is refused, as in a namespace that is terminating, the next look will try again."""
    with suppress(Refusal):
        api.create(user, PODS, manifest)
