"""Two invocations at once, in every order of their port calls that a preemption or two can make."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.pairs import play_pairs
from tests.faults.scenarios import SCENARIOS

ALL = range(len(SCENARIOS))


def report(played: list[tuple[object, list[str]]], names: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{len(played)} meetings: " + ", ".join(f"{name} {n}" for name, n in names.items()))  # noqa: T201


@pytest.mark.exhaustive
def test_two_invocations_at_once_break_no_invariant_wherever_one_is_preempted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    played = play_pairs(ALL)

    report(list(played), Counter(SCENARIOS[schedule.scenario].name for schedule, _ in played), capsys)
    assert [f"{schedule}: {wrong}" for schedule, wrong in played if wrong] == []


@pytest.mark.soak
@pytest.mark.parametrize("number", ALL, ids=[scenario.name for scenario in SCENARIOS])
def test_no_two_preemptions_do_either(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    played = play_pairs([number], preemptions=2)

    report(list(played), Counter(SCENARIOS[schedule.scenario].name for schedule, _ in played), capsys)
    assert [f"{schedule}: {wrong}" for schedule, wrong in played if wrong] == []
