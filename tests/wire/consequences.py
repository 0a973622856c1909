"""What every answer of the cloud leads to, derived from the code that decides it: the rows of `docs/error-codes.md`.

What a claim becomes is `outcome.failed`'s to say, how long is waited `status.back_off`'s, the loop's memory's and the
rows' grace, and who may send it again the decision table's.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.core import errors, outcome, table
from shared.core.actions import Allocate, Associate, CloudAction, Disassociate, Release, SetBandwidth
from shared.core.claim import ActionKind, Claim, Phase
from shared.core.errors import EipclaimError
from shared.core.outcome import Verdict
from shared.core.status import back_off
from shared.core.table import Row
from shared.core.world import GRACE, IN_FLIGHT, Outcome
from shared.memory import FIRST_COOL_DOWN, LONGEST_COOL_DOWN
from shared.runtime import DEFAULT_LIMIT_SECONDS, RESERVE_SECONDS
from tests.core.decision_table import SECTIONS
from tests.core.worlds import ENI, IP, NOW, PARAMETERS, TOKEN, claim, made, owning

TEN_MINUTES = 600.0
INVOCATION = DEFAULT_LIMIT_SECONDS - RESERVE_SECONDS
ANSWERS: tuple[type[EipclaimError], ...] = (
    errors.Throttled,
    errors.Conflict,
    errors.Gone,
    errors.Refused,
    errors.Exhausted,
    errors.Ambiguous,
)
BUY = Allocate(made("Allocate", token=TOKEN, parameters=PARAMETERS), {})
REPLAY = Allocate(BUY.intent, {}, replay=True)
ACTIONS: Mapping[ActionKind, CloudAction] = {
    ActionKind.ALLOCATE: BUY,
    ActionKind.ASSOCIATE: Associate(made("Associate", target=IP), {}, "eip-1", ENI, IP),
    ActionKind.DISASSOCIATE: Disassociate(made("Disassociate", target="eip-1"), {}, "eip-1"),
    ActionKind.RELEASE: Release(made("Release", target="eip-1"), {}, "eip-1"),
    ActionKind.SET_BANDWIDTH: SetBandwidth(
        made("SetBandwidth", target="eip-1", parameters={"mbps": 5}), {}, "eip-1", 5
    ),
}


@dataclass(frozen=True)
class Consequence:
    """What one class of answer to one mutation leads to, as long as the answer stays the same."""

    waits: tuple[float, ...]
    """Seconds that are waited for at least between one sending and the next, through ten minutes."""
    burst: bool
    """Whether they are the waits within one invocation, after which the claim's own grace comes."""
    attempt: str
    phases: frozenset[str]
    event: str | None

    @property
    def blocked(self) -> bool:
        """Whether the claim says so, with the reason of the code."""
        return self.phases == {Phase.BLOCKED.value}

    @property
    def sends(self) -> int:
        """How often it is sent within ten minutes, at most."""
        return 1 + len(self.waits)


def consequence(action: CloudAction, answer: type[EipclaimError]) -> Consequence:
    """What follows, by the code that judges it."""
    verdict = outcome.failed(action, _before(action), NOW, answer("ItsReason", "its words"))
    phases = {row.phase.value for row in rows_of(action.intent.action) if row.phase}
    return Consequence(
        waits=tuple(_through(TEN_MINUTES, _waits(action, verdict))),
        burst=verdict.outcome is Outcome.NOT_DONE and not verdict.changes,
        attempt=_attempt(verdict),
        phases=frozenset({str(verdict.changes["phase"])} if "phase" in verdict.changes else phases),
        event=verdict.told[0].reason if verdict.told else None,
    )


def _before(action: CloudAction) -> Claim:
    if isinstance(action, Allocate):
        return claim(intent=action.intent, attempt=1)
    return owning(intent=action.intent, attempt=1, deleting=isinstance(action, Release))


def _attempt(verdict: Verdict) -> str:
    if "attempt" in verdict.changes:
        return "new"
    return "new, when two looks show nothing" if "addressMissingSince" in verdict.changes else "the same"


def _through(seconds: float, waits: Iterator[float]) -> Iterator[float]:
    """As many as fit."""
    at = 0.0
    for wait in waits:
        at += wait
        if at > seconds:
            return
        yield wait


def _waits(action: CloudAction, verdict: Verdict) -> Iterator[float]:
    if verdict.outcome is None:
        return itertools.repeat(grace(action))
    return _back_offs(action) if verdict.changes else _bursts(grace(action))


def grace(action: CloudAction) -> float:
    """Seconds for which nobody sends it again who does not know what became of it."""
    return (GRACE if isinstance(action, Allocate) else IN_FLIGHT).total_seconds()


def _back_offs(action: CloudAction) -> Iterator[float]:
    """As they stand in the claim, each following from the one before."""
    now, stands = NOW, owning()
    while True:
        retry = back_off(stands, action.intent.action, now)
        then = datetime.fromisoformat(str(retry["at"]))
        yield (then - now).total_seconds()
        now, stands = then, owning(retry=dict(retry))


def _bursts(after: float) -> Iterator[float]:
    """An invocation knows that nothing was done, and tries again; the next has to take its intent as under way."""
    while True:
        spent = 0.0
        for wait in cool_downs():
            spent += wait
            if spent > INVOCATION:
                break
            yield wait
        yield after


def cool_downs() -> Iterator[float]:
    """What an invocation waits after failures about the same object."""
    return (min(FIRST_COOL_DOWN * 2**number, LONGEST_COOL_DOWN) for number in itertools.count())


def rows_of(kind: ActionKind) -> list[Row]:
    """The rows of the decision table whose deed may be that action."""
    wanted = type(ACTIONS[kind])
    rows = (row for _, _, section in SECTIONS for row in section)
    return [row for row in rows if wanted in _deeds(row)]


def _deeds(row: Row) -> tuple[object, ...]:
    hint = typing.get_type_hints(row.then)["return"]
    return typing.get_args(hint) or (hint,)


def by(action: CloudAction) -> str:
    """Which functions send it."""
    roles = {role for row in rows_of(action.intent.action) for role in row.by}
    functions = {table.Role.GIVE: "allocate, bind", table.Role.TAKE: "reclaim"}
    return ", ".join(functions[role] for role in table.Role if role in roles)
