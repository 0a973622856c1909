"""What comes of an invocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Invocation:
    """What came of one: the result, or in one line what went wrong.

    `seconds` is from its start to its end, the start of a cold instance included; `peak` is the most memory in MB that
    the instance had.
    """

    function: str
    seconds: float
    result: Mapping[str, object] | None
    error: str | None = None
    cold: bool = False
    peak: float = 0.0
