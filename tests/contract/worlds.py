"""What the contract of the port `Cluster` is tried in: a cluster with two service accounts and an administrator.

Each implementation is a module here with `open_world()`, an async context manager that gives a World: a namespace of
its own with nothing in it, no Lease, and everything of `deploy/` installed. On leaving, what was made is taken away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from shared.core import identity
from shared.ports import Cluster

T = TypeVar("T")
WHOLE_SECONDS = timedelta(seconds=2)
"""How far a stamp may lie off the clock: an apiserver tells its time in whole seconds, in stamps and in replies."""
Raw = dict[str, Any]
"""An object as JSON."""


class World(Protocol):
    """A cluster to try the port in. The administrator's methods raise whatever they like where the cluster refuses."""

    namespace: str
    give: Cluster
    take: Cluster

    async def create(self, manifest: Raw) -> Raw:
        """The object as created by the administrator, in `namespace` where its kind has one."""
        ...

    async def get(self, kind: str, name: str) -> Raw | None:
        """The object, if it is there."""
        ...

    async def patch(self, kind: str, name: str, patch: Raw, subresource: str = "") -> Raw:
        """The object after a merge patch by the administrator."""
        ...

    async def delete(self, kind: str, name: str) -> None:
        """Delete it at once: without grace, dependents in the background."""
        ...

    async def delete_namespace(self) -> None:
        """Ask for the deletion of `namespace`."""
        ...

    async def allow_capacity(self) -> None:
        """Apply `deploy/optional/capacity.yaml`."""
        ...

    async def eventually(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """The first answer but None, while the controllers work. Raises AssertionError if it does not come about."""
        ...


def pod(name: str, **metadata: object) -> Raw:
    """A pod that no scheduler takes: it stays as the test has it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **metadata},
        "spec": {
            "schedulerName": "nobody",
            "containers": [{"name": "web", "image": "busybox"}],
            "readinessGates": [{"conditionType": identity.CONDITION}],
        },
    }


def claim(name: str, spec: Raw | None = None, **metadata: object) -> Raw:
    """A claim that our finalizer holds."""
    return {
        "apiVersion": identity.API_VERSION,
        "kind": identity.KIND,
        "metadata": {"name": name, "finalizers": [identity.FINALIZER], **metadata},
        "spec": {"retention": "Static", "bandwidthMbps": 10} if spec is None else spec,
    }


def within(world: World, manifest: Raw) -> Raw:
    """The manifest, in the namespace of that world: as the port wants it."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": world.namespace}}


def owner(thing: Raw, *, controller: bool = False) -> Raw:
    """A reference to that object as owner."""
    return {
        "apiVersion": thing["apiVersion"],
        "kind": thing["kind"],
        "name": thing["metadata"]["name"],
        "uid": thing["metadata"]["uid"],
        "controller": controller,
        "blockOwnerDeletion": False,
    }
