"""The scheduler: each new pod goes to the node with the fewest pods that has room for what it asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.behaviour import Behaviour
from emulator.cluster.objects import condition, deleting, ended
from emulator.cluster.resources import NODES, PODS, Object, ref_of
from emulator.cluster.timestamps import timestamp
from emulator.cluster.users import SCHEDULER

WATCHED = frozenset({PODS, NODES})
_NAME = "default-scheduler"


class Scheduler:
    """It counts extended resources (those with a slash in the name) only: cores and memory are plenty here."""

    def __init__(self, api: ApiServer, behaviour: Behaviour) -> None:
        """The scheduler of that cluster."""
        self._api = api
        self._behaviour = behaviour
        self._last: dict[tuple[str, str], str] = {}

    def step(self) -> None:
        """Give every waiting pod a node, or say that there is none for it."""
        waiting = [pod for pod in self._api.objects(PODS) if _waits(pod)]
        for pod in waiting:
            node = self._choose(pod)
            if node is not None:
                self._last[ref_of(PODS, pod).key] = node
                self._api.bind(SCHEDULER, pod, node)
            elif not condition(pod, "PodScheduled"):
                self._tell(pod)

    def _choose(self, pod: Object) -> str | None:
        """The node's name; of equals the first in order of names."""
        last = self._last.get(ref_of(PODS, pod).key) if self._behaviour.wander else None
        here = [other for other in self._api.objects(PODS) if other["spec"].get("nodeName") and not ended(other)]
        load = Counter(other["spec"]["nodeName"] for other in here)
        fitting = [
            node["metadata"]["name"]
            for node in self._api.objects(NODES)
            if _open(node) and _fits(pod, node, [other for other in here if _on(other, node)])
        ]
        return min(fitting, key=lambda name: (name == last, load[name], name), default=None)

    def _tell(self, pod: Object) -> None:
        nodes = len(self._api.objects(NODES))
        unscheduled = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": f"0/{nodes} nodes are available",
            "lastTransitionTime": timestamp(self._api.clock()),
        }
        patch = {"status": {"conditions": [unscheduled]}}
        self._api.patch(SCHEDULER, ref_of(PODS, pod), patch, "status", strategic=True)


def _waits(pod: Object) -> bool:
    spec = pod["spec"]
    return not spec.get("nodeName") and not deleting(pod) and spec.get("schedulerName", _NAME) == _NAME


def _open(node: Object) -> bool:
    """Whether it takes pods: ready, or at least silent about it, and not cordoned."""
    lost = condition(node, "Ready").get("status", "True") != "True"
    return not lost and not node.get("spec", {}).get("unschedulable")


def _on(pod: Object, node: Object) -> bool:
    return bool(pod["spec"]["nodeName"] == node["metadata"]["name"])


def _fits(pod: Object, node: Object, others: Iterable[Object]) -> bool:
    wanted = _wants(pod)
    taken: Counter[str] = Counter()
    for other in others:
        taken.update(_wants(other))
    allocatable = node.get("status", {}).get("allocatable", {})
    return all(taken[name] + amount <= int(allocatable.get(name, 0)) for name, amount in wanted.items())


def _wants(pod: Object) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for container in pod["spec"].get("containers", ()):
        resources = container.get("resources") or {}
        for name, amount in {**resources.get("requests", {}), **resources.get("limits", {})}.items():
            if "/" in name:
                wanted[name] += int(amount)
    return wanted
