"""A cluster and a cloud in virtual time, as many pods as are wanted, and what the functions asked of both."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, cast

from eipctl.demo.network import Network
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.tc3 import Key
from emulator.cloud.transport import InProcessTransport
from emulator.cluster.live import LiveCluster
from emulator.cluster.nodes import Machine
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import Timeline, run
from shared import runtime
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core import identity
from shared.core.table import Role
from shared.functions import Function, Invocation
from shared.observe import Ports
from shared.ports import Cluster
from shared.settings import Settings, read_settings

START = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
CLUSTER_ID, VPC_ID, PREFIX = "cls-bench", "vpc-bench", "tke.cloud.tencent.com"
PODS_A_NODE = 50
API_SECONDS = 0.005
"""A request to the apiserver, on the wire of one region."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Pace:
    """How slow the cloud is: a call, and each transitional state."""

    call: float = 0.1
    transition: float = 2.0


class _Counted:
    """A port whose requests are counted."""

    def __init__(self, port: object, world: World) -> None:
        self._port, self._world = port, world

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        method = getattr(self._port, name)
        if name == "now":
            return method

        async def counted(*args: object, **kwargs: object) -> object:
            self._world.requests[name] += 1
            if name == "patch_pod_status" and not self._world.until_published:
                self._world.until_published = sum(self._world.requests.values())
            return await method(*args, **kwargs)

        return counted


class World:
    """Nodes for so many pods, the tags made as by an installation; time passes only in what is asked of it."""

    def __init__(
        self,
        pods: int,
        pace: Pace,
        settings: Mapping[str, str] | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """A cluster without pods and a cloud without EIPs, each role with a key and a budget of its own."""
        self.timeline, self.pace = timeline or Timeline(START), pace
        self.cloud = Cloud(self.timeline.now)
        self.cloud.behaviour.transition_seconds = pace.transition
        for role in Role:
            self.cloud.credentials[_secret_id(role)] = Key(DEFAULT_SECRET_KEY, role.value)
        for key, value in identity.tags(CLUSTER_ID).items():
            self.cloud.console.create_tag(key, value)
        network = Network(self.cloud, VPC_ID)
        self.cluster = LiveCluster(self.timeline.now, self.timeline.after, network)
        for number in range(-(-pods // PODS_A_NODE)):
            name = f"node-{number}"
            self.cluster.add_node(Machine(name, network.add_node(name), eips=PODS_A_NODE, vcpus=PODS_A_NODE))
        self.requests: Counter[str] = Counter()
        self.until_published = 0
        """Requests up to the first that told a pod."""
        self._settings = dict(settings or {})
        self._numbers = itertools.count()

    def add_pods(self, names: Iterable[str], namespace: str = "default") -> None:
        """Pods that ask for an EIP, and the time until all of them have an IP."""
        if self.cluster.get("Namespace", "", namespace) is None:
            self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for name in names:
            self.cluster.apply(pod(name, namespace))
        self.timeline.advance(10)

    def slow_down(self, pace: Pace) -> None:
        """From now on the cloud takes so long."""
        self.pace = pace
        self.cloud.behaviour.transition_seconds = pace.transition

    def run(self, function: Function, event: object, seconds: float = 55.0) -> Mapping[str, Any]:
        """One invocation, from now to its end."""
        return runtime.invoke(function, event, _context(function, seconds), self.host())

    def host(self) -> runtime.Host:
        """The platform, on this timeline."""
        return runtime.Host(
            connect=self._connect,
            environ=self.environ(),
            run=lambda work: run(self.timeline, work),
            nonce=lambda: str(next(self._numbers)),
            write=lambda line: None,  # noqa: ARG005 - nobody reads the log here
            monotonic=self.timeline.now,
        )

    def _connect(self, settings: Settings, secret: sdk.Secret, role: Role) -> AbstractAsyncContextManager[Ports]:
        del settings, secret
        return self.ports(role)

    @asynccontextmanager
    async def ports(self, role: Role) -> AsyncIterator[Ports]:
        """The real client of the cloud, without a socket, and the cluster in memory; its requests are counted."""
        secret = sdk.Secret(_secret_id(role), DEFAULT_SECRET_KEY)
        transport = InProcessTransport(self.cloud, latency=self.pace.call, after=self.timeline.after)
        port = self.cluster.port(GIVE if role is Role.GIVE else TAKE, API_SECONDS)
        async with sdk.connect(SERVICE, VERSION, self.cloud.region, secret, transport=transport) as call:
            cluster = cast("Cluster", _Counted(port, self))
            yield Ports(cluster, VpcCloud(call, CLUSTER_ID, VPC_ID))

    def environ(self) -> dict[str, str]:
        """The functions' settings."""
        return {
            "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
            "EIPCLAIM_VPC_ID": VPC_ID,
            "TENCENTCLOUD_REGION": self.cloud.region,
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
            **self._settings,
        }

    def bound_at(self) -> list[float]:
        """When each EIP came to be bound, in order."""
        done = [call.at for call in self.cloud.calls.changes() if call.action == "AssociateAddress"]
        return sorted(at + self.pace.transition for at in done)

    def published_at(self) -> list[float]:
        """When each pod's annotation came to say so, in order."""
        return sorted(at for _, at in self.published_by_namespace())

    def published_by_namespace(self) -> list[tuple[str, float]]:
        """The same with each pod's namespace."""
        first: dict[tuple[str, str], float] = {}
        for record in filter(_publishes, self.cluster.audit):
            first.setdefault((record["objectRef"]["namespace"], record["objectRef"]["name"]), _at(record))
        return [(namespace, at) for (namespace, _), at in first.items()]

    def calls(self) -> Counter[str]:
        """Calls to the cloud so far, by action."""
        return Counter(call.action for call in self.cloud.calls.since())

    def refused_for_rate(self) -> int:
        """Calls to the cloud that were one too many in their second."""
        return sum("LimitExceeded" in call.code for call in self.cloud.calls.since())


async def invocation(world: World, function: Function, event: object) -> None:
    """One invocation beside others on one loop, which a runtime would have for itself."""
    async with world.ports(function.role) as ports:
        policy = read_settings(world.environ()).policy()
        await function.plan(event)(Invocation(ports, policy, function.name, 50.0, lambda *_, **__: None))


def _secret_id(role: Role) -> str:
    return DEFAULT_SECRET_ID[:-4] + role.value


def _context(function: Function, seconds: float) -> dict[str, object]:
    return {"request_id": function.name, "time_limit_in_ms": seconds * 1000}


def pod(name: str, namespace: str = "default") -> Mapping[str, Any]:
    """A bare pod that asks for an EIP."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "annotations": {f"{PREFIX}/eip-attributes": ""}},
        "spec": {"containers": [{"name": "c", "image": "busybox"}]},
    }


def created(names: Sequence[str], namespace: str = "default") -> list[Record]:
    """What the audit log says of these pods when they have got their IPs."""
    return [
        {
            "verb": "patch",
            "stage": "ResponseComplete",
            "user": {"username": "system:node:node-0", "groups": ["system:nodes"]},
            "responseStatus": {"code": 200},
            "objectRef": {"resource": "pods", "namespace": namespace, "name": name, "subresource": "status"},
        }
        for name in names
    ]


def _publishes(record: Record) -> bool:
    if record["objectRef"].get("resource") != "pods" or record["user"]["username"] != GIVE.name:
        return False
    given = (record.get("requestObject") or {}).get("metadata", {}).get("annotations") or {}
    return any(key.endswith("/eip-public-ip") and value for key, value in given.items())


def _at(record: Record) -> float:
    return datetime.fromisoformat(record["stageTimestamp"].replace("Z", "+00:00")).timestamp()
