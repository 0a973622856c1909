"""What to do next about a reply of the apiserver that is not a success: one table of the definite answers.

Whatever is not in it is `Ambiguous`, also for reads: a gateway may answer for an apiserver that went on working.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from shared.core.errors import Ambiguous, Conflict, EipclaimError, Gone, Refused, Throttled
from shared.core.status import one_line
from shared.core.values import Model, NullAs

NAMED = "named"
"""The apiserver names the object that it misses: only then is a 404 about the object, and not about the path."""


class _Cause(Model):
    reason: str = ""
    field: str = ""


class _Details(Model):
    name: str = ""
    causes: Annotated[tuple[_Cause, ...], NullAs(tuple)] = ()


class _Status(Model):
    """The `Status` (v1) that the apiserver sends in place of an object."""

    kind: Literal["Status"]
    reason: str = ""
    message: str = ""
    details: Annotated[_Details, NullAs(_Details)] = Field(default_factory=_Details)

    def words(self) -> set[str]:
        named = {NAMED} if self.details.name else set()
        return {self.reason, *named, *(word for cause in self.details.causes for word in (cause.reason, cause.field))}


# The first row that fits: code, a word of the Status that must be there, what it means.
ROWS: tuple[tuple[int, str | None, type[EipclaimError], str], ...] = (
    (400, None, Refused, "Invalid"),
    (401, None, Refused, "Denied"),
    (403, "NamespaceTerminating", Gone, "NamespaceTerminating"),
    (403, None, Refused, "Denied"),
    (404, NAMED, Gone, "NotFound"),
    (404, None, Refused, "NotServed"),
    (405, None, Refused, "Invalid"),
    (406, None, Refused, "Invalid"),
    (409, "AlreadyExists", Conflict, "AlreadyExists"),
    (409, None, Conflict, "Changed"),
    (410, None, Conflict, "Expired"),
    (413, None, Refused, "Invalid"),
    (415, None, Refused, "Invalid"),
    (422, "metadata.uid", Gone, "AnotherUID"),  # not 409: the UID in a patch is seen as an immutable field
    (422, None, Refused, "Invalid"),
    (429, None, Throttled, "TooManyRequests"),
)


def classify(request: str, code: int, body: bytes, retry_after: str | None = None, advice: str = "") -> EipclaimError:
    """The error that says what to do next about a reply; `request` and `advice` are for the message."""
    status = _status(body)
    words = status.words() if status else set()
    kind, reason = next(
        ((kind, reason) for row, word, kind, reason in ROWS if row == code and (word is None or word in words)),
        (Ambiguous, "NoAnswer"),
    )
    later = f", again in {retry_after} s" if retry_after and kind is Throttled else ""
    told = f": {status.message}" if status and status.message else ""
    if reason == "NotServed":
        told = f"{told or ':'} not served here; is deploy/crd.yaml applied?"
    if advice:
        told = f"{told}; {advice}"
    return kind(reason, one_line(f"{request}: {code}{later}{told}"))


def _status(body: bytes) -> _Status | None:
    try:
        return _Status.model_validate_json(body)
    except ValidationError:
        return None
