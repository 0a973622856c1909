"""Very many pods in virtual time: a cluster in which nothing works but the functions, filled without its apiserver.

Here their own CPU time passes too, as on one whole core: with so many objects it counts beside the cloud's rate.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from bench.ends import served
from bench.world import CLUSTER_ID, PODS_A_NODE, PREFIX, VPC_ID, Pace, World
from eipctl.demo.network import Network
from emulator.cluster.live import LiveCluster
from emulator.cluster.loop import Loop
from emulator.cluster.nodes import Machine
from emulator.cluster.port import M, MemoryCluster, Parsed
from emulator.cluster.resources import CLAIMS, PODS, Object, Ref
from emulator.cluster.timestamps import timestamp
from emulator.cluster.users import User
from shared.core import identity
from shared.core.table import Role
from shared.observe import Ports
from shared.ports import Cloud, Cluster, Listing

Name = tuple[str, str]
"""Namespace and name."""

ASKS = f"{PREFIX}/eip-attributes"


class Anew(Parsed):
    """What is listed is validated each time, as what comes by the wire is."""

    def listing(self, kind: type[M], namespace: str | None, version: int, things: tuple[Object, ...]) -> Listing[M]:
        """The models of those objects."""
        return Parsed().listing(kind, namespace, version, things)


class Still(LiveCluster):
    """No scheduler, kubelet or collector looks at all pods after each change: what they would do has been done."""

    def _controllers(self) -> tuple[Loop, ...]:
        return ()

    def port(self, user: User, latency: float = 0.0) -> MemoryCluster:
        """As in every cluster, but that nothing that was listed is remembered."""
        return MemoryCluster(self.api, user, latency, Anew())


class Working:
    """A port before whose requests as much time passes as this process has computed since the last one."""

    def __init__(self, port: object, crowd: Crowd) -> None:
        """The ports of one invocation share the crowd's clock."""
        self._port, self._crowd = port, crowd

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, D105 - it is whatever the port has
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def later(*args: object, **kwargs: object) -> object:
            self._crowd.work()
            return await method(*args, **kwargs)

        return later


class Crowd(World):
    """Pods that run already, as many as are wanted; some of them have had their EIPs for long."""

    def __init__(self, pace: Pace) -> None:
        """Nobody is there yet."""
        super().__init__(0, pace)
        self.cluster = Still(self.timeline.now, self.timeline.after, Network(self.cloud, VPC_ID))
        template = served(1)
        self._pod, self._claim = (json.dumps(template.cluster.list(kind)[0]) for kind in ("Pod", "EIPClaim"))
        self._address = template.cloud.holdings()[0]
        self._place = self._address.instance_id, self._address.interface_id
        self._count = 0
        self._computed = time.process_time()
        self.cpu = 0.0
        """Seconds that the functions have computed so far, the emulator's part included."""

    def work(self) -> None:
        """Let the time pass that was computed since the last time."""
        now = time.process_time()
        spent, self._computed = now - self._computed, now
        self.cpu += spent
        self.timeline.advance(spent)

    @asynccontextmanager
    async def ports(self, role: Role) -> AsyncIterator[Ports]:
        """As in every world, and computing takes time."""
        async with super().ports(role) as ports:
            self._computed = time.process_time()
            yield Ports(cast("Cluster", Working(ports.cluster, self)), cast("Cloud", Working(ports.cloud, self)))
            self.work()

    def add(self, names: Iterable[Name], *, bound: bool = False) -> None:
        """Pods of those names, which run since now; where `bound`, each with its claim and EIP, and told."""
        for namespace, name in names:
            if self.cluster.get("Namespace", "", namespace) is None:
                self.cluster.create_namespace(namespace)
            pod_uid, claim_uid, node = f"pod-{self._count}", f"claim-{self._count}", self._node()
            eni, ip = self._interface, self.cloud.console.assign_ip(self._interface)
            pod, claim = json.loads(self._pod), json.loads(self._claim)
            old = pod["metadata"]["uid"], claim["metadata"]["uid"], self._address.interface_id, self._address.private_ip
            changed = {**dict(zip(old, (pod_uid, claim_uid, eni, ip), strict=True)), "node-0": node}
            if bound:
                mark = identity.mark(CLUSTER_ID, claim_uid)
                (address_id,) = self.cloud.console.buy(name=mark, tags=identity.tags(CLUSTER_ID), bandwidth=100)
                self.cloud.console.bind(address_id, eni, ip)
                public = self.cloud.addresses.find(address_id).ip
                changed |= {self._address.address_id: address_id, self._address.ip: public}
                self._put(Ref(CLAIMS, namespace, name), self._claim, changed)
            self._put(Ref(PODS, namespace, name), self._pod, changed, bound=bound)
            self._count += 1

    def _node(self) -> str:
        """The node of the next pod."""
        number, first = divmod(self._count, PODS_A_NODE)
        name = f"node-{number}"
        if not first:
            instance = self.cloud.console.create_instance(vpc_id=VPC_ID)
            self._interface = self.cloud.console.create_interface(instance)
            self.cluster.add_node(Machine(name, instance, eips=PODS_A_NODE, vcpus=PODS_A_NODE))
        return name

    def _put(self, ref: Ref, text: str, changed: Mapping[Any, str], *, bound: bool = True) -> None:
        for before, after in changed.items():
            text = text.replace(f'"{before}"', f'"{after}"')
        thing = json.loads(text)
        about = {"namespace": ref.namespace, "name": ref.name, "creationTimestamp": timestamp(self.timeline.now())}
        thing["metadata"] |= about
        if ref.resource == CLAIMS:
            thing["metadata"]["ownerReferences"][0]["name"] = ref.name
        if not bound:
            thing["metadata"]["annotations"] = {ASKS: ""}
        self.cluster.api.store.put(ref, thing)
