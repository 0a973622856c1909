"""The one clock: the apiserver's, as its replies tell it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from shared.core.errors import Unavailable


class ApiserverClock:
    """Time by the newest `Date` header, going on by the monotonic clock of this process; it never goes back."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """It stands still at no time until the first reply has been seen."""
        self._monotonic = monotonic
        self._base: datetime | None = None
        self._since = 0.0

    def see(self, date: str | None) -> None:
        """Take over the time of a reply, unless it lies behind: another replica's clock may be slow."""
        told = _parse(date)
        if told is not None and (self._base is None or told > self.now()):
            self._base, self._since = told, self._monotonic()

    def now(self) -> datetime:
        """The apiserver's time, in UTC. Raises Unavailable before the first reply."""
        if self._base is None:
            raise Unavailable("NoTime", "the apiserver has not answered yet, so its time is not known")
        return self._base + timedelta(seconds=self._monotonic() - self._since)


def _parse(date: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):  # TypeError: Python 3.10 on text without a date
        return None
    return told.replace(tzinfo=timezone.utc) if told.tzinfo is None else told.astimezone(timezone.utc)
