"""Every error code of every call, played through the loop: the rows of `docs/error-codes.md` are what happens."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from shared.adapters.cloud import vpc
from shared.adapters.cloud.codes import classify
from shared.core.actions import CloudAction
from shared.core.claim import Claim, Phase
from shared.core.errors import Ambiguous, EipclaimError
from shared.core.status import PATIENCE
from tests.wire.consequences import ACTIONS, ANSWERS, TEN_MINUTES, Consequence, consequence, cool_downs, grace
from tests.wire.error_codes import render
from tests.wire.listed import ELSEWHERE, GATEWAY, LISTED
from tests.wire.plays import Look, Play

DOCUMENT = Path(__file__).parents[2] / "docs" / "error-codes.md"
WHOLE_SECONDS = 1.5
"""What is written in a claim has whole seconds, and a call its turn."""


def test_the_document_is_what_the_code_does() -> None:
    """After a change: `python -m tests.wire.error_codes > docs/error-codes.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == render()


def codes_of(call: str, answer: type[EipclaimError]) -> list[str]:
    """What is played at this call: its own codes, its share of those that any may meet, and an unheard-of one."""
    calls = list(LISTED)[:-2]
    share = [*LISTED[GATEWAY], *LISTED[ELSEWHERE]][calls.index(call) :: len(calls)]
    codes = {*LISTED[call], *share, "SomethingNew.Entirely"}
    return sorted(code for code in codes if type(classify(code, "")) is answer)


CASES = [
    pytest.param(action, answer, id=f"{vpc.APIS[kind]}-{answer.__name__}")
    for kind, action in ACTIONS.items()
    for answer in ANSWERS
    if codes_of(vpc.APIS[kind], answer)
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("action", "answer"), CASES)
def test_every_code_at_a_mutation_does_what_its_row_says(action: CloudAction, answer: type[EipclaimError]) -> None:
    """For ten minutes each claim meets its code; then all go on within six ticks, and nothing was bought twice.

    Where nobody knows what came of a call, the next one has to wait so long that it takes more to be told.
    """
    call = vpc.APIS[action.intent.action]
    seconds = (2 if answer is Ambiguous else 1) * TEN_MINUTES
    play, row = Play(call, codes_of(call, answer)), consequence(action, answer, seconds)
    play.meet(seconds)
    claims = play.claims()

    for name, code in play.codes.items():
        assert 1 < len(play.sent[name]) <= row.sends, code
        assert too_early(play.sent[name], row, grace(action)) == [], code
        assert seen(claims[name], row, code), code
        assert play.warned(name, row.event or "") == (1 if row.event else 0), code
    play.end()
    assert play.at_rest() == []


def seen(claim: Claim, row: Consequence, code: str) -> bool:
    """Whether the claim says what the row says; the reason of the code stands in it where it is blocked."""
    ready, phase = claim.status.condition("Ready"), claim.status.phase
    assert ready is not None
    assert phase is not None
    if row.told_at and row.blocks:
        return phase is Phase.BLOCKED and ready.reason == classify(code, "").reason
    return phase.value in row.phases


def too_early(sent: list[float], row: Consequence, after: float) -> list[float]:
    """The waits that were shorter than they must be; they never become shorter, but for a new invocation's."""
    waits = [later - earlier for earlier, later in itertools.pairwise(sent)]
    if not row.burst:
        return [wait for wait, least in zip(waits, row.waits, strict=False) if wait < least - WHOLE_SECONDS]
    short, least = [], cool_downs()
    slow = zip(waits[PATIENCE:], row.waits[PATIENCE:], strict=False) if row.told_at else ()
    short += [wait for wait, at_least in slow if wait < at_least - WHOLE_SECONDS]
    for wait in waits[:PATIENCE] if row.told_at else waits:
        if wait >= after - WHOLE_SECONDS:
            least = cool_downs()
        elif wait < next(least):
            short.append(wait)
    return short


LOOKS = [
    pytest.param(call, answer, id=f"{call}-{answer.__name__}")
    for call in ("DescribeAddresses", "DescribeNetworkInterfaces")
    for answer in ANSWERS
    if codes_of(call, answer)
]


@pytest.mark.parametrize(("call", "answer"), LOOKS)
def test_every_code_at_a_look_ends_it_and_nothing_is_done(call: str, answer: type[EipclaimError]) -> None:
    """One code after the other for ten minutes, with a pod that waits; then it is served within six ticks."""
    codes = codes_of(call, answer)
    play = Look(call, codes)
    play.meet()

    # For a claim that bind has just made no EIP can be there: it is bought before the EIPs are looked at.
    bought = call == "DescribeAddresses"
    assert [record.action for record in play.stage.cloud.calls.changes(0)] == ["AllocateAddresses"] * bought
    assert play.met == set(codes)
    first, *others = play.stage.scf.runs
    assert first.function == "bind"
    assert (first.result or {}).get("done") == ({"CreateClaim": 1, "Allocate": 1} if bought else None)
    assert bool(first.error) is not bought
    assert {run.function for run in play.stage.scf.runs if run.error} == ({"bind"} if not bought else set())
    assert all("error" in run.result or not run.result["looked"] for run in others if run.result)
    play.end()
    assert play.at_rest() == []
