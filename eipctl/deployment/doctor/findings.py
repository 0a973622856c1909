"""Findings: what was looked at, how bad it is, what is wrong in one line, and what to do in another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from eipctl.deployment.absence import is_key_refused
from eipctl.deployment.installation import Installation
from eipctl.deployment.ports import Sides
from shared.adapters.kubernetes import Access
from shared.core.errors import EipclaimError, InputRejected
from shared.core.status import one_line


class Severity(str, Enum):
    """How bad it is. Unknown: it could not be looked at, so nobody may take it for well."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


APISERVER, CLOUD = "apiserver", "cloud"
"""The checks without which nearly nothing can be looked at."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. What is well needs no deed."""

    check: str
    severity: Severity
    what: str
    todo: str = ""

    @property
    def fails(self) -> bool:
        """Whether nobody may go on as if all were well: an error, or a side that was not seen."""
        unseen = self.severity is Severity.UNKNOWN and self.check in {APISERVER, CLOUD}
        return unseen or self.severity is Severity.ERROR

    def told(self) -> Mapping[str, str]:
        """For programs."""
        return {"check": self.check, "severity": self.severity.value, "what": self.what, "do": self.todo}


@dataclass(frozen=True)
class Patient:
    """What is looked at: an installation, by its operator's access, at this machine's time.

    `environ` is where `scf deploy` finds the variables of `serverless.yml`.
    """

    installation: Installation
    sides: Sides
    own: Access
    server: str | None
    clock: Callable[[], datetime]
    environ: Mapping[str, str] = field(repr=False)


Verdict = tuple[Severity, str, str]
Look = Callable[[Patient], Awaitable[Sequence[Verdict]]]


@dataclass(frozen=True)
class Check:
    """A named look; `right` says what it needs where it is refused, `sides` whom it asks."""

    name: str
    look: Look
    right: str
    sides: frozenset[str] = frozenset({CLOUD})


def ok(what: str) -> Verdict:
    """Well."""
    return (Severity.OK, what, "")


def warning(what: str, todo: str) -> Verdict:
    """It works, or will, but for something."""
    return (Severity.WARNING, what, todo)


def error(what: str, todo: str) -> Verdict:
    """It does not work."""
    return (Severity.ERROR, what, todo)


def unknown(what: str, todo: str) -> Verdict:
    """It could not be seen."""
    return (Severity.UNKNOWN, what, todo)


async def examine(patient: Patient, checks: Sequence[Check]) -> Sequence[Finding]:
    """All findings. A check that cannot be made is a finding too, and stops no other."""
    findings: list[Finding] = []
    for check in checks:
        down = {one.check for one in findings if one.check in check.sides and one.fails}
        findings += await _made(check, patient, down)
    return findings


async def _made(check: Check, patient: Patient, down: Collection[str]) -> Sequence[Finding]:
    try:
        verdicts = await check.look(patient)
    except InputRejected as problem:
        verdicts = [error(problem.message, "put it right")]
    except EipclaimError as problem:
        verdicts = [unknown(f"could not be looked at: {problem}", _todo(check, problem, down))]
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        what = f"an answer of an unknown form: {type(problem).__name__}"
        verdicts = [unknown(what, "is this release of eipctl older than the cluster's or the cloud's API?")]
    return [Finding(check.name, severity, one_line(what), todo) for severity, what, todo in verdicts]


def _todo(check: Check, problem: EipclaimError, down: Collection[str]) -> str:
    """A right helps only who lacks one: not where the key itself is refused, or nobody answers."""
    if problem.reason == "Denied" and not is_key_refused(problem):
        return f"it takes {check.right}"
    if down:
        return "see " + " and ".join(f"`{one}`" for one in sorted(down)) + " above"
    return "run doctor again; if this stays, the answer says what is wrong"
