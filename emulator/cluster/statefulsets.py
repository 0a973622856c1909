"""The StatefulSet controller: pods with ordinals, made anew under the same name only when the old object has gone."""

from __future__ import annotations

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.identifiers import template_hash
from emulator.cluster.objects import active, controlled_by, deleting, ended, is_true, uid
from emulator.cluster.replication import counts, create_pod, pod_from, replicas
from emulator.cluster.resources import PODS, STATEFULSETS, Object, Ref, ref_of
from emulator.cluster.users import controller

WATCHED = frozenset({PODS, STATEFULSETS})
_USER = controller("statefulset-controller")
_REVISION = "controller-revision-hash"


class StatefulSets:
    """Ordered or `Parallel`; rolling updates from the last ordinal down, one pod at a time."""

    def __init__(self, api: ApiServer) -> None:
        """The controller of that cluster."""
        self._api = api

    def step(self) -> None:
        """Bring every StatefulSet one step nearer to what it asks for."""
        pods = self._api.objects(PODS)
        for owner in self._api.objects(STATEFULSETS):
            if not deleting(owner):
                self._sync(owner, controlled_by(owner, pods))
            self._tell(owner)

    def _sync(self, owner: Object, pods: list[Object]) -> None:
        """Look at the ordinals in order; an ordered set goes on to the next only once this one is ready."""
        ordered = owner["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        by_ordinal = {_ordinal(pod): pod for pod in pods}
        wanted = range(replicas(owner))
        for ordinal in wanted:
            pod = by_ordinal.get(ordinal)
            if pod is None:
                self._create(owner, ordinal)
            elif ended(pod) and not deleting(pod):
                self._delete(pod)
            if ordered and (pod is None or not _healthy(pod)):
                return
        surplus = [by_ordinal[ordinal] for ordinal in sorted(by_ordinal, reverse=True) if ordinal not in wanted]
        if surplus:
            self._scale_down(surplus, ordered=ordered)
        else:
            self._roll(owner, [by_ordinal[ordinal] for ordinal in wanted if ordinal in by_ordinal])

    def _scale_down(self, surplus: list[Object], *, ordered: bool) -> None:
        for pod in surplus:
            if not deleting(pod):
                self._delete(pod)
            if ordered:
                return

    def _roll(self, owner: Object, pods: list[Object]) -> None:
        """Replace the last pod that is of an older template, if all behind it are well."""
        if owner["spec"].get("updateStrategy", {}).get("type", "RollingUpdate") != "RollingUpdate":
            return
        for pod in reversed(pods):
            if pod["metadata"]["labels"][_REVISION] != _revision(owner) and active(pod):
                self._delete(pod)
                return
            if not _healthy(pod):
                return

    def _create(self, owner: Object, ordinal: int) -> None:
        name = f"{owner['metadata']['name']}-{ordinal}"
        labels = {
            _REVISION: _revision(owner),
            "apps.kubernetes.io/pod-index": str(ordinal),
            "statefulset.kubernetes.io/pod-name": name,
        }
        names = {"name": name, "generateName": f"{owner['metadata']['name']}-"}
        if self._api.store.find(Ref(PODS, owner["metadata"]["namespace"], name)) is None:
            create_pod(self._api, _USER, pod_from(owner, STATEFULSETS, names, labels))

    def _delete(self, pod: Object) -> None:
        self._api.delete(_USER, ref_of(PODS, pod), Deletion(uid=uid(pod)))

    def _tell(self, owner: Object) -> None:
        pods = controlled_by(owner, self._api.objects(PODS))
        current = [pod for pod in pods if pod["metadata"]["labels"][_REVISION] == _revision(owner)]
        status = {**counts(owner, pods), "updatedReplicas": counts(owner, current)["replicas"]}
        if status != owner.get("status"):
            self._api.replace(_USER, {**owner, "status": status}, STATEFULSETS, "status")


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rsplit("-", 1)[1])


def _revision(owner: Object) -> str:
    return f"{owner['metadata']['name']}-{template_hash(owner['spec']['template'])}"


def _healthy(pod: Object) -> bool:
    return active(pod) and is_true(pod, "Ready")
