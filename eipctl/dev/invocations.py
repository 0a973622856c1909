"""What comes of an invocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Invocation:
    """What came of one: the result, whatever JSON that is, or in one line what went wrong.

    `seconds` is from its start to its end, the start of a cold instance included; `peak` is the most memory in MB that
    the instance had.
    """

    function: str
    seconds: float
    result: Any
    error: str | None = None
    cold: bool = False
    peak: float = 0.0
