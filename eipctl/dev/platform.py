"""What wakes the functions: the timers and the log service's deliveries of `serverless.yml`, with SCF's repeats.

Deliveries overlap; of each timer one invocation runs at a time, as its period is longer than the time limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

from eipctl.dev import audit_log, cron
from eipctl.dev.invocations import Invocation, Invoker
from eipctl.dev.serverless import Cls, Deployment, Timer
from emulator.cluster.timestamps import timestamp

RETRIES = 2
RETRY_SECONDS = 60.0
TIMER_RETRIES = 0
"""The next tick repeats it: the timers' functions never raise."""


@dataclass(frozen=True)
class Pace:
    """What is told by hand instead of in serverless.yml, in seconds: CLS's wait, and the period of all timers."""

    max_wait: float | None = None
    tick: float | None = None


class Platform:
    """Runs until cancelled; tells of each invocation."""

    def __init__(
        self, deployment: Deployment, invoker: Invoker, records: Path, pace: Pace, tell: Callable[[Invocation], None]
    ) -> None:
        """`records` is the audit log, which is followed from now on."""
        self._deployment, self._invoker, self._pace, self._tell = deployment, invoker, pace, tell
        self._records = records

    async def run(self) -> None:
        """Wake the functions."""
        async with anyio.create_task_group() as tasks:
            timers = [one for one in self._deployment.triggers if isinstance(one, Timer)]
            for number, trigger in enumerate(timers):
                after = None if self._pace.tick is None else self._pace.tick * (number + 1) / len(timers)
                tasks.start_soon(self._time, trigger, after)
            for delivery in self._deployment.triggers:
                if isinstance(delivery, Cls):
                    tasks.start_soon(self._deliver, delivery, tasks)

    async def _time(self, trigger: Timer, after: float | None) -> None:
        """By its cron expression; or, the first time so many seconds from now, every tick."""
        if after is not None:
            await anyio.sleep(after)
        while True:
            fired = await self._fires(trigger) if after is None else time.time()
            event = {
                "Type": "Timer",
                "TriggerName": trigger.parameters.name,
                "Time": timestamp(fired),
                "Message": trigger.parameters.argument,
            }
            await self._invoke(trigger.function, event, TIMER_RETRIES)
            if self._pace.tick is not None:
                await anyio.sleep(max(0.0, fired + self._pace.tick - time.time()))

    async def _fires(self, trigger: Timer) -> float:
        while True:
            second = int(time.time()) + 1
            await anyio.sleep(second - time.time())
            if cron.matches(trigger.parameters.cron, datetime.fromtimestamp(second, timezone.utc)):
                return float(second)

    async def _deliver(self, trigger: Cls, tasks: TaskGroup) -> None:
        wait = trigger.parameters.max_wait if self._pace.max_wait is None else self._pace.max_wait
        log = audit_log.Log(self._records)
        try:
            async for batch in audit_log.batches(log, wait, trigger.parameters.max_size):
                for event in audit_log.events(batch, time.time()):
                    tasks.start_soon(self._invoke, trigger.function, event, RETRIES)
        finally:
            log.close()

    async def _invoke(self, name: str, event: Mapping[str, object], retries: int) -> None:
        function = self._deployment.functions[name]
        for again in range(retries + 1):
            if again:
                await anyio.sleep(RETRY_SECONDS)
            came = await self._invoker.invoke(name, function.handler, function.environ, event)
            self._tell(came)
            if came.error is None:
                return
