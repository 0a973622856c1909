"""What becomes of the pods of a node that is lost, or no longer there; and what a node looks like."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.objects import condition, deleting, uid
from emulator.cluster.resources import NODES, PODS, Object, Ref, ref_of
from emulator.cluster.timestamps import timestamp
from emulator.cluster.users import controller
from shared.core.pod import INSTANCE_LABEL

WATCHED = frozenset({NODES, PODS})
_LIFECYCLE = controller("node-controller")
_EVICTION = controller("taint-eviction-controller")
_POD_COLLECTOR = controller("pod-garbage-collector")


@dataclass(frozen=True)
class Machine:
    """A node to be: its instance in the cloud, its vCPUs, and how many pods with an EIP (and with an IP) it takes.

    Where `eips` is None nobody has told the node.
    """

    name: str
    instance_id: str
    internal_ip: str = "10.0.0.1"
    eips: int | None = 9
    ips: int = 64
    vcpus: int = 48
    prefix: str = "tke.cloud.tencent.com"

    def manifest(self) -> Object:
        """The node, as TKE would register it."""
        amounts = {"cpu": str(self.vcpus), f"{self.prefix}/eni-ip": str(self.ips)}
        if self.eips is not None:
            amounts[f"{self.prefix}/eip"] = str(self.eips)
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": {INSTANCE_LABEL: self.instance_id}},
            "spec": {"providerID": f"qcloud:///800003/{self.instance_id}"},
            "status": {
                "capacity": amounts,
                "allocatable": amounts,
                "addresses": [{"type": "InternalIP", "address": self.internal_ip}],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }


def extended_allocatable(node: Object) -> Object:
    """What of `allocatable` a kubelet has to change, so that it follows the capacity of extended resources."""
    status = node.get("status", {})
    allocatable = status.get("allocatable", {})
    capacity = {name: amount for name, amount in status.get("capacity", {}).items() if "/" in name}
    return {name: amount for name, amount in capacity.items() if allocatable.get(name) != amount}


class Nodes:
    """The node lifecycle, taint eviction and pod garbage collection controllers."""

    def __init__(self, api: ApiServer) -> None:
        """The controllers of that cluster."""
        self._api = api

    def mark(self, name: str, status: str) -> None:
        """Say whether the node is ready: True, or Unknown when nothing has been heard of it."""
        ready = {"type": "Ready", "status": status, "lastTransitionTime": timestamp(self._api.clock())}
        patch = {"status": {"conditions": [ready]}}
        self._api.patch(_LIFECYCLE, Ref(NODES, "", name), patch, "status", strategic=True)

    def evict(self, name: str) -> None:
        """Ask the pods of a node to go, if it is still lost."""
        node = self._api.store.find(Ref(NODES, "", name)) or {}
        if condition(node, "Ready").get("status") != "Unknown":
            return
        for pod in self._api.objects(PODS):
            if pod["spec"].get("nodeName") == name and not deleting(pod):
                self._api.delete(_EVICTION, ref_of(PODS, pod), Deletion(uid=uid(pod)))

    def step(self) -> None:
        """Force the pods away whose node does not exist any more."""
        present = {node["metadata"]["name"] for node in self._api.objects(NODES)}
        for pod in self._api.objects(PODS):
            if pod["spec"].get("nodeName", "") not in {"", *present}:
                self._api.delete(_POD_COLLECTOR, ref_of(PODS, pod), Deletion(grace=0, uid=uid(pod)))
