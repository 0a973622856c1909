"""The nodes that the cluster has: each a machine of the emulated cloud with a kubelet; they come and go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

import anyio
import httpx
from anyio.abc import TaskGroup

from eipctl.dev import machines
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.kubelet import Kubelet
from eipctl.dev.machines import Machine
from emulator.cloud import Cloud
from emulator.cluster.resources import Object


class NodePool:
    """All of them; their kubelets run as tasks, and their clients end after these."""

    def __init__(
        self,
        plane: ControlPlane,
        cloud: Cloud,
        vpc_id: str,
        clients: AsyncExitStack,
        tasks: TaskGroup,
        *,
        capacity: bool = True,
    ) -> None:
        """There are none yet. `capacity`: whether they register with their room for EIPs."""
        self._plane, self._cloud, self._vpc_id = plane, cloud, vpc_id
        self._clients, self._tasks, self._capacity = clients, tasks, capacity
        self._running: dict[str, tuple[Machine, anyio.CancelScope]] = {}

    async def add(self, name: str, taints: Sequence[Object] = ()) -> None:
        """Launch a machine, whose kubelet registers it as that node, with those taints from its first moment."""
        api = await self._clients.enter_async_context(_as_node(self._plane, name))
        machine, scope = machines.launch(self._cloud, self._vpc_id), anyio.CancelScope()
        kubelet = Kubelet(name, machine, api, capacity=self._capacity)
        await kubelet.register(taints)
        self._running[name] = machine, scope
        self._tasks.start_soon(_run, kubelet, scope)

    async def terminate(self, name: str) -> None:
        """Take the machine away with all that runs on it; the Node object stays."""
        machine, scope = self._running.pop(name)
        scope.cancel()
        machine.terminate()


async def _run(kubelet: Kubelet, scope: anyio.CancelScope) -> None:
    with scope:
        await kubelet.run()


def _as_node(plane: ControlPlane, name: str) -> httpx.AsyncClient:
    user = f"system:node:{name}"
    plane.authority.kubeconfig(user, "system:nodes", plane.url)
    context = plane.authority.trusted(user)
    return httpx.AsyncClient(
        base_url=plane.url, verify=context, trust_env=False, timeout=10, headers={"User-Agent": "kubelet"}
    )
