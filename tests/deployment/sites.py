"""Where an installation is tried: a real apiserver with nothing in it, and an emulated account with that cluster."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import anyio
import yaml

from eipctl.deployment import connecting, installation, manifests
from eipctl.deployment.changes import Change, plan
from eipctl.deployment.doctor.checks import CHECKS
from eipctl.deployment.doctor.findings import Finding, Patient, examine
from eipctl.deployment.draining import Drain, Left, claims
from eipctl.deployment.install import install, look
from eipctl.deployment.installation import Installation, Parts
from eipctl.deployment.ports import JSON, Cluster, Json, Sides, find
from eipctl.deployment.teardown import teardown
from eipctl.dev import serverless
from eipctl.dev.control_plane import ControlPlane
from emulator.cloud import Cloud as EmulatedCloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.scf.models import Function
from emulator.cloud.server import Server
from shared.adapters.cloud.sdk import Secret
from shared.adapters.cloud.vpc import VpcCloud
from shared.adapters.kubernetes import Access, kubeconfig
from shared.adapters.kubernetes import connect as connect_cluster
from shared.adapters.kubernetes.client import MERGE_PATCH
from shared.core.errors import Conflict, Gone, Refused
from shared.core.identity import API_VERSION
from shared.core.pod import INSTANCE_LABEL
from shared.functions import ALLOCATE, RECLAIM, Invocation
from shared.observe import Ports
from tests.control_planes import awaited
from tests.deployment import deploying, states
from tests.deployment.dying import Through

T = TypeVar("T")
Raw = dict[str, Any]
Planting = Callable[["Site"], AbstractAsyncContextManager[Mapping[str, str]]]
"""Spoils something of a site, gives what the operator has set beside, and mends it at its end."""

CLUSTER_ID, VPC_ID, TOPIC_ID, SUBNET_ID = "cls-1a2b3c4d", "vpc-emulated", "topic-audit", "subnet-emulated"
TIMER = {"Type": "Timer", "TriggerName": "test", "Time": "1970-01-01T00:00:00Z", "Message": ""}
PODS = "/api/v1/namespaces/default/pods"
CLAIMS = f"/apis/{API_VERSION}/namespaces/default/eipclaims"
SLOW = {"CustomResourceDefinition", "Namespace"}
"""Kinds whose objects end some time after they were deleted."""

AT_ONCE = {"gracePeriodSeconds": 0}


def now() -> datetime:
    """This machine's time."""
    return datetime.fromtimestamp(time.time(), timezone.utc)


@dataclass(frozen=True)
class Site:
    """A cluster and an account."""

    plane: ControlPlane
    cloud: EmulatedCloud
    endpoint: str
    sides: Sides

    @property
    def environ(self) -> dict[str, str]:
        """What an operator has set: `deploy/env.example`, filled in, and the key."""
        example = {name: value.replace("cls-xxxxxxxx", CLUSTER_ID) for name, value in serverless.example().items()}
        return {
            **example,
            "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
            "EIPCLAIM_VPC_ID": VPC_ID,
            "EIPCLAIM_CLOUD_ENDPOINT": self.endpoint,
            "EIPCLAIM_MAX_EIPS": "10",
            "TENCENTCLOUD_REGION": self.cloud.region,
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
            "DEPLOY_SUBNET_ID": SUBNET_ID,
            "DEPLOY_AUDIT_TOPIC_ID": TOPIC_ID,
            "KUBECONFIG": str(self.plane.admin),
        }

    @property
    def installation(self) -> Installation:
        """As that environment describes it."""
        return installation.read(self.environ)

    @property
    def own(self) -> Access:
        """An administrator's."""
        return kubeconfig.load(self.plane.admin)

    async def ask(self, question: Callable[[Parts, Sides], Awaitable[T]], through: Through | None = None) -> T:
        """The answer of whoever is given the parts and both sides, by way of `through`."""
        seen = self.sides if through is None else through.sides(self.sides)
        return await question(await installation.parts(self.installation, seen, self.own, None), seen)

    async def plan(self) -> Sequence[Change]:
        """What install would do."""
        return plan(await self.ask(lambda parts, sides: look(parts.all(), sides)))

    async def install(self, through: Through | None = None) -> Sequence[Change]:
        """Install all of it; what is then still not so."""

        async def all_of_it(parts: Parts, sides: Sides) -> Sequence[Change]:
            return await install(parts.all(), [one.name for one in parts.all()], sides, _nothing)

        return await self.ask(all_of_it, through)

    async def teardown(self, *, force: bool = False, through: Through | None = None) -> Sequence[Left]:
        """Take all of it away; what is left."""
        drain = Drain(self.installation.settings, self.own, force, self._moment, _nothing)
        return await self.ask(lambda parts, sides: teardown(parts, self.installation, drain, sides), through)

    async def _moment(self, seconds: float) -> None:
        """As good as no time: what is waited for takes none in this account.

        In the cluster the end of a namespace takes five seconds and more, and teardown looks only so many times.
        """
        await anyio.sleep(min(seconds, 0.2))
        await awaited(self._nothing_ends)

    async def _nothing_ends(self) -> bool | None:
        found = [await find(self.sides.cluster, one.where) for one in manifests.read() if one.kind in SLOW]
        return None if any(one and "deletionTimestamp" in one["metadata"] for one in found) else True

    async def examine(
        self, clock: Callable[[], datetime] = now, variables: Mapping[str, str] | None = None
    ) -> Sequence[Finding]:
        """What the doctor finds, where the operator has set those variables otherwise."""
        environ = {**self.environ, **(variables or {})}
        return await examine(Patient(installation.read(environ), self.sides, self.own, None, clock, environ), CHECKS)

    async def sweep(self) -> None:
        """Have `reclaim` come by, and a record of it come to the audit log."""
        self.cloud.console.put_log(TOPIC_ID, {"verb": "update"})
        async with connect_cluster(self.own) as cluster:
            ports = Ports(cluster, VpcCloud(self._vpc, CLUSTER_ID, VPC_ID))
            await RECLAIM.plan(TIMER)(Invocation(ports, self.installation.settings.policy(), "test", 20.0, _quiet))

    def deploy(self) -> None:
        """What `scf deploy` makes."""
        deploying.deploy(self.cloud, self.environ)

    def functions(self) -> Mapping[str, Function]:
        """Those that are deployed, by key."""
        return {one.name.rsplit("-", 1)[-1]: one for one in self.cloud.functions}

    def undeploy(self) -> None:
        """What `scf remove` does."""
        deploying.undeploy(self.cloud, self.installation)

    async def state(self) -> Raw:
        """All of the cluster and the account that an installation may touch, without what only tells of time."""
        return {"cluster": await states.cluster(self.sides.cluster), "account": states.account(self.cloud)}

    async def admin(self, method: str, where: str, body: Raw | None = None, content: str = JSON) -> Json:
        """One request of the administrator's."""
        return await self.sides.cluster.send(method, where, body, content)

    async def serve(self, name: str, ip: str) -> None:
        """Have a pod run on a node, and its EIP be bound by the real `allocate`."""
        await self.admin("POST", PODS, _pod(name))
        running = {"status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}}
        await self.admin("PATCH", f"{PODS}/{name}/status", running, MERGE_PATCH)
        await self.allocate()

    async def allocate(self) -> None:
        """Run `allocate` until every claim is bound."""
        for _ in range(5):
            async with connect_cluster(self.own) as cluster:
                ports = Ports(cluster, VpcCloud(self._vpc, CLUSTER_ID, VPC_ID))
                run = Invocation(ports, self.installation.settings.policy(), "test", 20.0, _quiet)
                await ALLOCATE.plan(TIMER)(run)
            found = await claims(self.sides.cluster)
            if found and all(one.get("status", {}).get("phase") == "Bound" for one in found):
                return

    async def _vpc(self, action: str, params: Json) -> Json:
        return self.cloud.call("vpc", action, dict(params))

    async def end(self, name: str) -> None:
        """Have a pod be gone."""
        await self.admin("DELETE", f"{PODS}/{name}", AT_ONCE)


async def bare(sides: Sides) -> None:
    """Have nothing of ours in the cluster."""
    ours = [*manifests.read(), *manifests.read("optional/capacity.yaml")]
    for one in (one for one in ours if one.kind in manifests.POLICIES):
        await one.remove(sides)
    for claim in await claims(sides.cluster):
        await _let_go(sides.cluster, f"{CLAIMS}/{claim['metadata']['name']}")
    for pod in (await sides.cluster.send("GET", PODS))["items"]:
        await sides.cluster.send("DELETE", f"{PODS}/{pod['metadata']['name']}", AT_ONCE)
    for one in ours:
        await one.remove(sides)

    async def gone() -> bool | None:
        return None if any([await one.there(sides) for one in ours]) else True

    await awaited(gone)


async def _let_go(cluster: Cluster, where: str) -> None:
    """Take a claim's finalizer off; the apiserver holds to a policy for a moment after it is gone."""

    async def taken_off() -> bool | None:
        try:
            await cluster.send("PATCH", where, {"metadata": {"finalizers": None}}, MERGE_PATCH)
        except Refused:
            return None
        except Gone:
            return True
        return True

    await awaited(taken_off)


@asynccontextmanager
async def opened(plane: ControlPlane) -> AsyncIterator[Site]:
    """A bare cluster with a node, and an account of its own."""
    cloud, secret = open_account(plane), Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
    own = kubeconfig.load(plane.admin)
    with Server(cloud) as server:
        endpoint = f"http://{server.endpoint}"
        async with connecting.connect(own, cloud.region, secret, endpoint) as sides:
            await bare(sides)
            with suppress(Conflict):
                await sides.cluster.send("POST", "/api/v1/nodes", node())
            yield Site(plane, cloud, endpoint, sides)


def open_account(plane: ControlPlane) -> EmulatedCloud:
    """An account with a node's machine, the cluster and its audit log's topic."""
    cloud = EmulatedCloud()
    cloud.behaviour.transition_seconds = 0.0
    cloud.behaviour.rate_limits = False
    cloud.console.create_instance("ins-0node001", vpc_id=VPC_ID)
    cloud.console.create_interface("ins-0node001", private_ip="10.0.0.101")
    cloud.console.assign_ip(list(cloud.interfaces)[-1].interface_id, "10.0.0.102")
    cloud.console.create_cluster(CLUSTER_ID, vpc_id=VPC_ID, kubeconfig=kubeconfig_text(plane))
    cloud.console.create_topic(TOPIC_ID)
    cloud.console.set_audit_log(CLUSTER_ID, TOPIC_ID)
    cloud.console.put_log(TOPIC_ID, {"verb": "create"})
    return cloud


def kubeconfig_text(plane: ControlPlane) -> str:
    """The administrator's, in YAML as TKE gives it."""
    return yaml.safe_dump(yaml.safe_load(Path(plane.admin).read_text()))


def node() -> Raw:
    """The node of that machine."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node-1", "labels": {INSTANCE_LABEL: "ins-0node001"}},
        "spec": {"providerID": "qcloud:///800002/ins-0node001"},
    }


def _pod(name: str) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": {"tke.cloud.tencent.com/eip-attributes": ""}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "busybox"}]},
    }


def _nothing(line: str) -> None:
    del line


def _quiet(event: str, **fields: object) -> None:
    del event, fields
