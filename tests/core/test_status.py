"""How a status is written: conditions, one line, back-off, and patches that leave nothing of what was there before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core import status
from shared.core.claim import ActionKind, Intent, Phase, Retry
from tests.core.cases import after
from tests.core.worlds import (
    AT,
    BINDING,
    NOW,
    Json,
    ago,
    claim,
    conditions,
    intent,
    made,
    owning,
    purchase,
    settled,
    stands,
    written,
)


def test_a_transition_time_moves_only_with_the_status() -> None:
    before = settled()

    bound = {c["type"]: c for c in map(dict, status.conditions(before, NOW, {"Ready": (True, "InUse", "kept")}))}
    lost = {c["type"]: c for c in map(dict, status.conditions(before, NOW, {"Ready": (False, "Lost", "gone")}))}

    assert bound["Ready"]["lastTransitionTime"] == "2026-11-24T11:00:00Z"
    assert (bound["Ready"]["reason"], bound["Ready"]["message"]) == ("InUse", "kept")
    assert lost["Ready"]["lastTransitionTime"] == AT
    assert lost["Ready"]["status"] == "False"
    assert bound["Bound"] == lost["Bound"] == conditions("Bound", bound=True, at="2026-11-24T11:00:00Z")[1]


def test_a_condition_that_is_new_begins_now() -> None:
    (only,) = status.conditions(claim(), NOW, {"Ready": (False, "Pending", "")})

    assert only["lastTransitionTime"] == AT
    assert only["observedGeneration"] == 1


def test_a_condition_of_somebody_else_stays() -> None:
    theirs: Json = {"type": "Audited", "status": "True", "reason": "Yes", "lastTransitionTime": ago(5)}

    kept = status.conditions(claim(conditions=[theirs]), NOW, {"Ready": (True, "Bound", "")})

    assert [c["type"] for c in kept] == ["Audited", "Ready"]
    assert "observedGeneration" not in kept[0]


def test_a_claim_without_a_generation_has_none_observed() -> None:
    made_by_hand = owning()
    metadata = replace(made_by_hand.metadata, generation=None)

    patch = status.phase(made_by_hand.model_copy(update={"metadata": metadata}), NOW, Phase.PENDING)

    assert "observedGeneration" not in patch


@pytest.mark.parametrize(
    ("phase", "words", "expected"),
    [
        (Phase.BOUND, {"published": True}, stands("Bound", bound=True, published=True)),
        (Phase.BOUND, {}, stands("Bound", bound=True)),
        (Phase.BINDING, {"published": True}, stands("Binding")),
        (Phase.PENDING, {"allocated": False}, stands("Pending", allocated=False)),
        (
            Phase.BLOCKED,
            {"reason": "Quota", "message": "none\nleft", "allocated": False},
            stands("Blocked", "Quota", "none left", allocated=False),
        ),
    ],
)
def test_ready_is_true_only_of_what_is_bound_and_published(phase: Phase, words: Json, expected: Json) -> None:
    assert status.phase(owning(), NOW, phase, **words) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is", "as it is"),
        ("two\r\nlines\tand  more\n", "two lines and more"),
        ("\x1b[31mred\x00\x07", "[31mred"),
        ("left\u202eright\u2066\u200b\ufeff", "left right"),
        ("a\u2028b\u2029c\x85d\u3000e", "a b c d e"),
        ("\ud800lone", "lone"),
        ("余额不足", "余额不足"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 297 + "..."),
        ("", ""),
    ],
)
def test_a_message_is_one_printable_line_of_300_characters(text: str, line: str) -> None:
    assert status.one_line(text) == line


def test_back_off_doubles_from_30_seconds_to_four_minutes() -> None:
    delays = []
    retry: Json | None = None
    for _ in range(6):
        retry = dict(status.back_off(claim(retry=retry), ActionKind.ALLOCATE, NOW))
        delays.append((Retry.model_validate(retry).at - NOW).total_seconds())

    assert delays == [30, 60, 120, 240, 240, 240]
    assert retry is not None
    assert retry["failures"] == status.PATIENCE + 6


def test_back_off_counts_the_refusals_of_one_kind_of_action() -> None:
    refused = claim(retry={"action": "Release", "at": NOW, "failures": 5})

    assert status.back_off(refused, ActionKind.ALLOCATE, NOW) == {
        "action": "Allocate",
        "at": "2026-11-24T12:00:30Z",
        "failures": status.PATIENCE + 1,
    }


def test_what_may_be_another_answer_soon_is_met_patiently_and_then_as_any_other() -> None:
    failed: Json | None = None
    delays = []
    for soon in (True, True, True, True, True, True, False, True):
        failed = dict(status.back_off(claim(retry=failed), ActionKind.ALLOCATE, NOW, soon=soon))
        delays.append((Retry.model_validate(failed).at - NOW).total_seconds())

    assert delays == [0, 0, 0, 0, 0, 30, 60, 120]
    patient = claim(retry={"action": "Allocate", "at": NOW, "failures": 3})
    assert status.back_off(patient, ActionKind.ALLOCATE, NOW)["at"] == "2026-11-24T12:00:30Z"


def test_back_off_never_overflows() -> None:
    refused = claim(retry={"action": "Release", "at": NOW, "failures": 10**9})

    assert status.back_off(refused, ActionKind.RELEASE, NOW)["at"] == "2026-11-24T12:04:00Z"


def test_nothing_of_an_older_intent_stays_in_a_newer_one() -> None:
    older = owning(intent=purchase(600, accepted=True, target="eip-9"))
    newer = made("SetBandwidth", target="eip-1", parameters={"mbps": 5})

    patch = status.intent(older, newer)

    assert after(older, patch).status.intent == newer
    assert after(owning(), patch).status.intent == newer


def test_an_intent_without_parameters_removes_those_of_an_older_one() -> None:
    older = owning(intent=purchase(600))
    newer = made("Associate", target="10.0.0.8")

    assert status.intent(older, newer) == written("Associate", target="10.0.0.8")
    assert after(older, status.intent(older, newer)).status.intent == newer


def test_an_accepted_intent_is_written_as_such() -> None:
    accepted = Intent.model_validate(intent("Release", accepted=True))

    assert after(owning(), status.intent(owning(), accepted)).status.intent == accepted


def test_places_are_written_as_they_are_read() -> None:
    places = claim(bindings=[BINDING, {**BINDING, "privateIP": "10.0.0.9"}]).status.bindings

    assert after(owning(), {"bindings": status.bindings(places)}).status.bindings == places


CHANGES: Json = {
    "phase": "Bound",
    "publicIP": None,
    "intent": {"action": "Allocate", "at": AT, "by": "me", "parameters": {"old": None, "new": 1}},
    "bindings": [BINDING],
}
BEFORE = claim(publicIP="198.51.100.7", intent=intent("Allocate", parameters={"old": 1}), attempt=2)
KEPT: Json = {
    "phase": "Bound",
    "attempt": 2,
    "intent": {**intent("Allocate"), "at": AT, "by": "me", "parameters": {"new": 1}},
    "bindings": [BINDING],
}


def test_a_patch_that_was_kept_whole_lacks_nothing() -> None:
    assert status.dropped(BEFORE, CHANGES, claim(**KEPT)) == ()


@pytest.mark.parametrize(
    ("after", "lacking"),
    [
        ({**KEPT, "phase": None}, ("phase",)),
        ({**KEPT, "bindings": []}, ("bindings",)),
        ({**KEPT, "intent": {**KEPT["intent"], "parameters": {}}}, ("intent",)),
        ({}, ("phase", "attempt", "intent", "bindings")),
    ],
)
def test_what_an_older_crd_has_dropped_is_named_as_the_crd_names_it(after: Json, lacking: tuple[str, ...]) -> None:
    assert status.dropped(BEFORE, CHANGES, claim(**after)) == lacking
