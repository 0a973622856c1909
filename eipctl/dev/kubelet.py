"""The kubelet of one emulated node, with its network plugin: nothing runs, but all is said as a kubelet says it.

It watches its node's pods, as itself (system:node:NAME, whose rights the apiserver checks). A pod gets an IP on the
node's interface in the emulated cloud and runs; a job's pod ends; a deleted one stops, gives its IP back, and is gone,
in that order, as with VPC-CNI.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from http import HTTPStatus

import anyio
import httpx
from anyio.abc import TaskGroup

from eipctl.dev import node, pod_status
from eipctl.dev.machines import Machine
from emulator.cluster.objects import deleting, ended, uid
from emulator.cluster.resources import Object

PODS = "/api/v1/pods"
START_SECONDS, STOP_SECONDS, TEARDOWN_SECONDS = 0.3, 1.0, 0.2
AWAY_SECONDS = 0.5
NOT_YET = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
"""What an apiserver says that has just started and has not read everybody's rights."""


class Pod:
    """A pod of this node: its object as last seen, and whether the object is gone."""

    def __init__(self, seen: Object) -> None:
        """As it is seen first."""
        self.object = seen
        self.gone = False
        self._changed = anyio.Event()

    def see(self, seen: Object, *, gone: bool = False) -> None:
        """There is news."""
        self.object, self.gone = seen, self.gone or gone
        self._changed.set()
        self._changed = anyio.Event()

    async def news(self, than: Object, within: float | None = None) -> None:
        """Wait until more has been seen than this, which may be so already, or until the seconds are over."""
        with anyio.move_on_after(within):
            while self.object is than and not self.gone:
                await self._changed.wait()

    @property
    def to_go(self) -> bool:
        """Whether nothing of it is to run any more."""
        return self.gone or deleting(self.object)


class Kubelet:
    """One node's. All that is done to a pod is done by UID."""

    def __init__(self, name: str, machine: Machine, api: httpx.AsyncClient, *, capacity: bool = True) -> None:
        """Nothing is known yet. `capacity`: whether the node registers with its room for EIPs."""
        self._name, self._machine, self._api, self._capacity = name, machine, api, capacity
        self._pods: dict[str, Pod] = {}

    async def register(self, taints: Sequence[Object]) -> None:
        """Create the Node object, once and with those taints, as soon as the apiserver takes it.

        Where somebody deletes it, pods and Lease are looked after as before, as a real kubelet does until it is
        started anew.
        """
        manifest = node.manifest(self._name, self._machine, taints, time.time(), capacity=self._capacity)
        reply = None
        while reply is None:
            reply = await self._ask("POST", "/api/v1/nodes", manifest)
        if reply.status_code != HTTPStatus.CONFLICT:  # it has done so before: that answer was lost
            reply.raise_for_status()

    async def run(self) -> None:
        """Look after the node's pods until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(node.beat, self._api, self._name)
            while True:
                with suppress(httpx.TransportError):  # the apiserver is away: look anew
                    await self._watch(tasks)
                await anyio.sleep(AWAY_SECONDS)

    async def _watch(self, tasks: TaskGroup) -> None:
        mine = {"fieldSelector": f"spec.nodeName={self._name}"}
        reply = await self._api.get(PODS, params=mine)
        if reply.status_code != HTTPStatus.OK:  # it is there, but not ready to answer
            return
        listed = reply.json()
        present = {uid(pod) for pod in listed["items"]}
        for pod_uid in self._pods.keys() - present:
            self._see(self._pods[pod_uid].object, tasks, gone=True)
        for pod in listed["items"]:
            self._see(pod, tasks)
        version = listed["metadata"]["resourceVersion"]
        params = {**mine, "watch": "1", "resourceVersion": version, "timeoutSeconds": "600"}
        async for kind, seen in self._events(params):
            if kind not in {"ADDED", "MODIFIED", "DELETED"}:
                return
            self._see(seen, tasks, gone=kind == "DELETED")

    async def _events(self, params: dict[str, str]) -> AsyncIterator[tuple[str, Object]]:
        patient = httpx.Timeout(10, read=None)
        async with self._api.stream("GET", PODS, params=params, timeout=patient) as reply:
            if reply.status_code != HTTPStatus.OK:
                return
            async for line in reply.aiter_lines():
                event = json.loads(line)
                yield event.get("type", ""), event.get("object", {})

    def _see(self, seen: Object, tasks: TaskGroup, *, gone: bool = False) -> None:
        known = self._pods.get(uid(seen))
        if known is not None:
            known.see(seen, gone=gone)
        elif not gone:
            self._pods[uid(seen)] = pod = Pod(seen)
            tasks.start_soon(self._live, pod)

    async def _live(self, pod: Pod) -> None:
        """From its first sight to its end, whatever ends it."""
        ip = None
        if not pod.to_go and not ended(pod.object):
            ip = await self._start(pod)
            await self._serve(pod)
        if not pod.to_go:  # it has run its course: the object stays, the IP does not
            await anyio.sleep(TEARDOWN_SECONDS)
            self._free(ip)
            ip = None
        while not pod.to_go:
            await pod.news(pod.object)
        await self._end(pod, ip)
        del self._pods[uid(pod.object)]

    async def _start(self, pod: Pod) -> str | None:
        """Its IP, where it is not the node's."""
        await anyio.sleep(START_SECONDS)
        shared = bool(pod.object["spec"].get("hostNetwork"))
        ip = self._machine.ip if shared else self._machine.assign()
        await self._tell(pod, pod_status.started(pod.object, ip, self._machine.ip, time.time()))
        return None if shared else ip

    async def _serve(self, pod: Pod) -> None:
        """While its containers run: until it is to go, or has ended, by itself or by somebody's word."""
        seconds = pod_status.seconds_of_work(pod.object)
        over = None if seconds is None else time.monotonic() + seconds
        while not pod.to_go and not ended(pod.object):
            seen = pod.object  # while something is told of it, it may be asked to go
            if over is not None and time.monotonic() >= over:
                await self._tell(pod, pod_status.completed(pod.object, time.time()))
                return
            readiness = pod_status.changed_readiness(pod.object, time.time())
            if readiness and pod.object.get("status", {}).get("podIP"):
                await self._tell(pod, readiness)
            await pod.news(seen, within=None if over is None else max(0.0, over - time.monotonic()))

    async def _end(self, pod: Pod, ip: str | None) -> None:
        grace = float(pod.object["metadata"].get("deletionGracePeriodSeconds") or 0)
        if not ended(pod.object):
            await anyio.sleep(STOP_SECONDS if pod.gone else min(STOP_SECONDS, grace))
            await self._tell(pod, pod_status.stopped(pod.object, time.time()))
        await anyio.sleep(TEARDOWN_SECONDS)
        self._free(ip)
        await anyio.sleep(TEARDOWN_SECONDS)
        preconditions = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid(pod.object)}}
        await self._write("DELETE", pod, "", preconditions)

    def _free(self, ip: str | None) -> None:
        if ip is not None:
            self._machine.unassign(ip)

    async def _tell(self, pod: Pod, status: Object) -> None:
        patch = {"metadata": {"uid": uid(pod.object)}, "status": status}
        await self._write("PATCH", pod, "/status", patch)

    async def _write(self, method: str, pod: Pod, part: str, body: Object) -> None:
        """Until the apiserver does it. That the pod is gone or another, it tells in its own time."""
        metadata = pod.object["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}{part}"
        while not pod.gone and await self._ask(method, path, body) is None:
            pass

    async def _ask(self, method: str, path: str, body: Object) -> httpx.Response | None:
        """What the apiserver says to it. None, after a while, where it is away or not ready to answer: ask again."""
        with suppress(httpx.TransportError):
            headers = node.STRATEGIC if method == "PATCH" else None
            reply = await self._api.request(method, path, json=body, headers=headers)
            if reply.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and reply.status_code not in NOT_YET:
                return reply
        await anyio.sleep(AWAY_SECONDS)
        return None
