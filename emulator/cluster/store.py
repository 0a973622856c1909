"""The objects and their versions. It knows no rules: the apiserver in front of it does."""

from __future__ import annotations

from collections.abc import Callable

from emulator.cluster.resources import RESOURCES, Object, Ref, Resource


class Store:
    """Objects by name, each with the resourceVersion of its last change; one counter for all, as etcd has."""

    def __init__(self) -> None:
        """An empty store."""
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {resource: {} for resource in RESOURCES}
        self._sorted: dict[Resource, tuple[Object, ...]] = dict.fromkeys(RESOURCES, ())
        self._changed: dict[Resource, int] = dict.fromkeys(RESOURCES, 0)
        self._callbacks: list[Callable[[Resource], None]] = []
        self.version = 0

    def subscribe(self, callback: Callable[[Resource], None]) -> None:
        """Have `callback` told the resource of each change, after it."""
        self._callbacks.append(callback)

    def find(self, ref: Ref) -> Object | None:
        """The object, if it is there."""
        return self._objects[ref.resource].get(ref.key)

    def all(self, resource: Resource) -> tuple[Object, ...]:
        """The objects of all namespaces, in order of namespace and name."""
        objects = self._objects[resource]
        if len(self._sorted[resource]) != len(objects):
            self._sorted[resource] = tuple(objects[key] for key in sorted(objects))
        return self._sorted[resource]

    def changed(self, resource: Resource) -> int:
        """The version at which any object of that resource last changed."""
        return self._changed[resource]

    def put(self, ref: Ref, thing: Object) -> Object:
        """The object as it is kept: under a new resourceVersion."""
        kept = {**thing, "metadata": {**thing["metadata"], "resourceVersion": str(self.version + 1)}}
        self._objects[ref.resource][ref.key] = kept
        self._note(ref.resource)
        return kept

    def remove(self, ref: Ref) -> None:
        """Have the object gone; it must be there."""
        del self._objects[ref.resource][ref.key]
        self._note(ref.resource)

    def _note(self, resource: Resource) -> None:
        self.version += 1
        self._changed[resource] = self.version
        self._sorted[resource] = ()
        for callback in self._callbacks:
            callback(resource)
