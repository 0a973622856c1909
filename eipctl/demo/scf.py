"""SCF as the demo plays it: timers, audit-log batches, JSON in and JSON out, a fresh context for every invocation.

CLS waits up to `MAX_WAIT` seconds to fill a batch, gzips it, and delivers it at least once. A failed invocation of
`bind` is repeated a minute later, twice at the most (SCF's default for asynchronous invocations).
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from eipctl.invoke import HANDLERS
from emulator.timeline import Timeline
from shared import runtime
from shared.core.errors import EipclaimError

PERIOD = 60.0
MAX_WAIT = 3.0
RETRIES = 2
OFFSETS = {"allocate": 0.0, "reclaim": 30.0}


@dataclass(order=True)
class _Due:
    at: float
    order: int
    function: str = field(compare=False)
    event: object = field(compare=False)
    tries: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Run:
    """One invocation: when it began, what it returned, or what it raised."""

    at: float
    function: str
    result: Mapping[str, object] | None
    error: str | None = None


class Scf:
    """Fires the functions on a timeline, one after the other."""

    def __init__(
        self, timeline: Timeline, host: runtime.Host, records: Callable[[], Sequence[Mapping[str, object]]]
    ) -> None:
        """`records` gives the audit records that came since it was last asked."""
        self._timeline = timeline
        self._host = host
        self._records = records
        self._order = itertools.count()
        self._due: list[_Due] = []
        self._batch: list[Mapping[str, object]] = []
        self._batch_due = 0.0
        self.runs: list[Run] = []
        for function, offset in OFFSETS.items():
            self._schedule(timeline.now() + PERIOD + offset, function, None)

    def _schedule(self, at: float, function: str, event: object, tries: int = 0) -> None:
        self._due.append(_Due(at, next(self._order), function, event, tries))

    def collect(self) -> None:
        """Take in new audit records; a full wait after the first of them they are delivered together."""
        new = self._records()
        if new and not self._batch:
            self._batch_due = self._timeline.now() + MAX_WAIT
        self._batch.extend(new)

    def next_at(self) -> float:
        """When the next invocation is due."""
        timers = min(due.at for due in self._due)
        return min(timers, self._batch_due) if self._batch else timers

    def fire(self) -> None:
        """Run what is due now."""
        now = self._timeline.now()
        if self._batch and self._batch_due <= now:
            event, self._batch = cls_event(self._batch, now), []
            self._schedule(now, "bind", event)
        for due in sorted(due for due in self._due if due.at <= now):
            self._due.remove(due)
            self._run(due)

    def _run(self, due: _Due) -> None:
        if due.event is None:
            self._schedule(due.at + PERIOD, due.function, None)
        try:
            self.invoke(due.function, due.event if due.event is not None else timer_event(due.at))
        except EipclaimError as error:
            self.runs.append(Run(due.at, due.function, None, str(error)))
            if due.tries < RETRIES:
                self._schedule(due.at + PERIOD, due.function, due.event, due.tries + 1)

    def invoke(self, function: str, event: object) -> Mapping[str, object]:
        """One invocation, now; its result as JSON gives it back."""
        at = self._timeline.now()
        context = {
            "request_id": f"{function}-{len(self.runs)}",
            "function_name": function,
            "time_limit_in_ms": 55_000,
            "memory_limit_in_mb": 128,
            "environ": "SCF_NAMESPACE=default",
        }
        reply = HANDLERS[function](json.loads(json.dumps(event)), context, self._host)
        result: Mapping[str, object] = json.loads(json.dumps(reply))
        self.runs.append(Run(at, function, result))
        return result


def timer_event(at: float) -> Mapping[str, object]:
    """What a timer trigger sends."""
    return {"Type": "Timer", "TriggerName": "every-minute", "Time": f"{at:.0f}", "Message": ""}


def cls_event(records: Sequence[Mapping[str, object]], now: float) -> Mapping[str, object]:
    """What a CLS trigger sends: the batch as base64 of gzip of JSON."""
    batch = {
        "topic_id": "demo",
        "topic_name": "audit",
        "records": [{"timestamp": str(int(now * 1e6)), "content": json.dumps(record)} for record in records],
    }
    packed = gzip.compress(json.dumps(batch).encode(), compresslevel=1, mtime=0)
    return {"clslogs": {"data": base64.b64encode(packed).decode()}}
