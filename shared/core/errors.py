"""Errors, named for what to do next and not for where they came from.

    EipclaimError
    ├── InputRejected   the user's or the operator's input is wrong: tell them, do not retry
    ├── Refused         definitely not done, and will not be done soon (rights, arrears, parameters)
    ├── Exhausted       definitely not done: a quota is used up, a slow retry may help
    ├── Throttled       definitely not done: later, slower
    ├── Unavailable     definitely not done: the request never left (no route, refused, DNS, TLS)
    ├── Conflict        definitely not done: the state is another than was thought, look again
    ├── Gone            definitely not done: the object is absent
    └── Ambiguous       perhaps done: look first, never repeat blindly

On a mutation everything that is not known to be one of the definite answers is `Ambiguous`; adapters keep lists of the
definite ones, never of the others, since the set of codes is open.
"""

from __future__ import annotations


class EipclaimError(Exception):
    """Every error of the project: a stable CamelCase `reason` for programs and a one-line `message` for people."""

    def __init__(self, reason: str, message: str) -> None:
        """Keep both; the message must hold no secret and no line break."""
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class InputRejected(EipclaimError):
    """Input that cannot be accepted, now or later."""


class Refused(EipclaimError):
    """A definite no that only a person, or much time, changes."""


class Exhausted(EipclaimError):
    """A definite no because a quota is used up."""


class Throttled(EipclaimError):
    """A definite no because calls came too fast."""


class Unavailable(EipclaimError):
    """A definite no because the request never reached anybody."""


class Conflict(EipclaimError):
    """A definite no because the state has changed since the last look, or another task is running."""


class Gone(EipclaimError):
    """The object that the call names does not exist."""


class Ambiguous(EipclaimError):
    """No answer that can be trusted: a mutation may have been done."""
