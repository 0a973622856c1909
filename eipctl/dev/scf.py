"""Asynchronous invocations as SCF repeats them; timers and the log service make no others.

What fails is repeated a minute later, twice at the most. What finds all reserved instances at work (status 432) is
tried again every minute, for six hours. Then the event is dropped: there is no dead letter queue here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup

from eipctl.dev.invocations import Invocation

RETRIES = 2
RETRY_SECONDS = 60.0
TTL_SECONDS = 21_600.0
OVER_LIMIT = "432: all reserved instances are at work"

Event = Mapping[str, object]


@dataclass
class _Message:
    function: str
    event: Event
    until: float
    failures: int = 0


class Scf:
    """The queues of all functions; it tells of each attempt."""

    def __init__(
        self,
        run: Callable[[str, Event], Awaitable[Invocation]],
        tell: Callable[[Invocation], None],
        *,
        reserved: Mapping[str, int],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """`run` runs a function once; `reserved` is how many instances a function may have, where that is limited."""
        self._run, self._tell = run, tell
        self._reserved, self._retry_seconds = reserved, retry_seconds
        self._at_work: Counter[str] = Counter()

    async def accept(self, function: str, event: Event, tasks: TaskGroup) -> None:
        """Returns after the first attempt; what has to be repeated goes on among the tasks."""
        message = _Message(function, event, anyio.current_time() + TTL_SECONDS)
        if not await self._settles(message):
            tasks.start_soon(self._repeat, message)

    async def _repeat(self, message: _Message) -> None:
        while True:
            await anyio.sleep(self._retry_seconds)
            if anyio.current_time() >= message.until or await self._settles(message):
                return

    async def _settles(self, message: _Message) -> bool:
        """One attempt: whether the message is done with."""
        function = message.function
        if self._at_work[function] >= self._reserved.get(function, self._at_work[function] + 1):
            self._tell(Invocation(function, 0.0, None, OVER_LIMIT))
            return False
        self._at_work[function] += 1
        try:
            came = await self._run(function, message.event)
        finally:
            self._at_work[function] -= 1
        self._tell(came)
        message.failures += came.error is not None
        return came.error is None or message.failures > RETRIES
