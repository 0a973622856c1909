"""Virtual time: an hour of waiting costs nothing, and two runs of a program see the same moments in the same order.

A Timeline is a clock and a queue of what happens when. `run` runs a coroutine on an asyncio loop that moves this clock
instead of waiting for the real one. Real sockets and threads are waited for only where the caller says when.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

REAL_SECONDS = 0.01
"""So long the real clock runs before it is asked again whether something outside is still to come."""


class Timeline:
    """A clock, in seconds since 1970, that stands still until it is advanced, and the callbacks due on the way."""

    def __init__(self, start: float) -> None:
        """A timeline that stands at `start`, with nothing to come."""
        self._now = start
        self._order = itertools.count()
        self._queue: list[tuple[float, int, Callable[[], object]]] = []

    def now(self) -> float:
        """The present instant."""
        return self._now

    def at(self, when: float, callback: Callable[[], object]) -> None:
        """Have `callback` run when the clock passes `when`; an instant that is past already counts as now."""
        heapq.heappush(self._queue, (max(when, self._now), next(self._order), callback))

    def after(self, delay: float, callback: Callable[[], object]) -> None:
        """Have `callback` run `delay` seconds from now."""
        self.at(self._now + delay, callback)

    def next_due(self) -> float | None:
        """When the next callback is due, or None if nothing is to come."""
        return self._queue[0][0] if self._queue else None

    def advance(self, seconds: float) -> None:
        """Move the clock on; see `advance_to`."""
        self.advance_to(self._now + seconds)

    def advance_to(self, when: float) -> None:
        """Move the clock on to `when`, running what is due by then in order of time, then of insertion.

        Each callback sees its own instant as now; what it schedules within the span still runs. The clock never goes
        back.
        """
        while self._queue and self._queue[0][0] <= when:
            self._now, _, callback = heapq.heappop(self._queue)
            callback()
        self._now = max(self._now, when)


class _VirtualSelector(selectors.DefaultSelector):
    """A selector that passes the time by advancing a timeline."""

    def __init__(self, timeline: Timeline, outside: Callable[[], bool]) -> None:
        super().__init__()
        self._timeline = timeline
        self._outside = outside

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, after `timeout` virtual seconds at most; earlier if a callback of the timeline ran.

        Raises RuntimeError where a real selector would wait for ever.
        """
        ready = self._ready()
        while not ready and timeout != 0 and self._outside():
            ready = super().select(REAL_SECONDS)
        if ready or timeout == 0:
            return ready
        now, due = self._timeline.now(), self._timeline.next_due()
        wakes = [when for when in (due, None if timeout is None else now + timeout) if when is not None]
        if not wakes:
            raise RuntimeError("deadlock: every task waits, and neither a timer nor the timeline has anything to come")
        # Only as far as the next callback: it may wake a task that has to run at that very instant.
        self._timeline.advance_to(min(wakes))
        return self._ready()

    def _ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What is now. Of its own pipe alone, which wakes a loop that waits, the system need not be asked."""
        return super().select(0) if len(self.get_map()) > 1 else []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a timeline's: `asyncio.sleep(5)` advances it by 5 seconds and returns at once."""

    def __init__(self, timeline: Timeline, outside: Callable[[], bool] = lambda: False) -> None:
        """A loop on `timeline`; several loops may use one timeline, one after the other.

        While something is to come from `outside`, no virtual time passes.
        """
        self._timeline = timeline
        super().__init__(_VirtualSelector(timeline, outside))
        # Seconds since 1970 leave a float with steps of 0.24 us. With asyncio's own resolution of 1 ns a timer that is
        # due would never count as due, and the loop would spin.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """The timeline's present instant."""
        return self._timeline.now()


def run(timeline: Timeline, coroutine: Coroutine[Any, Any, T], *, outside: Callable[[], bool] = lambda: False) -> T:
    """The coroutine's result, computed on a fresh loop on `timeline`; like asyncio.run in all else.

    `outside` says whether something is to come that no loop can see, such as another thread's answer on a socket.
    Raises what the coroutine raises, what a callback of the timeline raises, and RuntimeError on a deadlock.
    """
    loop = VirtualLoop(timeline, outside)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        try:
            _cancel_remaining(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _cancel_remaining(loop: asyncio.AbstractEventLoop) -> None:
    remaining = asyncio.all_tasks(loop)
    for task in remaining:
        task.cancel()
    if remaining:
        loop.run_until_complete(asyncio.gather(*remaining, return_exceptions=True))
