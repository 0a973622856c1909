"""Writes the document of the error codes: `python -m tests.wire.error_codes > docs/error-codes.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from shared.adapters.cloud import vpc
from shared.adapters.cloud.codes import classify
from tests.wire.consequences import ACTIONS, ANSWERS, BUY, REPLAY, Consequence, by, consequence, grace
from tests.wire.faults import FAULTS
from tests.wire.listed import LISTED

INTRODUCTION = """\
# Error codes

Generated from the code; a test keeps it so, and plays every code of every call through the loop.

No client repeats a call by itself. What is not certain to be undone is looked at before it is sent again.
"""

CODES = """\
## What a code means

*Answer* is the class of `shared/core/errors.py`; *reason* is what a claim's condition and the events say. Codes that
are not here are Ambiguous, since the set is open.
"""

CONSEQUENCES = """\
## What an answer to a mutation leads to

While the answer stays the same. *Waits* are the least: what is due between two sweeps waits for the next.
*At most* is how often it is sent for one claim within ten minutes. *Attempt*: of a purchase, whether the next has a new
ClientToken. *Phase*: what `kubectl get eipc` shows meanwhile; an event is told once, on pod and claim. What may be
another answer soon is told when it goes on.
"""

READING = """\
## What an answer to a look leads to

Nothing is decided without a look: nothing is bought, bound, unbound or given back, and claims stay as they are. One
thing needs no look at the EIPs: `bind` buys for a claim that it has just made, since nothing can be there that bears
its mark.

Refused for rate, a look is asked again for up to {patience:.0f} s at a pace that halves; any other answer ends it, and
the invocation's result holds the `error`. `allocate` and `reclaim` look again by their next tick; `bind` fails, so that
the platform delivers its event again.
"""

WIRE = """\
## What happens on the wire leads to

Tried with every call over a socket. *Requests*: how many the server saw of a mutation.
"""


def render() -> str:
    """The whole document."""
    parts = [
        INTRODUCTION,
        CODES,
        _table(("code", "answer", "reason", "listed for"), _codes()),
        CONSEQUENCES,
        _table(("call", "answer", "waits", "by", "at most", "attempt", "phase", "event"), _consequences()),
        READING.format(patience=vpc.PATIENCE),
        WIRE,
        _table(("what happens", "answer", "requests", "after", "because"), _wire()),
    ]
    return "\n".join(parts)


def _table(heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [heads, tuple("---" for _ in heads), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _codes() -> Iterator[tuple[str, ...]]:
    for code in sorted({code for codes in LISTED.values() for code in codes}):
        error = classify(code, "")
        yield code, type(error).__name__, error.reason, ", ".join(call for call in LISTED if code in LISTED[call])


def _consequences() -> Iterator[tuple[str, ...]]:
    for action in (*ACTIONS.values(), REPLAY):
        call = vpc.APIS[action.intent.action] + (", after no answer" if action is REPLAY else "")
        grouped: dict[Consequence, list[str]] = {}
        for answer in ANSWERS:
            grouped.setdefault(consequence(action, answer), []).append(answer.__name__)
        for found, answers in grouped.items():
            waits = _words(found, grace(action))
            attempt = found.attempt if action in (BUY, REPLAY) else ""
            phase, event = _told(found)
            yield call, ", ".join(answers), waits, by(action), str(found.sends), attempt, phase, event


def _told(found: Consequence) -> tuple[str, str]:
    """What the phase is, and which event there is, at first and later."""
    at_first, later = " or ".join(sorted(found.phases)), f"from the {found.told_at}th in a row on "
    event = f"Warning {found.event}" if found.event else ""
    if found.told_at > 1:
        blocked = f"; {later}Blocked, for the code's reason" if found.blocks else ""
        return at_first + blocked, event + f", at the {found.told_at}th"
    return ("Blocked, for the code's reason" if found.blocks else at_first), event


def _words(found: Consequence, after: float) -> str:
    count = 6 if found.burst and not found.told_at else None
    waits = list(found.waits[:count])
    rising = [wait for number, wait in enumerate(waits) if number == 0 or wait != waits[number - 1]]
    words = ", ".join(f"{wait:.0f}" for wait in rising) + " s" + (" ..." if waits.count(rising[-1]) > 1 else "")
    return f"{words}; into the next invocation {after:.0f} s" if found.burst else words


def _wire() -> Iterator[tuple[str, ...]]:
    for row in FAULTS:
        after = f"{row.seconds:.0f} s" if row.seconds else "at once"
        yield row.what, row.error.__name__, str(row.requests), after, row.why


if __name__ == "__main__":
    sys.stdout.write(render())
