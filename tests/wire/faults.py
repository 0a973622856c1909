"""What can go wrong between us and the cloud, once, and what has to be concluded from it: a row for each."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.cloud import Fault
from shared.core.errors import Ambiguous, EipclaimError, Exhausted, Refused, Throttled, Unavailable


@dataclass(frozen=True)
class Row:
    """A fault, the error that a mutation meets, whether it was done, and what makes the error the right one."""

    what: str
    fault: Fault | None
    error: type[EipclaimError]
    done: bool
    why: str
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        """How many requests a mutation makes: one, where there is somebody to make it to."""
        return 0 if self.fault is None else 1


def _gateway(status: int, *, done: bool) -> Row:
    when = "after" if done else "before"
    fault = Fault("error_after" if done else "error_before", status=status)
    return Row(f"HTTP {status} {when} the effect", fault, Ambiguous, done, "a gateway does not know what is behind it")


def _broken(what: str, shape: str, why: str) -> Row:
    return Row(what, Fault("error_after", shape=shape), Ambiguous, done=True, why=why)  # type: ignore[arg-type]


def _told(what: str, code: str, error: type[EipclaimError], why: str) -> Row:
    return Row(what, Fault("code", code=code), error, done=False, why=why)


FAULTS = (
    Row("connection refused", None, Unavailable, done=False, why="nobody was there to do it"),
    Row("connection closed before the effect", Fault("drop"), Ambiguous, done=False, why="it was sent"),
    Row("connection closed after the effect", Fault("drop_reply"), Ambiguous, done=True, why="it was sent"),
    Row("no answer", Fault("stall"), Ambiguous, done=True, why="it was sent", seconds=15.0),
    *(_gateway(status, done=done) for status in (500, 502, 503, 504) for done in (False, True)),
    _gateway(429, done=True),
    _gateway(403, done=True),
    Row("redirection (307)", Fault("error_after", status=307), Ambiguous, done=True, why="it is not followed"),
    _broken("body cut", "truncated", "there is no telling what it said"),
    _broken("body longer than its Content-Length", "short", "there is no telling what it said"),
    _broken("HTTP 200 without a body", "empty", "the API always says something"),
    _broken("HTTP 200 with broken JSON", "garbage", "there is no telling what it said"),
    _broken("HTTP 200 with a page", "text", "the API does not speak HTML"),
    Row(
        "InternalError after the effect",
        Fault("error_after", shape="code", code="InternalError"),
        Ambiguous,
        done=True,
        why="the code says nothing about the effect",
    ),
    _told("InternalError before the effect", "InternalError", Ambiguous, "the code says nothing about the effect"),
    _told("a code that nobody has heard of", "SomethingNew.Entirely", Ambiguous, "only listed codes are definite"),
    Row("too many requests", Fault("throttle"), Throttled, done=False, why="counted before anything is done"),
    _told("too many requests of the account", "RequestLimitExceeded.UinLimitExceeded", Throttled, "likewise"),
    _told("signature expired", "AuthFailure.SignatureExpire", Refused, "checked before anything is done"),
    _told("credentials expired", "AuthFailure.TokenFailure", Refused, "likewise"),
    _told("not allowed", "UnauthorizedOperation", Refused, "likewise"),
    _told("quota used up", "AddressQuotaLimitExceeded", Exhausted, "said before anything is done"),
    Row(
        "too many requests, but done all the same",
        Fault("error_after", shape="code", code="RequestLimitExceeded"),
        Throttled,
        done=True,
        why="a lie that a client cannot see through; the next look does",
    ),
)

TOLD_APART = tuple({(row.error, row.done, row.seconds): row for row in FAULTS}.values())
"""One of each kind that the loop can tell from the others: it sees the error, what was done, and how long it took."""
