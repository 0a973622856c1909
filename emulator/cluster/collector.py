"""The garbage collector and the namespace controller: what goes because something else has gone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import FOREGROUND, ORPHAN, Deletion, Propagation
from emulator.cluster.objects import deleting, uid
from emulator.cluster.resources import CLAIMS, NAMESPACES, OWNERS, PODS, RESOURCES, Object, Resource, ref_of
from emulator.cluster.users import controller

COLLECTED = (*OWNERS, PODS, CLAIMS)
"""What may have owners."""

WATCHED = frozenset(COLLECTED)
WATCHED_BY_NAMESPACES = frozenset({NAMESPACES, *COLLECTED})
_COLLECTOR = controller("generic-garbage-collector")
_NAMESPACES = controller("namespace-controller")


@dataclass(frozen=True)
class _Dependent:
    """A thing that has owners."""

    resource: Resource
    thing: Object
    owners: tuple[Object, ...]


class _Graph:
    """Who is there, and who is owned by whom; all by UID."""

    def __init__(self, api: ApiServer) -> None:
        self.present: dict[str, tuple[Resource, Object]] = {}
        self.dependents: dict[str, list[_Dependent]] = defaultdict(list)
        self.all: list[_Dependent] = []
        for resource in COLLECTED:
            for thing in api.objects(resource):
                self.present[uid(thing)] = (resource, thing)
                if owners := tuple(thing["metadata"].get("ownerReferences", ())):
                    self._add(_Dependent(resource, thing, owners))

    def _add(self, dependent: _Dependent) -> None:
        self.all.append(dependent)
        for owner in dependent.owners:
            self.dependents[owner["uid"]].append(dependent)


class Collector:
    """Deletes what has owners by reference (UID), and none of them any more."""

    def __init__(self, api: ApiServer) -> None:
        """The collector of that cluster."""
        self._api = api

    def step(self) -> None:
        """Deal with the owners that wait for their dependents, then with the dependents that lack their owners."""
        graph = _Graph(self._api)
        for owner_uid, (resource, owner) in graph.present.items():
            self._release(resource, owner, graph.dependents[owner_uid])
        for dependent in graph.all:
            self._collect(dependent, graph)

    def _release(self, resource: Resource, owner: Object, dependents: list[_Dependent]) -> None:
        """Let an owner go whose dependents are dealt with."""
        finalizers = owner["metadata"].get("finalizers", ())
        if ORPHAN in finalizers:
            for dependent in dependents:
                self._drop(dependent, {uid(owner)})
            self._unhold(resource, owner, ORPHAN)
        elif FOREGROUND in finalizers and not any(_blocks(dependent, owner) for dependent in dependents):
            self._unhold(resource, owner, FOREGROUND)

    def _unhold(self, resource: Resource, owner: Object, finalizer: str) -> None:
        rest = [one for one in owner["metadata"]["finalizers"] if one != finalizer]
        self._api.patch(_COLLECTOR, ref_of(resource, owner), {"metadata": {"finalizers": rest or None}})

    def _collect(self, dependent: _Dependent, graph: _Graph) -> None:
        thing = self._api.store.find(ref_of(dependent.resource, dependent.thing))
        if thing is not dependent.thing or deleting(thing):
            return  # changed meanwhile: the next step looks at it afresh
        there = [graph.present[owner["uid"]][1] for owner in dependent.owners if owner["uid"] in graph.present]
        waiting = {uid(owner) for owner in there if FOREGROUND in owner["metadata"].get("finalizers", ())}
        solid = {uid(owner) for owner in there} - waiting
        if solid:
            self._drop(dependent, {owner["uid"] for owner in dependent.owners} - solid)
            return
        metadata = thing["metadata"]
        propagation: Propagation = "Foreground" if waiting and graph.dependents[metadata["uid"]] else "Background"
        deletion = Deletion(propagation, uid=metadata["uid"], resource_version=metadata["resourceVersion"])
        self._api.delete(_COLLECTOR, ref_of(dependent.resource, thing), deletion)

    def _drop(self, dependent: _Dependent, owners: set[str]) -> None:
        """Take owner references off that mean nothing any more."""
        rest = [owner for owner in dependent.owners if owner["uid"] not in owners]
        if len(rest) < len(dependent.owners):
            patch = {"metadata": {"uid": uid(dependent.thing), "ownerReferences": rest or None}}
            self._api.patch(_COLLECTOR, ref_of(dependent.resource, dependent.thing), patch)


def _blocks(dependent: _Dependent, owner: Object) -> bool:
    return any(one["uid"] == uid(owner) and one.get("blockOwnerDeletion") for one in dependent.owners)


class Namespaces:
    """Empties the namespaces that are to go, and lets them go when nothing is left that has to be waited for."""

    def __init__(self, api: ApiServer) -> None:
        """The namespace controller of that cluster."""
        self._api = api

    def step(self) -> None:
        """Delete what there is in the namespaces that are terminating."""
        for namespace in self._api.objects(NAMESPACES):
            if deleting(namespace):
                self._empty(namespace["metadata"]["name"])

    def _empty(self, name: str) -> None:
        left = False
        for resource in (resource for resource in RESOURCES if resource.namespaced):
            things = self._api.objects(resource, name)
            if any(not deleting(thing) for thing in things):
                self._api.delete_all(_NAMESPACES, resource, name)
            left = left or bool(self._api.objects(resource, name))
        if not left:
            self._api.finalize_namespace(_NAMESPACES, name)
