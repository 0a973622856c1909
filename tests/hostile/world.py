"""A small world with a meddler on its wires: every invocation of it is held to what must be true of all of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from eipctl.demo.scf import timer_event
from eipctl.demo.stage import CLOUD_LATENCY_SECONDS, CLUSTER_ID, VPC_ID, Stage
from eipctl.invoke import HANDLERS
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import run
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core.errors import EipclaimError, InputRejected
from shared.core.table import Role
from shared.observe import Ports
from shared.runtime import Host
from shared.settings import Settings
from tests.faults.watch import Watch
from tests.hostile.wire import MeddledTransport, Meddler, cluster
from tests.loop.scenes import pod

ENVIRON = {
    "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
    "EIPCLAIM_VPC_ID": VPC_ID,
    "TENCENTCLOUD_REGION": "ap-guangzhou",
    "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
    "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
}
CONTEXT = {"request_id": "r", "time_limit_in_ms": 55_000, "memory_limit_in_mb": 128, "environ": "SCF_NAMESPACE=default"}
LONGEST_LINE = 64 * 1024
LONGEST_RESULT = 64 * 1024
"""Characters; the platform takes 6 MB of a result and 1 MB of a log line."""


class World:
    """Two pods that are served, `victim` and `good`, unless told otherwise; time passes with the invocations."""

    def __init__(self, *pods: str, **environ: str) -> None:
        """The pods are there, and have been served."""
        self.meddler = Meddler()
        self.lines: list[str] = []
        self.stage = Stage()
        self.watch = Watch(self.stage)
        numbers = itertools.count()
        self._host = Host(
            connect=self._connect,
            environ={**ENVIRON, **environ},
            run=lambda work: run(self.stage.timeline, work),
            nonce=lambda: str(next(numbers)),
            write=self.lines.append,
            monotonic=self.stage.timeline.now,
        )
        for name in pods:
            self.add(name)
        if pods:
            self.ticks(2)
            assert all(self.serves(name) for name in pods)

    @asynccontextmanager
    async def _connect(self, settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
        stage = self.stage
        inner = InProcessTransport(stage.cloud, latency=CLOUD_LATENCY_SECONDS, after=stage.timeline.after)
        user = GIVE if role is Role.GIVE else TAKE
        seen = cluster(stage.cluster.api, user, stage.timeline.now, self.meddler)
        transport = MeddledTransport(inner, self.meddler)
        async with sdk.connect(SERVICE, VERSION, settings.region, secret, transport=transport) as call:
            yield Ports(seen, VpcCloud(call, settings.cluster_id, settings.vpc_id))

    def add(self, name: str, **annotations: str) -> None:
        """A pod that asks for an EIP; it gets its IP at once."""
        self.stage.cluster.apply(pod(name, **annotations))
        self.stage.timeline.advance(3)

    def serves(self, name: str) -> bool:
        """Whether that pod has its EIP, and was told."""
        found = self.stage.sees.find_pod(name)
        return found is not None and self.stage.sees.told(found) is not None

    def ticks(self, times: int) -> None:
        """So many minutes with their timers."""
        for _ in range(times):
            for function in ("allocate", "reclaim"):
                self.invoke(function, timer_event(0))
                self.stage.timeline.advance(30)

    def invoke(self, function: str, event: object) -> dict[str, object]:
        """The result. Raises AssertionError for a log or a result that is not fit to be sent, and for a crash."""
        first = len(self.lines)
        try:
            result = HANDLERS[function](event, CONTEXT, self._host)
        except EipclaimError as error:
            if function != "bind" or isinstance(error, InputRejected):
                raise AssertionError("only bind has its event delivered again, and not one that is wrong") from error
            result = {}
        self.watch.check()
        assert len(json.dumps(result, allow_nan=False)) <= LONGEST_RESULT
        for line in self.lines[first:]:
            assert line.isascii()
            assert line.isprintable()
            assert len(line) <= LONGEST_LINE
            told = json.loads(line, parse_constant=_no_constant)
            assert told["event"] != "crashed", line
        return result

    def changes(self, since: int, address_id: str | None = None) -> list[str]:
        """The calls that changed the cloud, of one EIP if it is named."""
        calls = self.stage.cloud.calls.changes(since)
        return [call.action for call in calls if address_id is None or address_id in str(call.params)]

    def told(self, event: str) -> list[dict[str, Any]]:
        """The log lines of that name."""
        return [told for told in map(json.loads, self.lines) if told["event"] == event]


def _no_constant(name: str) -> object:
    raise AssertionError(f"{name} is no JSON")
