"""What every answer of the cloud leads to, derived from the code that decides it: the rows of `docs/error-codes.md`.

What a claim becomes is `outcome.failed`'s to say, how long is waited `status.back_off`'s, the loop's memory's and the
rows' grace, and who may send it again the decision table's.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.core import errors, outcome, table
from shared.core.actions import Allocate, Associate, CloudAction, Disassociate, Release, SetBandwidth
from shared.core.claim import ActionKind, Claim
from shared.core.errors import EipclaimError
from shared.core.outcome import Verdict
from shared.core.status import PATIENCE
from shared.core.table import Row
from shared.core.world import GRACE, IN_FLIGHT, Outcome
from shared.memory import FIRST_COOL_DOWN, LONGEST_COOL_DOWN
from shared.runtime import DEFAULT_LIMIT_SECONDS, RESERVE_SECONDS
from tests.core.cases import after
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
    """Seconds that are waited for at least between one sending and the next."""
    burst: bool
    """Whether the first are waits within one invocation, after which the claim's own grace comes."""
    attempt: str
    phases: frozenset[str]
    """Until it is told."""
    blocks: bool
    """Whether the claim is Blocked once it is told, with the reason of the code."""
    event: str | None
    told_at: int
    """Which answer in a row is told; 0 is none."""

    @property
    def sends(self) -> int:
        """How often it is sent in that time, at most."""
        return 1 + len(self.waits)


def consequence(action: CloudAction, answer: type[EipclaimError], seconds: float = TEN_MINUTES) -> Consequence:
    """What follows within so long, by the code that judges it."""
    error = answer("ItsReason", "its words")
    first = outcome.failed(action, _before(action), NOW, error)
    verdicts = [verdict for verdict, _ in itertools.islice(_story(action, error), PATIENCE + 1)]
    told = next((number for number, verdict in enumerate(verdicts, start=1) if verdict.told), 0)
    return Consequence(
        waits=tuple(_through(seconds, (wait for _, wait in _story(action, error)))),
        burst=first.outcome is Outcome.NOT_DONE and told != 1,
        attempt=_attempt(first),
        phases=frozenset(row.phase.value for row in rows_of(action.intent.action) if row.phase),
        blocks=told > 0 and "phase" in verdicts[told - 1].changes,
        event=verdicts[told - 1].told[0].reason if told else None,
        told_at=told,
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


def _story(action: CloudAction, error: EipclaimError) -> Iterator[tuple[Verdict, float]]:
    """Each answer's verdict, and the least wait after it: the claim's back-off, else its grace or a cool-down."""
    stands, cools, spent = _before(action), cool_downs(), 0.0
    while True:
        verdict = outcome.failed(action, stands, NOW, error)
        stands = after(stands, verdict.changes)
        retry = stands.status.retry
        asked = (retry.at - NOW).total_seconds() if retry is not None else 0.0
        if verdict.outcome is None:
            yield verdict, max(asked, grace(action))
        elif asked:
            yield verdict, asked
        else:
            cool = next(cools)
            spent += cool
            if spent > INVOCATION:
                cools, spent, cool = cool_downs(), 0.0, grace(action)
            yield verdict, cool


def grace(action: CloudAction) -> float:
    """Seconds for which nobody sends it again who does not know what became of it."""
    return (GRACE if isinstance(action, Allocate) else IN_FLIGHT).total_seconds()


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
