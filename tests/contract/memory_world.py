"""The cluster in memory as a world of the contract: time passes only while something is waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from emulator.cluster.deletions import Deletion
from emulator.cluster.live import LiveCluster
from emulator.cluster.resources import NAMESPACES, Object, Ref, of_kind
from emulator.cluster.users import ADMIN, GIVE, TAKE
from emulator.timeline import Timeline
from shared.ports import Cluster
from tests.contract.worlds import Raw, World

T = TypeVar("T")


class NoNetwork:
    """No pod of the contract ever runs."""

    def assign(self, node_name: str, pod_uid: str) -> str:
        raise AssertionError(f"{pod_uid} was started on {node_name}")

    def release(self, node_name: str, ip: str) -> None:
        raise AssertionError(f"{ip} was released on {node_name}")


class MemoryWorld:
    """Implements World."""

    namespace = "team-a"

    def __init__(self) -> None:
        self._timeline = Timeline(1_795_500_000.25)
        self._live = LiveCluster(self._timeline.now, self._timeline.after, NoNetwork())
        self._live.create_namespace(self.namespace)
        self.give: Cluster = self._live.port(GIVE)
        self.take: Cluster = self._live.port(TAKE)

    async def create(self, manifest: Raw) -> Raw:
        resource = of_kind(manifest["kind"])
        namespace = {"namespace": self.namespace} if resource.namespaced else {}
        metadata = {**manifest["metadata"], **namespace}
        return raw(self._live.api.create(ADMIN, resource, {**manifest, "metadata": metadata}))

    async def get(self, kind: str, name: str) -> Raw | None:
        found = self._live.api.store.find(self._ref(kind, name))
        return None if found is None else raw(found)

    async def patch(self, kind: str, name: str, patch: Raw, subresource: str = "") -> Raw:
        return raw(self._live.api.patch(ADMIN, self._ref(kind, name), patch, subresource))

    async def delete(self, kind: str, name: str) -> None:
        self._live.api.delete(ADMIN, self._ref(kind, name), Deletion("Background", grace=0))

    async def delete_namespace(self) -> None:
        self._live.api.delete(ADMIN, Ref(NAMESPACES, "", self.namespace))

    async def allow_capacity(self) -> None:
        self._live.api.installed = replace(self._live.api.installed, capacity=True)

    async def eventually(self, look: Callable[[], Awaitable[T | None]]) -> T:
        for _ in range(60):
            found = await look()
            if found is not None:
                return found
            self._timeline.advance(0.5)
        raise AssertionError("it did not come about within half a minute")

    def _ref(self, kind: str, name: str) -> Ref:
        resource = of_kind(kind)
        return Ref(resource, self.namespace if resource.namespaced else "", name)


def raw(thing: Object) -> Raw:
    return dict(thing)


@asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    yield MemoryWorld()
