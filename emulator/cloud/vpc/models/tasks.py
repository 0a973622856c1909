"""The asynchronous tasks: what will have happened to which EIP, when, and whether it works out.

Nothing runs in the background: whoever looks first brings the tasks up to the present.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass

from emulator.cloud.identifiers import Identifiers

RUNNING, SUCCESS, FAILED = "RUNNING", "SUCCESS", "FAILED"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a task takes: seconds, or so many looks at its EIP; and whether it then fails."""

    seconds: float
    describes: int | None = None
    fails: bool = False


@dataclass(slots=True)
class Step:
    """What a task still has to do to one EIP. `finish` gets the instant and whether to succeed, and says if it did."""

    due: float
    task_id: int
    address_id: str
    looks: int | None
    finish: Callable[[float, bool], bool]
    fails: bool


class Tasks:
    """All tasks, and the steps that are still to come."""

    def __init__(self, identifiers: Identifiers) -> None:
        """None."""
        self._identifiers = identifiers
        self._results: dict[int, str] = {}
        self._open: dict[int, int] = {}
        self._timed: list[tuple[float, int, Step]] = []
        self._looked_at: dict[str, Step] = {}
        self._count = 0

    def new(self) -> int:
        """The id of a task with no steps yet; it has succeeded until steps are added."""
        task_id = self._identifiers.task()
        self._results[task_id] = SUCCESS
        return task_id

    def add(self, task_id: int, address_id: str, pace: Pace, now: float, finish: Callable[[float, bool], bool]) -> None:
        """Add a step to a task; the task runs until all its steps are done, and fails if any does."""
        self._open[task_id] = self._open.get(task_id, 0) + 1
        step = Step(now + pace.seconds, task_id, address_id, pace.describes, finish, pace.fails)
        if step.looks is not None:
            self._looked_at[address_id] = step
            return
        self._count += 1
        heapq.heappush(self._timed, (step.due, self._count, step))

    def result(self, task_id: int) -> str | None:
        """RUNNING, SUCCESS or FAILED; None if there is no such task."""
        return RUNNING if self._open.get(task_id) else self._results.get(task_id)

    def run_due(self, now: float) -> None:
        """Take the steps that are due by `now`, each at its own instant."""
        while self._timed and self._timed[0][0] <= now:
            due, _, step = heapq.heappop(self._timed)
            self._take(step, due)

    def looked(self, address_ids: Collection[str], now: float) -> None:
        """Count a look at these EIPs."""
        for address_id in [one for one in address_ids if one in self._looked_at]:
            step = self._looked_at[address_id]
            step.looks = (step.looks or 0) - 1
            if step.looks <= 0:
                del self._looked_at[address_id]
                self._take(step, now)

    def _take(self, step: Step, now: float) -> None:
        worked = step.finish(now, not step.fails)
        self._open[step.task_id] -= 1
        if not worked:
            self._results[step.task_id] = FAILED
