"""The Deployment and the ReplicaSet controller: pods with generated names, replaced one by one, the new one first."""

from __future__ import annotations

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.identifiers import template_hash
from emulator.cluster.objects import active, controlled_by, deleting, is_true, uid
from emulator.cluster.replication import controller_reference, counts, create_pod, pod_from, replicas
from emulator.cluster.resources import DEPLOYMENTS, PODS, REPLICASETS, Object, ref_of
from emulator.cluster.users import controller

WATCHED_BY_DEPLOYMENTS = frozenset({DEPLOYMENTS, REPLICASETS})
WATCHED_BY_REPLICASETS = frozenset({REPLICASETS, PODS})
SURGE = 1
"""So many pods more than wanted during a rolling update, and never one fewer that is ready."""

_DEPLOYMENTS = controller("deployment-controller")
_REPLICASETS = controller("replicaset-controller")
_HASH = "pod-template-hash"


class Deployments:
    """One ReplicaSet for each template."""

    def __init__(self, api: ApiServer) -> None:
        """The controller of that cluster."""
        self._api = api

    def step(self) -> None:
        """Bring every Deployment one step nearer to what it asks for."""
        for owner in self._api.objects(DEPLOYMENTS):
            owned = controlled_by(owner, self._api.objects(REPLICASETS))
            if not deleting(owner):
                self._sync(owner, owned)
            self._tell(owner)

    def _sync(self, owner: Object, owned: list[Object]) -> None:
        wanted = replicas(owner)
        name = f"{owner['metadata']['name']}-{template_hash(owner['spec']['template'])}"
        new = next((one for one in owned if one["metadata"]["name"] == name), None)
        old = [one for one in owned if one is not new]
        room = wanted + (SURGE if old else 0) - sum(replicas(one) for one in owned)
        if new is None:
            self._create(owner, name, max(0, min(wanted, room)))
            return
        if replicas(new) > wanted:
            self._scale(new, wanted)
        elif room > 0 and replicas(new) < wanted:
            self._scale(new, min(wanted, replicas(new) + room))
        self._shrink(old, _ready([new, *old]) - wanted)

    def _shrink(self, old: list[Object], spare: int) -> None:
        """Pods of older templates go once they are not needed, or where they are not ready anyway."""
        for one in old:
            ready = _ready([one])
            leaving = min(ready, max(0, spare))
            spare -= leaving
            if ready - leaving != replicas(one) and replicas(one):
                self._scale(one, ready - leaving)

    def _create(self, owner: Object, name: str, count: int) -> None:
        template = owner["spec"]["template"]
        given = template.get("metadata", {})
        labels = {**given.get("labels", {}), _HASH: name.rsplit("-", 1)[1]}
        manifest = {
            "apiVersion": REPLICASETS.api_version,
            "kind": REPLICASETS.kind,
            "metadata": {
                "name": name,
                "namespace": owner["metadata"]["namespace"],
                "labels": labels,
                "ownerReferences": [controller_reference(DEPLOYMENTS, owner)],
            },
            "spec": {
                "replicas": count,
                "selector": {"matchLabels": labels},
                "template": {**template, "metadata": {**given, "labels": labels}},
            },
        }
        self._api.create(_DEPLOYMENTS, REPLICASETS, manifest)

    def _scale(self, one: Object, count: int) -> None:
        self._api.replace(_DEPLOYMENTS, {**one, "spec": {**one["spec"], "replicas": count}}, REPLICASETS)

    def _tell(self, owner: Object) -> None:
        owned = controlled_by(owner, self._api.objects(REPLICASETS))
        pods = [pod for one in owned for pod in controlled_by(one, self._api.objects(PODS))]
        status = counts(owner, pods)
        if status != owner.get("status"):
            self._api.replace(_DEPLOYMENTS, {**owner, "status": status}, DEPLOYMENTS, "status")


class ReplicaSets:
    """So many pods of one template; of several, those that serve least go first."""

    def __init__(self, api: ApiServer) -> None:
        """The controller of that cluster."""
        self._api = api

    def step(self) -> None:
        """Bring every ReplicaSet to the number of pods that it asks for."""
        pods = self._api.objects(PODS)
        for owner in self._api.objects(REPLICASETS):
            if not deleting(owner):
                self._sync(owner, [pod for pod in controlled_by(owner, pods) if active(pod)])
            self._tell(owner)

    def _sync(self, owner: Object, present: list[Object]) -> None:
        surplus = len(present) - replicas(owner)
        for _ in range(-surplus):
            name = {"generateName": f"{owner['metadata']['name']}-"}
            create_pod(self._api, _REPLICASETS, pod_from(owner, REPLICASETS, name, {}))
        for pod in sorted(sorted(present, key=_age, reverse=True), key=_worth)[: max(0, surplus)]:
            self._api.delete(_REPLICASETS, ref_of(PODS, pod), Deletion(uid=uid(pod)))

    def _tell(self, owner: Object) -> None:
        status = counts(owner, controlled_by(owner, self._api.objects(PODS)))
        if status != owner.get("status"):
            self._api.replace(_REPLICASETS, {**owner, "status": status}, REPLICASETS, "status")


def _ready(owned: list[Object]) -> int:
    return sum(min(one.get("status", {}).get("readyReplicas", 0), replicas(one)) for one in owned)


def _worth(pod: Object) -> tuple[bool, bool]:
    """Pods without a node are worth least, then those that are not ready."""
    return bool(pod["spec"].get("nodeName")), is_true(pod, "Ready")


def _age(pod: Object) -> str:
    return str(pod["metadata"]["creationTimestamp"])
