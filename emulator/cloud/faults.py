"""Faults on demand: the next calls of an action that are lost, cut, refused or slowed down, on any way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal[
    "drop",  # the request never arrives; the connection is closed
    "drop_reply",  # done; the connection is closed without a reply
    "error_before",  # not done; a broken reply of the given `shape`
    "error_after",  # done; then a broken reply of the given `shape`
    "stall",  # done; no reply ever comes, the connection stays open
    "throttle",  # refused for rate; not done
    "code",  # refused with `code`; not done
    "delay",  # done at once; the reply comes after `seconds`
    "late",  # done only after `seconds`, whether or not the caller still waits
    "linger",  # the task that the call starts takes `seconds`
    "task_fails",  # the task that the call starts ends FAILED, after `seconds` if given
]
ReplyShape = Literal[
    "status",  # HTTP `status` with an HTML page; a redirection to where the request went already
    "truncated",  # the true reply, cut in the middle
    "short",  # the true reply under a Content-Length of half of it
    "empty",  # HTTP 200, application/json, no body
    "garbage",  # HTTP 200, application/json, no JSON
    "text",  # HTTP 200 with an HTML page
    "code",  # HTTP 200 with the error `code`
]

LOST_REPLY: frozenset[FaultKind] = frozenset({"drop_reply", "error_after", "stall"})
"""The kinds that do the work and keep the outcome to themselves."""

UNDONE: frozenset[FaultKind] = frozenset({"drop", "error_before"})
"""The kinds under which nothing is done, and nobody says so."""


@dataclass(frozen=True)
class Fault:
    """What shall go wrong, with which calls: `times` of them, after `skip` others, that match all of the rest."""

    kind: FaultKind
    action: str = "*"
    times: int = 1
    skip: int = 0
    match: Mapping[str, Any] = field(default_factory=dict)
    """Parameters with the values they must have."""
    identity: str | None = None
    code: str = "InternalError"
    message: str = "An internal error has occurred."
    seconds: float | None = None
    shape: ReplyShape = "status"
    status: int = 502


@dataclass
class _Armed:
    fault: Fault
    to_skip: int
    left: int


class Faults:
    """The faults that are armed."""

    def __init__(self) -> None:
        """None."""
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault) -> None:
        """Add a fault; of several that fit a call, the one armed first takes it."""
        self._armed.append(_Armed(fault, fault.skip, fault.times))

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def armed(self) -> list[Fault]:
        """Those that still wait for a call."""
        return [armed.fault for armed in self._armed]

    def take(self, action: str, params: Mapping[str, Any], identity: str) -> Fault | None:
        """The fault that this call meets, if any; it counts as used."""
        for armed in self._armed:
            if not _fits(armed.fault, action, params, identity):
                continue
            if armed.to_skip > 0:
                armed.to_skip -= 1
                continue
            armed.left -= 1
            if armed.left <= 0:
                self._armed.remove(armed)
            return armed.fault
        return None


def _fits(fault: Fault, action: str, params: Mapping[str, Any], identity: str) -> bool:
    return (
        fault.action in ("*", action)
        and fault.identity in (None, identity)
        and all(params.get(name) == value for name, value in fault.match.items())
    )
