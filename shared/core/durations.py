"""Durations as people write them (`1h30m`, `Never`), and values as they may stand in messages."""

from __future__ import annotations

import re
from datetime import timedelta

from shared.core.errors import InputRejected

NEVER = "Never"
SHORTEST_EXPIRY = timedelta(minutes=5)
MAX_DURATION_CHARS = 32
MAX_EXCERPT_CHARS = 80
MAX_PATH_CHARS, MAX_SEGMENT_CHARS, BEGINNING = 256, 64, 12
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


def path_excerpt(text: str) -> str:
    """A path, or the name of a secret, for messages; only the beginning of what looks like neither.

    Whoever has the text of a kubeconfig, or a token, where its name belongs must not read it again in a log.
    """
    named = len(text) <= MAX_PATH_CHARS and text.isprintable() and not set(text) & set("{}\"'")
    if named and all(len(segment) <= MAX_SEGMENT_CHARS for segment in text.split("/")):
        return text
    return f"{ascii(text[:BEGINNING])[1:-1]}... ({len(text)} characters)"
