"""The kubelets of all nodes, with the network plugin: pods get their IP and run, end, give the IP back, and are gone.

A pod's IP is free before its object is gone, as with VPC-CNI. Where the object goes first (forced deletion), what ran
there is taken down all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from emulator.cluster import pod_status
from emulator.cluster.apiserver import ApiServer
from emulator.cluster.behaviour import Behaviour
from emulator.cluster.deletions import Deletion
from emulator.cluster.loop import Schedule
from emulator.cluster.nodes import extended_allocatable
from emulator.cluster.objects import deleting, ended, uid
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import NODES, PODS, Object, Ref, ref_of
from emulator.cluster.users import kubelet

WATCHED = frozenset({NODES, PODS})


class Network(Protocol):
    """Who has the IPs of the nodes' network interfaces."""

    def assign(self, node_name: str, pod_uid: str) -> str:
        """A private IP for that pod, on a network interface of that node."""
        ...

    def release(self, node_name: str, ip: str) -> None:
        """Take the IP back; the next pod may get it."""
        ...


class Kubelets:
    """One for each node that is not lost. All that is done to a pod is done by UID."""

    def __init__(self, api: ApiServer, schedule: Schedule, network: Network, behaviour: Behaviour) -> None:
        """The kubelets of that cluster, with nothing running."""
        self._api = api
        self._schedule = schedule
        self._network = network
        self._behaviour = behaviour
        self._lost: set[str] = set()
        self._busy: set[str] = set()
        self._ips: dict[str, tuple[str, str]] = {}

    def lose(self, node_name: str) -> None:
        """That kubelet neither hears nor says anything any more; what runs there runs on."""
        self._lost.add(node_name)

    def recover(self, node_name: str) -> None:
        """It is back, and looks at what has become of its pods."""
        self._lost.discard(node_name)
        self.step()

    def step(self) -> None:
        """Begin with what each pod needs next."""
        for node in self._api.objects(NODES):
            self._allow(node)
        present: set[str] = set()
        for pod in self._api.objects(PODS):
            present.add(uid(pod))
            if pod["spec"].get("nodeName"):
                self._look(pod)
        for pod_uid, (node_name, _) in list(self._ips.items()):
            if pod_uid not in present:
                self._begin(pod_uid, node_name, self._behaviour.stop + self._behaviour.teardown, self._free)

    def end(self, pod: Object, phase: str, reason: str | None = None) -> None:
        """Have all of the pod's containers end, for good."""
        if not self._hears(pod):
            return
        self._tell(pod, pod_status.finished(pod, phase, reason, self._api.clock()))

    def _allow(self, node: Object) -> None:
        """Let the scheduler have what others have published as the node's capacity."""
        ref, allocatable = ref_of(NODES, node), extended_allocatable(node)
        if allocatable and ref.name not in self._lost:
            self._api.patch(kubelet(ref.name), ref, {"status": {"allocatable": allocatable}}, "status")

    def _look(self, pod: Object) -> None:
        node_name, pod_uid = pod["spec"]["nodeName"], uid(pod)
        if not self._hears(pod):
            return
        if deleting(pod):
            grace = pod["metadata"]["deletionGracePeriodSeconds"]
            # With no grace and nothing running the kubelet is done with it: what is left is held by a finalizer.
            if grace or pod_uid in self._ips:
                self._begin(pod_uid, node_name, min(self._behaviour.stop, grace), self._stop)
        elif ended(pod):
            if pod_uid in self._ips:
                self._begin(pod_uid, node_name, self._behaviour.teardown, self._free)
        elif not pod["status"].get("podIP"):
            self._begin(pod_uid, node_name, self._behaviour.start, self._start)
        elif readiness := pod_status.changed_readiness(pod, self._api.clock()):
            self._tell(pod, readiness)

    def _hears(self, pod: Object) -> bool:
        return pod["spec"].get("nodeName") not in self._lost

    def _begin(self, pod_uid: str, node_name: str, delay: float, deed: Callable[[str], None]) -> None:
        """Do that a while from now, unless the pod is being dealt with, or its node is lost by then."""
        if pod_uid in self._busy or node_name in self._lost:
            return
        self._busy.add(pod_uid)
        self._schedule(delay, lambda: self._do(pod_uid, node_name, deed))

    def _do(self, pod_uid: str, node_name: str, deed: Callable[[str], None]) -> None:
        self._busy.discard(pod_uid)
        if node_name not in self._lost:
            deed(pod_uid)

    def _find(self, pod_uid: str) -> Object | None:
        return next((pod for pod in self._api.objects(PODS) if uid(pod) == pod_uid), None)

    def _start(self, pod_uid: str) -> None:
        pod = self._find(pod_uid)
        if pod is None or not pod_status.startable(pod):
            self.step()
            return
        node_name = pod["spec"]["nodeName"]
        if pod["spec"].get("hostNetwork"):
            ip = self._node_ip(node_name)
        else:
            ip = self._network.assign(node_name, pod_uid)
            self._ips[pod_uid] = (node_name, ip)
        self._tell(pod, pod_status.started(pod, ip, self._api.clock()))

    def _node_ip(self, node_name: str) -> str:
        node = self._api.store.find(Ref(NODES, "", node_name)) or {}
        addresses = node.get("status", {}).get("addresses", ())
        return next((str(one["address"]) for one in addresses if one["type"] == "InternalIP"), "127.0.0.1")

    def _stop(self, pod_uid: str) -> None:
        pod = self._find(pod_uid)
        if pod is not None:
            self._tell(pod, pod_status.stopped(pod, self._api.clock()))
            node_name = pod["spec"]["nodeName"]
            self._begin(pod_uid, node_name, self._behaviour.teardown, self._tear_down)
        self.step()

    def _tear_down(self, pod_uid: str) -> None:
        self._free(pod_uid)
        pod = self._find(pod_uid)
        if pod is not None:
            self._begin(pod_uid, pod["spec"]["nodeName"], self._behaviour.teardown, self._remove)

    def _free(self, pod_uid: str) -> None:
        node_name, ip = self._ips.pop(pod_uid, ("", ""))
        if ip:
            self._network.release(node_name, ip)

    def _remove(self, pod_uid: str) -> None:
        """Twice, as a real kubelet may: the audit log then tells of a deletion that finds nothing."""
        pod = self._find(pod_uid)
        if pod is None:
            return
        ref, user = ref_of(PODS, pod), kubelet(pod["spec"]["nodeName"])
        self._api.delete(user, ref, Deletion(grace=0, uid=pod_uid))
        with suppress(Refusal):
            self._api.delete(user, ref, Deletion(grace=0, uid=pod_uid))

    def _tell(self, pod: Object, status: Object) -> None:
        user = kubelet(pod["spec"]["nodeName"])
        self._api.patch(user, ref_of(PODS, pod), {"status": status}, "status", strategic=True)
