"""The laptop TKE: nodes around a real control plane, the emulated cloud, and the platform that wakes the functions."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from eipctl.dev import account, box, built, control_plane, roles, serverless
from eipctl.dev.account import NAMES, VPC_ID
from eipctl.dev.box import Box, Code, Function, Limits
from eipctl.dev.control_plane import ControlPlane, ControlPlaneError
from eipctl.dev.delivery import Delivery, faithful
from eipctl.dev.invocations import Invocation
from eipctl.dev.node_pool import NodePool
from eipctl.dev.platform import Pace, Platform
from eipctl.dev.scf import Event, Scf
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from shared.core import identity
from shared.core.table import Role

TOKEN_DURATION = "168h"


@dataclass(frozen=True)
class Options:
    """How large it is and how fast."""

    nodes: int = 3
    pace: Pace = field(default_factory=Pace)
    settings: Mapping[str, str] = field(default_factory=dict)
    """EIPCLAIM_ variables of serverless.yml, instead of those of deploy/env.example."""

    capacity: bool = True
    """Whether nodes register with their room for EIPs, as where a component of TKE publishes it."""

    delivery: Delivery = faithful
    reserved: Mapping[str, int] = field(default_factory=dict)
    """How many instances a function may have at once, where that is limited."""

    code: Code | None = None
    """What the functions run; None is this tree's bundle."""


@dataclass(frozen=True)
class World:
    """One that runs."""

    plane: ControlPlane
    cloud: Cloud
    nodes: NodePool
    environ: Mapping[str, str]
    """What a program needs to reach cluster and cloud."""

    function_log: Path
    """Where the functions' log lines go."""


@asynccontextmanager
async def running(
    plane: ControlPlane, options: Options, say: Callable[[str], None], tell: Callable[[Invocation], None]
) -> AsyncIterator[World]:
    """The world around a control plane, from its nodes being ready on. All of it ends with the context."""
    async with asleep(plane, options, say) as world, awake(world, options, tell):
        yield world


@asynccontextmanager
async def awake(world: World, options: Options, tell: Callable[[Invocation], None]) -> AsyncIterator[None]:
    """Have the functions of a bundle woken in that world; what still runs at the end is killed."""
    code = options.code
    if code is None:
        code = await anyio.to_thread.run_sync(built.obtain, sys.stderr)
    platform = {"TENCENTCLOUD_REGION": world.cloud.region}
    async with box.opened(code, platform, world.function_log) as opened, anyio.create_task_group() as tasks:
        tasks.start_soon(_platform(world, opened, options, tell).run)
        yield
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def asleep(plane: ControlPlane, options: Options, say: Callable[[str], None]) -> AsyncIterator[World]:
    """The same with nobody who wakes the functions yet."""
    cloud = account.opened(plane)
    with Server(cloud) as server:
        reach = {
            "EIPCLAIM_CLOUD_ENDPOINT": f"http://{server.endpoint}",
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
            "TENCENTCLOUD_REGION": cloud.region,
        }
        environ = {"KUBECONFIG": str(plane.admin), **NAMES, **reach}
        async with AsyncExitStack() as clients, anyio.create_task_group() as tasks:
            nodes = NodePool(plane, cloud, VPC_ID, clients, tasks, capacity=options.capacity)
            world = World(plane, cloud, nodes, environ, plane.home / "functions.log")
            say(f"{options.nodes} nodes")
            await _add(world, options.nodes)
            yield world
            tasks.cancel_scope.cancel()


async def _add(world: World, nodes: int) -> None:
    """So many nodes, and wait until pods may go to each: it is tainted until the controllers have seen it."""
    taints = ("get", "nodes", "--output", "jsonpath={range .items[*]}[{.spec.taints}]{end}")
    with anyio.move_on_after(control_plane.PATIENCE_SECONDS) as patience:
        for number in range(nodes):
            await world.nodes.add(f"node-{number + 1}")
        while world.plane.kubectl(*taints) != "[]" * nodes:  # noqa: ASYNC110 - nothing here is told of the change
            await anyio.sleep(0.2)
    if patience.cancelled_caught:
        raise ControlPlaneError(f"the {nodes} nodes are not ready within {control_plane.PATIENCE_SECONDS:.0f} s")


def _platform(world: World, opened: Box, options: Options, tell: Callable[[Invocation], None]) -> Platform:
    given = {
        **NAMES,
        "TENCENTCLOUD_REGION": world.cloud.region,
        "EIPCLAIM_CLOUD_ENDPOINT": world.environ["EIPCLAIM_CLOUD_ENDPOINT"],
        "DEPLOY_GIVE_ROLE": Role.GIVE.value,
        "DEPLOY_TAKE_ROLE": Role.TAKE.value,
        "DEPLOY_GIVE_KUBECONFIG": str(_account(world.plane, identity.GIVE_ACCOUNT)),
        "DEPLOY_TAKE_KUBECONFIG": str(_account(world.plane, identity.TAKE_ACCOUNT)),
    }
    deployment = serverless.read({**options.settings, **given})

    async def run(name: str, event: Event) -> Invocation:
        told = deployment.functions[name]
        function = Function(name, told.handler, told.environ, Limits(told.timeout, told.memory))
        with roles.issued(world.cloud, Role(told.role)) as credentials:
            return await opened.invoke(function, event, credentials)

    functions = Scf(run, tell, reserved=options.reserved, retry_seconds=options.pace.retry)
    delivery = account.logged(world.cloud, options.delivery)
    return Platform(deployment.triggers, functions, world.plane.audit_log, options.pace, delivery)


def _account(plane: ControlPlane, name: str) -> Path:
    """The kubeconfig of a service account of `deploy/rbac.yaml`."""
    request = ("create", "token", name, "--namespace", identity.SYSTEM_NAMESPACE, "--duration", TOKEN_DURATION)
    return plane.authority.kubeconfig_of_token(name, plane.kubectl(*request).strip(), plane.url)
