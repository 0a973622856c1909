"""The call log: what arrived, from whom, and what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call. `code` is "OK", the API's refusal, or "Dropped" for one that a fault kept from arriving.

    `answered` is false where a fault kept the outcome from the caller; `done` is what really happened.
    """

    number: int
    at: float
    identity: str
    service: str
    action: str
    params: Mapping[str, Any]
    code: str
    done: bool
    answered: bool
    changes: bool
    request_id: str


class CallLog:
    """The newest calls, numbered from 1."""

    def __init__(self, size: int) -> None:
        """A log that keeps the last `size` calls."""
        self._records: deque[CallRecord] = deque(maxlen=size)
        self.cursor = 0
        """The number of the newest call: what follows is `since(cursor)`."""

    def append(self, record: CallRecord) -> None:
        """Add a call."""
        self._records.append(record)
        self.cursor = record.number

    def since(self, cursor: int = 0) -> list[CallRecord]:
        """The calls after number `cursor`, oldest first, as far as they are kept."""
        new = min(max(0, self.cursor - cursor), len(self._records))
        return list(islice(reversed(self._records), new))[::-1]

    def changes(self, cursor: int = 0) -> list[CallRecord]:
        """Those after `cursor` that took effect and were meant to change something."""
        return [record for record in self.since(cursor) if record.changes and record.done]
