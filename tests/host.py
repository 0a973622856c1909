"""A platform that runs one function, and keeps what was connected to, what was invoked, and what was logged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio

from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Secret
from shared.core.table import Role
from shared.functions import Function, Invocation
from shared.observe import Ports
from shared.runtime import Host, invoke
from shared.settings import Settings

ENVIRON = {
    "EIPCLAIM_CLUSTER_ID": "cls-blue",
    "EIPCLAIM_VPC_ID": "vpc-blue",
    "TENCENTCLOUD_REGION": "ap-guangzhou",
    "TENCENTCLOUD_SECRETID": "AKIDold",
    "TENCENTCLOUD_SECRETKEY": "old-key",
    "TENCENTCLOUD_SESSIONTOKEN": "old-token",
}
CANARY = "canary-of-a-secret"


class Platform:
    """Runs one function, and keeps what was connected to, what was invoked, and what was logged."""

    def __init__(self, environ: Mapping[str, str] = ENVIRON, connecting: float = 0.0) -> None:
        self.connected: list[tuple[Settings, Secret, Role]] = []
        self.invocations: list[Invocation] = []
        self.lines: list[str] = []
        self._timeline = Timeline(1_795_478_400.0)
        self._environ, self._connecting = environ, connecting

    def invoke(
        self,
        context: object = None,
        *,
        work: Callable[[Invocation], Awaitable[dict[str, object]]] | None = None,
        raises: bool = False,
    ) -> dict[str, object]:
        """The result of a function that does `work`, by default nothing."""

        async def look(invocation: Invocation) -> dict[str, object]:
            self.invocations.append(invocation)
            return await work(invocation) if work else {"function": "try"}

        return self.run(Function("try", Role.GIVE, lambda _: look, raises), {}, context)

    def run(self, function: Function, event: object, context: object = None) -> dict[str, object]:
        """The result of that function."""
        host = Host(
            connect=self._connect,
            environ=self._environ,
            run=self._run,
            nonce=lambda: "nonce",
            write=self.lines.append,
            monotonic=self._timeline.now,
        )
        return invoke(function, event, context, host)

    def log(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.lines]

    def _run(self, work: Coroutine[Any, Any, Any]) -> object:
        return run(self._timeline, work)

    @asynccontextmanager
    async def _connect(self, settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        self.connected.append((settings, secret, role))
        await anyio.sleep(self._connecting)
        yield cast("Ports", None)  # nothing is asked of them
