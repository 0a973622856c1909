"""One burst in real time, so that what virtual time says can be believed: the same emulator, clients and waits.

Timers fire late on a busy machine, and what the functions and the emulator reckon takes its time, which virtual time
leaves out. Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import anyio

from bench.bursts import burst, floor_alone, with_pods
from bench.table import Figure, Row, main
from bench.world import START, Pace, created
from eipctl.demo.scf import cls_event
from emulator.timeline import Timeline
from shared import runtime
from shared.functions import BIND

T = TypeVar("T")

NUMBER = 100
TICK = 0.005
"""Seconds between two looks at the clock: what is due in the emulator is so much late, at most."""


class RealTime(Timeline):
    """A timeline that goes as the machine's clock does, once it is let go."""

    def __init__(self, start: float) -> None:
        """It stands still, and can be advanced by hand, until `go`."""
        super().__init__(start)
        self._behind: float | None = None
        self._moving = False

    def go(self) -> None:
        """From now on a second is a second."""
        self._behind = super().now() - time.monotonic()

    def now(self) -> float:
        """The present instant; what is due by then runs first."""
        if self._behind is not None and not self._moving:
            self._moving = True
            try:
                self.advance_to(self._behind + time.monotonic())
            finally:
                self._moving = False
        return super().now()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result, waited for."""
        return anyio.run(self._beside, work)

    async def _beside(self, work: Coroutine[Any, Any, T]) -> T:
        self.go()
        async with anyio.create_task_group() as group:
            group.start_soon(self._tick)
            result = await work
            group.cancel_scope.cancel()
        return result

    async def _tick(self) -> None:
        while True:
            self.now()
            await anyio.sleep(TICK)


def measure(number: int = NUMBER, pace: Pace | None = None) -> Figure:
    """The burst in one invocation, against the same in virtual time."""
    pace = pace or Pace()
    (virtual, *_), _, _ = burst(number, floor_alone(pace), pace)
    timeline = RealTime(START)
    world, names = with_pods(number, pace, timeline)
    start = timeline.now()
    event = cls_event(created(names), start)
    host = replace(world.host(), run=timeline.run, monotonic=time.monotonic)
    cpu = time.process_time()
    result = runtime.invoke(BIND, event, {"request_id": "bind", "time_limit_in_ms": 55_000}, host)
    cpu = time.process_time() - cpu
    bound, published = world.bound_at(), world.published_at()
    if len(published) != number:
        raise AssertionError(f"{number - len(published)} of {number} pods were not served: {result}")
    what = f"{number} pods, one invocation, in real time"
    rows = [
        Row(f"{what}: to the last bound, by virtual time", bound[-1] - start, "s", virtual.measured, 1.15),
        Row(f"{what}: to the last published", published[-1] - start, "s"),
        Row(f"{what}: calls refused for rate", world.refused_for_rate()),
        Row(f"{what}: CPU, with the emulator's", cpu, "s"),
    ]
    return Figure("A burst in real time", "In process; the cloud as in virtual time.", rows)


if __name__ == "__main__":
    sys.exit(main(measure))
