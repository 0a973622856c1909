"""The cluster as a whole: the apiserver, all that works in it, and the hands of an administrator (kubectl)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emulator.cluster import collector, deployments, kubelet, nodes, scheduler, statefulsets
from emulator.cluster.apiserver import ApiServer
from emulator.cluster.behaviour import Behaviour
from emulator.cluster.deletions import Deletion, Propagation
from emulator.cluster.kubelet import Kubelets, Network
from emulator.cluster.loop import Loop, Schedule
from emulator.cluster.nodes import Machine, Nodes
from emulator.cluster.patches import difference
from emulator.cluster.port import MemoryCluster, Parsed
from emulator.cluster.refusals import Refusal, not_found
from emulator.cluster.resources import NODES, PODS, Object, Ref, Resource, of_kind, served
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN, User


class LiveCluster:
    """A cluster whose controllers work whenever its schedule lets time pass.

    What the administrator does raises Refusal where kubectl would show an error.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        schedule: Schedule,
        network: Network,
        *,
        behaviour: Behaviour | None = None,
        installed: Installed | None = None,
        seed: int = 0,
    ) -> None:
        """A cluster without nodes. `clock` is in seconds since 1970; `schedule` has a callback run later."""
        self.behaviour = behaviour or Behaviour()
        self.api = ApiServer(clock, seed, installed)
        self._schedule = schedule
        self._kubelets = Kubelets(self.api, schedule, network, self.behaviour)
        self._nodes = Nodes(self.api)
        self._parsed = Parsed()
        self._loops = self._controllers()
        self.api.store.subscribe(self._notice)

    def _controllers(self) -> tuple[Loop, ...]:
        """The one list of all that works in the cluster."""
        api, knobs = self.api, self.behaviour

        def quick() -> float:
            return knobs.controllers

        def slow() -> float:
            return knobs.collector

        def loop(watched: frozenset[Resource], delay: Callable[[], float], step: Callable[[], None]) -> Loop:
            return Loop(self._schedule, watched, delay, step)

        return (
            loop(deployments.WATCHED_BY_DEPLOYMENTS, quick, deployments.Deployments(api).step),
            loop(deployments.WATCHED_BY_REPLICASETS, quick, deployments.ReplicaSets(api).step),
            loop(statefulsets.WATCHED, quick, statefulsets.StatefulSets(api).step),
            loop(scheduler.WATCHED, lambda: knobs.scheduler, scheduler.Scheduler(api, knobs).step),
            loop(kubelet.WATCHED, lambda: 0.0, self._kubelets.step),
            loop(collector.WATCHED, slow, collector.Collector(api).step),
            loop(collector.WATCHED_BY_NAMESPACES, slow, collector.Namespaces(api).step),
            loop(nodes.WATCHED, slow, self._nodes.step),
        )

    def _notice(self, resource: Resource) -> None:
        for loop in self._loops:
            loop.notice(resource)

    @property
    def audit(self) -> list[Object]:
        """The audit log so far; it only grows. To be told of each record: `api.audit.subscribe`."""
        return self.api.audit.records

    def port(self, user: User, latency: float = 0.0) -> MemoryCluster:
        """The cluster as that user reaches it; each request takes `latency` seconds on asyncio's clock."""
        return MemoryCluster(self.api, user, latency, self._parsed)

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, if it is there."""
        return self.api.store.find(_ref(kind, namespace, name))

    def list(self, kind: str, namespace: str | None = None) -> tuple[Object, ...]:
        """The objects of one namespace or of all, in order."""
        return self.api.objects(of_kind(kind), namespace)

    def apply(self, manifest: Object) -> Object:
        """The object as created, or after its spec, labels and annotations were made to be those of the manifest.

        A count of replicas that the manifest does not give stays as it is.
        """
        resource = served(manifest["apiVersion"], manifest["kind"])
        if resource is None:
            raise Refusal(404, "NotFound", f"no matches for kind {manifest['kind']!r} in {manifest['apiVersion']!r}")
        given = manifest["metadata"]
        ref = Ref(resource, given.get("namespace", "default") if resource.namespaced else "", given.get("name", ""))
        old = self.api.store.find(ref)
        if old is None:
            return self.api.create(ADMIN, resource, manifest)
        before, wanted = old.get("spec", {}), dict(manifest.get("spec", {}))
        if "replicas" in before:
            wanted.setdefault("replicas", before["replicas"])
        metadata = {key: given[key] for key in ("labels", "annotations") if key in given}
        return self.api.patch(ADMIN, ref, {"metadata": metadata, "spec": difference(before, wanted)})

    def patch(self, kind: str, namespace: str, name: str, patch: Object) -> Object:
        """The object after a merge patch."""
        return self.api.patch(ADMIN, _ref(kind, namespace, name), patch)

    def scale(self, kind: str, namespace: str, name: str, replicas: int) -> None:
        """Want so many pods."""
        self.patch(kind, namespace, name, {"spec": {"replicas": replicas}})

    def annotate(self, kind: str, namespace: str, name: str, annotations: Mapping[str, str | None]) -> None:
        """Set annotations; None takes one off."""
        self.patch(kind, namespace, name, {"metadata": {"annotations": dict(annotations)}})

    def delete(
        self, kind: str, namespace: str, name: str, propagation: Propagation = "Background", *, force: bool = False
    ) -> None:
        """Ask for the deletion; by force, do not wait for the kubelet."""
        deletion = Deletion(propagation, grace=0 if force else None)
        self.api.delete(ADMIN, _ref(kind, namespace, name), deletion)

    def create_namespace(self, name: str) -> None:
        """Have a namespace."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def add_node(self, machine: Machine) -> None:
        """Have a node, ready."""
        self.apply(machine.manifest())

    def lose_node(self, name: str) -> None:
        """Have a node fall silent; its pods stay, and after a while they are asked to go."""
        self._kubelets.lose(name)
        self._nodes.mark(name, "Unknown")
        self._schedule(self.behaviour.eviction, lambda: self._nodes.evict(name))

    def recover_node(self, name: str) -> None:
        """Have a lost node come back."""
        self._nodes.mark(name, "True")
        self._kubelets.recover(name)

    def remove_node(self, name: str) -> None:
        """Take a node out of the cluster; what ran there is gone with its machine."""
        self._kubelets.lose(name)
        self.api.delete(ADMIN, Ref(NODES, "", name))

    def complete_pod(self, namespace: str, name: str, *, succeeded: bool = True) -> None:
        """Have the pod's containers end by themselves."""
        self._kubelets.end(self._pod(namespace, name), "Succeeded" if succeeded else "Failed")

    def evict_pod(self, namespace: str, name: str) -> None:
        """Have the pod's node run short of something: the pod ends, its object stays."""
        self._kubelets.end(self._pod(namespace, name), "Failed", "Evicted")

    def _pod(self, namespace: str, name: str) -> Object:
        ref = Ref(PODS, namespace, name)
        pod = self.api.store.find(ref)
        if pod is None:
            raise not_found(ref)
        return pod


def _ref(kind: str, namespace: str, name: str) -> Ref:
    resource = of_kind(kind)
    return Ref(resource, namespace if resource.namespaced else "", name)
