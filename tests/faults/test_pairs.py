"""Two invocations at once, in every order of their port calls that a preemption or two can make."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.dev.told import Told
from tests.faults.pairs import play_pairs
from tests.faults.scenarios import SCENARIOS

ALL = range(len(SCENARIOS))


@pytest.mark.exhaustive
def test_two_invocations_at_once_break_no_invariant_wherever_one_is_preempted(told: Told) -> None:
    played = play_pairs(ALL)

    counts = Counter(SCENARIOS[schedule.scenario].name for schedule, _ in played)
    told.counted(f"{len(played)} meetings: " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert [f"{schedule}: {wrong}" for schedule, wrong in played if wrong] == []


@pytest.mark.soak
@pytest.mark.parametrize("number", ALL, ids=[scenario.name for scenario in SCENARIOS])
def test_no_two_preemptions_do_either(number: int, told: Told) -> None:
    played = play_pairs([number], preemptions=2)

    told.counted(f"{len(played)} meetings with two preemptions: {SCENARIOS[number].name}")
    assert [f"{schedule}: {wrong}" for schedule, wrong in played if wrong] == []
