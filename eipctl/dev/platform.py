"""What wakes the functions: the timers and the log service's deliveries of `serverless.yml`.

Deliveries overlap; of each timer one invocation runs at a time, as its period is longer than the time limit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

from eipctl.dev import audit_log, cron, scf
from eipctl.dev.delivery import Batch, Delivery
from eipctl.dev.scf import Scf
from eipctl.dev.serverless import Cls, Timer, Trigger
from emulator.cluster.timestamps import timestamp


@dataclass(frozen=True)
class Pace:
    """Told by hand, in seconds: CLS's wait and the timers' period, instead of serverless.yml's; and SCF's minute."""

    max_wait: float | None = None
    tick: float | None = None
    retry: float = scf.RETRY_SECONDS


class Platform:
    """Runs until cancelled."""

    def __init__(
        self, triggers: Sequence[Trigger], functions: Scf, records: Path, pace: Pace, delivery: Delivery
    ) -> None:
        """`records` is the audit log, which is followed from when it runs; `delivery` is what arrives of it."""
        self._triggers, self._scf, self._pace, self._delivery = triggers, functions, pace, delivery
        self._records = records

    async def run(self) -> None:
        """Wake the functions."""
        async with anyio.create_task_group() as tasks:
            timers = [one for one in self._triggers if isinstance(one, Timer)]
            for number, trigger in enumerate(timers):
                after = None if self._pace.tick is None else self._pace.tick * (number + 1) / len(timers)
                tasks.start_soon(self._time, trigger, after, tasks)
            for topic in self._triggers:
                if isinstance(topic, Cls):
                    tasks.start_soon(self._follow, topic, tasks)

    async def _time(self, trigger: Timer, after: float | None, tasks: TaskGroup) -> None:
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
            await self._scf.accept(trigger.function, event, tasks)
            if self._pace.tick is not None:
                await anyio.sleep(max(0.0, fired + self._pace.tick - time.time()))

    async def _fires(self, trigger: Timer) -> float:
        while True:
            second = int(time.time()) + 1
            await anyio.sleep(second - time.time())
            if cron.matches(trigger.parameters.cron, datetime.fromtimestamp(second, timezone.utc)):
                return float(second)

    async def _follow(self, trigger: Cls, tasks: TaskGroup) -> None:
        wait = trigger.parameters.max_wait if self._pace.max_wait is None else self._pace.max_wait
        log = audit_log.Log(self._records)
        try:
            async for batch in audit_log.batches(log, wait, trigger.parameters.max_size):
                for after, part in self._delivery(batch):
                    tasks.start_soon(self._deliver, trigger.function, after, part, tasks)
        finally:
            log.close()

    async def _deliver(self, function: str, after: float, records: Batch, tasks: TaskGroup) -> None:
        await anyio.sleep(after)
        for event in audit_log.events(records, time.time()):
            tasks.start_soon(self._scf.accept, function, event, tasks)
