"""What the tests of the cluster in memory share: a network that hands out IPs, manifests, and short questions."""

from __future__ import annotations

from typing import Any

from emulator.cluster.behaviour import Behaviour
from emulator.cluster.live import LiveCluster
from emulator.cluster.nodes import Machine
from emulator.cluster.resources import Object
from emulator.timeline import Timeline

EIP = "tke.cloud.tencent.com/eip"
START = 1_795_478_400.0
Manifest = dict[str, Any]


class Pool:
    """A network with one row of IPs a node; the lowest free one is next, so that IPs come back quickly."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.log: list[str] = []

    def assign(self, node_name: str, pod_uid: str) -> str:
        prefix = f"10.{node_name.rsplit('-', 1)[-1]}.0."
        ip = next(found for number in range(2, 250) if (found := f"{prefix}{number}") not in self.held)
        self.held[ip] = pod_uid
        return ip

    def release(self, node_name: str, ip: str) -> None:
        self.log.append(f"{node_name} {ip}")
        del self.held[ip]


class Rig:
    """A cluster with two nodes on a timeline that stands at START."""

    def __init__(self, nodes: int = 2, eips: int = 9, behaviour: Behaviour | None = None, seed: int = 0) -> None:
        self.timeline = Timeline(START)
        self.network = Pool()
        self.live = LiveCluster(self.timeline.now, self.timeline.after, self.network, behaviour=behaviour, seed=seed)
        for number in range(nodes):
            self.live.add_node(Machine(f"node-{number}", f"ins-{number}", f"10.{number}.0.1", eips=eips))

    def settle(self, seconds: float = 30) -> None:
        self.timeline.advance(seconds)

    def pods(self) -> list[Object]:
        return list(self.live.list("Pod"))

    def names(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in self.pods()]

    def pod(self, name: str) -> Object:
        found = self.live.get("Pod", "default", name)
        assert found is not None
        return found

    def conditions(self, name: str) -> dict[str, str]:
        return {one["type"]: one["status"] for one in self.pod(name)["status"].get("conditions", ())}


def template(**spec: object) -> Manifest:
    resources = {"requests": {EIP: "1"}, "limits": {EIP: "1"}}
    containers = [{"name": "web", "image": "busybox", "resources": resources}]
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **spec}}


def workload(kind: str, name: str = "web", replicas: int | None = 1, **spec: object) -> Manifest:
    wanted = {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {**wanted, "selector": {"matchLabels": {"app": "web"}}, "template": template(), **spec},
    }


def bare_pod(name: str = "web-0", /, namespace: str = "default", **spec: object) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": template(**spec)["spec"],
    }


def bare_claim(name: str = "web-0", **metadata: object) -> Manifest:
    return {
        "apiVersion": "eipclaim.io/v1alpha1",
        "kind": "EIPClaim",
        "metadata": {"name": name, **metadata},
        "spec": {"retention": "Static"},
    }


def changed(thing: Object, image: str = "other") -> Object:
    """The workload with another template."""
    containers = [{**container, "image": image} for container in template()["spec"]["containers"]]
    return {**thing, "spec": {**thing["spec"], "template": {**template(), "spec": {"containers": containers}}}}
