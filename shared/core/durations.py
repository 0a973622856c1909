"""Durations as people write them (`1h30m`, `Never`), and values as they may stand in messages."""

from __future__ import annotations

import re
from datetime import timedelta

from shared.core.errors import InputRejected

NEVER = "Never"
SHORTEST_EXPIRY = timedelta(minutes=5)
MAX_DURATION_CHARS = 32
MAX_EXCERPT_CHARS = 80
_DURATION = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,7})s)?")


def duration(text: str) -> timedelta | None:
    """The length of a duration such as `1h`, `90m` or `1h30m`; None for `Never`.

    Raises InputRejected for any other text and for less than five minutes (the lower bound of ipamd's
    `--claim-expired-duration`).
    """
    if text == NEVER:
        return None
    match = _DURATION.fullmatch(text) if 0 < len(text) <= MAX_DURATION_CHARS else None
    if match is None:
        raise InputRejected(
            "InvalidDuration", f"{excerpt(text)} is neither a duration such as 1h, 90m or 1h30m nor {NEVER}"
        )
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if length < SHORTEST_EXPIRY:
        raise InputRejected("InvalidDuration", f"{excerpt(text)} is shorter than 5m, the shortest that is allowed")
    return length


def valid_duration(text: str) -> str:
    """The text itself; raises ValueError where `duration` would reject it."""
    try:
        duration(text)
    except InputRejected as error:
        raise ValueError(error.message) from None
    return text


def excerpt(value: object) -> str:
    """A value as one short printable ASCII line, for messages: quotes, controls and foreign letters are escaped."""
    text = ascii(value)
    return text if len(text) <= MAX_EXCERPT_CHARS else f"{text[: MAX_EXCERPT_CHARS - 3]}..."
