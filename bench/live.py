"""Pods on a real control plane, in real time: what its audit log and the emulated cloud's calls tell of them."""

from __future__ import annotations

import json
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import anyio
import httpx

from bench.world import PREFIX, pod
from eipctl.dev import audit_log, figures, world
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.invocations import Invocation
from eipctl.dev.machines import EIPS_EACH
from eipctl.dev.platform import Pace
from eipctl.dev.world import Options, World
from emulator.cloud import Fault
from emulator.cloud.calls import CallRecord

NAMESPACE = "default"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
PATIENCE_SECONDS = 240.0
POLL_SECONDS = 0.25
QUIET_SECONDS = 3.0
"""Without a request of ours after the last pod was told: then whoever served it has looked its last."""
ALWAYS = 10**9
AT_ONCE = 32
ROOM = {"tke.cloud.tencent.com/eip": "1"}


@dataclass(frozen=True)
class Setting:
    """So many pods at once, a cloud that takes so many seconds a call, and how long the log service waits."""

    pods: int
    call: float = 0.0
    limited: bool = False
    """Whether the cloud refuses what is beyond the documented rate of an API."""

    wait: float | None = None
    """None: as deployed."""


@dataclass(frozen=True)
class Burst:
    """Seconds from each pod's IP being known to the apiserver, in ascending order, and what the pods cost."""

    bound: Sequence[float]
    published: Sequence[float]
    last: float
    """From the first IP to the last binding."""
    trail: float
    """The most that a pod was told after its EIP was bound."""
    never: int
    calls: float
    requests: float
    mib: float

    def bound_at(self, percent: int) -> float:
        """Seconds in which so many percent of the pods were bound; for ever, where they were not."""
        return percentile(self.bound, percent, len(self.bound) + self.never)


def percentile(ascending: Sequence[float], percent: int, of: int) -> float:
    """The value that so many percent do not exceed; those of `of` that are not there exceed all."""
    place = math.ceil(of * percent / 100) - 1
    return ascending[place] if place < len(ascending) else math.inf


@dataclass
class Log:
    """What the audit log says, as far as it was read: by each pod's name when it got which IP, and when it was told."""

    ips: dict[str, tuple[float, str]] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    ours: list[float] = field(default_factory=list)
    """When our accounts asked for something."""

    def read(self, lines: Sequence[str]) -> None:
        """Take in those lines."""
        for line in lines:
            if "system:nodes" in line or "eipclaim-system" in line:
                self._take(json.loads(line))

    def _take(self, record: Mapping[str, Any]) -> None:
        at = datetime.fromisoformat(record["stageTimestamp"].replace("Z", "+00:00")).timestamp()
        ours = figures.is_ours(record)
        if ours:
            self.ours.append(at)
        what = record.get("objectRef") or {}
        if record["verb"] != "patch" or what.get("resource") != "pods":
            return
        asked = record.get("requestObject") or {}
        ip = asked.get("status", {}).get("podIP")
        if ours and (asked.get("metadata", {}).get("annotations") or {}).get(f"{PREFIX}/eip-public-ip"):
            self.told.setdefault(what["name"], at)
        elif not ours and ip:
            self.ips.setdefault(what["name"], (at, ip))


class Live:
    """A world with nobody awake in it, and a user who makes pods and deletes them."""

    def __init__(self, opened: World, options: Options, api: httpx.AsyncClient) -> None:
        """Nothing has happened yet."""
        self.world, self._options, self._api = opened, options, api
        self.invocations: list[Invocation] = []
        self.log = Log()
        self._pods: Sequence[object] = ()
        self._tail = audit_log.Log(opened.plane.audit_log)

    def awake(self) -> AbstractAsyncContextManager[None]:
        """The functions are woken; at the end of the context those that run are killed, as are all instances."""
        return world.awake(self.world, self._options, self.invocations.append)

    def behave(self, setting: Setting, *faults: Fault) -> None:
        """Have the cloud be like that from now on; each fault comes without the delay."""
        cloud = self.world.cloud
        with cloud.lock:
            cloud.behaviour.transition_seconds = 0.0
            cloud.behaviour.rate_limits = setting.limited
            cloud.faults.clear()
            for fault in faults:
                cloud.faults.arm(fault)
            if setting.call:
                cloud.faults.arm(Fault("delay", times=ALWAYS, seconds=setting.call))

    async def create(self, names: Sequence[str]) -> None:
        """Those pods, at once."""
        await self._each(names, self._create)

    async def delete(self, names: Sequence[str]) -> None:
        """Have those pods deleted, at once; returns when none is left."""
        await self._each(names, self._delete)
        await self.until(lambda: not self._pods, look=self._list)

    async def _each(self, names: Sequence[str], do: Callable[[str], Any]) -> None:
        limit = anyio.CapacityLimiter(AT_ONCE)

        async def one(name: str) -> None:
            async with limit:
                await do(name)

        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(one, name)

    async def _create(self, name: str) -> None:
        manifest = pod(name, NAMESPACE)
        container = {**manifest["spec"]["containers"][0], "resources": {"limits": ROOM, "requests": ROOM}}
        made = {**manifest, "spec": {**manifest["spec"], "containers": [container]}}
        (await self._api.post(PODS, json=made)).raise_for_status()

    async def _delete(self, name: str) -> None:
        reply = await self._api.delete(f"{PODS}/{name}")
        if reply.status_code != HTTPStatus.NOT_FOUND:
            reply.raise_for_status()

    async def _list(self) -> None:
        self._pods = (await self._api.get(PODS)).raise_for_status().json()["items"]

    async def until(
        self,
        holds: Callable[[], bool],
        seconds: float = PATIENCE_SECONDS,
        look: Callable[[], Any] | None = None,
    ) -> bool:
        """Whether that came about within so many seconds; the audit log is read meanwhile."""
        deadline = time.monotonic() + seconds
        while True:
            if look is not None:
                await look()
            self.log.read(self._tail.new())
            if holds():
                return True
            if time.monotonic() > deadline:
                return False
            await anyio.sleep(POLL_SECONDS)

    async def burst(self, names: Sequence[str], setting: Setting) -> Burst:
        """Make those pods, wait until all are told, and until nobody looks at them any more."""
        self.log.read(self._tail.new())
        asked, runs = len(self.log.ours), len(self.invocations)
        cursor = self.world.cloud.calls.cursor
        await self.create(names)
        await self.until(lambda: all(name in self.log.told for name in names))
        await self.quiet()
        with self.world.cloud.lock:
            calls = self.world.cloud.calls.since(cursor)
        peaks = [one.peak for one in self.invocations[runs:]]
        requests, mib = len(self.log.ours) - asked, max(peaks, default=0.0)
        return measured(names, self.log, calls, setting, requests=requests, mib=mib)

    async def quiet(self) -> None:
        """Wait until our accounts have not asked for anything for a while."""
        await self.until(lambda: not self.log.ours or time.time() - self.log.ours[-1] > QUIET_SECONDS)


def measured(
    names: Sequence[str], log: Log, calls: Sequence[CallRecord], setting: Setting, *, requests: int, mib: float
) -> Burst:
    """Of those pods; an EIP counts as bound when the reply of its binding is there."""
    owners = {log.ips[name][1]: name for name in names if name in log.ips}
    bound: dict[str, float] = {}
    for call in calls:
        if call.action == "AssociateAddress" and call.done and call.params["PrivateIpAddress"] in owners:
            bound.setdefault(owners[call.params["PrivateIpAddress"]], call.at + setting.call)
    known = {name: log.ips[name][0] for name in bound}
    told = {name: log.told[name] for name in bound if name in log.told}
    return Burst(
        bound=sorted(at - known[name] for name, at in bound.items()),
        published=sorted(at - known[name] for name, at in told.items()),
        last=max(bound.values(), default=math.inf) - min(known.values(), default=0.0),
        trail=max((at - bound[name] for name, at in told.items()), default=math.inf),
        never=len(names) - len(bound),
        calls=len(calls) / len(names),
        requests=requests / len(names),
        mib=mib,
    )


@asynccontextmanager
async def opened(plane: ControlPlane, pods: int, wait: float | None) -> AsyncIterator[Live]:
    """A world with room for so many pods with EIPs, with nobody awake in it yet."""
    options = Options(nodes=max(3, -(-pods // EIPS_EACH)), pace=Pace(max_wait=wait))
    context = plane.authority.trusted()
    context.load_cert_chain(f"{plane.home}/admin.crt", f"{plane.home}/admin.key")
    client = httpx.AsyncClient(base_url=plane.url, verify=context, trust_env=False, timeout=30)
    async with world.asleep(plane, options, lambda _: None) as around, client as api:
        yield Live(around, options, api)
