"""The kinds that the apiserver knows, and how one object among them is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core import identity

Object = Mapping[str, Any]
"""An object as JSON. One that the apiserver handed out is never changed by anybody: a change makes another object."""


@dataclass(frozen=True)
class Resource:
    """A kind, as it is addressed. `generation`: whether metadata.generation counts the changes of its spec."""

    plural: str
    kind: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    generation: bool = False

    @property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name by which messages call it, such as `eipclaims.eipclaim.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


PODS = Resource("pods", "Pod", generation=True)
NODES = Resource("nodes", "Node", namespaced=False)
NAMESPACES = Resource("namespaces", "Namespace", namespaced=False)
EVENTS = Resource("events", "Event")
LEASES = Resource("leases", "Lease", "coordination.k8s.io")
REPLICASETS = Resource("replicasets", "ReplicaSet", "apps", generation=True)
DEPLOYMENTS = Resource("deployments", "Deployment", "apps", generation=True)
STATEFULSETS = Resource("statefulsets", "StatefulSet", "apps", generation=True)
DAEMONSETS = Resource("daemonsets", "DaemonSet", "apps", generation=True)
JOBS = Resource("jobs", "Job", "batch", generation=True)
CLAIMS = Resource(identity.PLURAL, identity.KIND, identity.GROUP, identity.VERSION, generation=True)

RESOURCES = (
    PODS, NODES, NAMESPACES, EVENTS, LEASES, REPLICASETS, DEPLOYMENTS, STATEFULSETS, DAEMONSETS, JOBS, CLAIMS,
)  # fmt: skip
OWNERS = (REPLICASETS, DEPLOYMENTS, STATEFULSETS, DAEMONSETS, JOBS)
"""The kinds that have pods, or have what has pods."""

_BY_KIND = {(resource.api_version, resource.kind): resource for resource in RESOURCES}
_BY_BARE_KIND = {resource.kind: resource for resource in RESOURCES}


def served(api_version: str, kind: str) -> Resource | None:
    """The resource of that kind, if there is one."""
    return _BY_KIND.get((api_version, kind))


def of_kind(kind: str) -> Resource:
    """The resource of that kind, which must be one of these. Raises KeyError."""
    return _BY_BARE_KIND[kind]


@dataclass(frozen=True)
class Ref:
    """Names one object, present or not; without a name, the collection."""

    resource: Resource
    namespace: str
    name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name

    def path(self, subresource: str = "") -> str:
        """The URI of the object, as an audit record has it."""
        resource = self.resource
        root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
        scope = f"namespaces/{self.namespace}" if resource.namespaced else ""
        return "/".join(part for part in (root, scope, resource.plural, self.name, subresource) if part)


def ref_of(resource: Resource, thing: Object) -> Ref:
    """The name of an object that is there."""
    metadata = thing["metadata"]
    return Ref(resource, metadata.get("namespace", ""), metadata.get("name", ""))
