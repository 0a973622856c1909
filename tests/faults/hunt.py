"""Hunts in one scenario until something is found, and says which invariants it contradicts."""

from __future__ import annotations

import re
from itertools import chain

from tests.faults.matrix import clean_run, compare, faulty_run
from tests.faults.pairs import expected, play_one, schedules
from tests.faults.scenarios import SCENARIOS, number_of


def hunt(scenario: str, call: str, *, pairs: bool) -> list[str]:
    """The first finding's lines, where that port call is meddled with; the clean run's own, if it has any."""
    number = number_of(scenario)
    if pairs:
        wanted = expected(number)
        for schedule in chain.from_iterable(schedules(number, one) for one in range(len(SCENARIOS[number].meetings))):
            if schedule.call != call:
                continue
            ending = play_one(schedule)
            if wrong := compare(wanted or ending, ending):
                return [f"{schedule}: {one}" for one in wrong]
        return []
    clean, cases = clean_run(number)
    if clean.findings:
        return [f"without a fault: {one}" for one in clean.findings]
    for case in cases:
        if case.call == call and (wrong := compare(clean, faulty_run(case))):
            return [f"{case}: {one}" for one in wrong]
    return []


def invariants(lines: list[str]) -> set[str]:
    """The names of the invariants in such lines."""
    return {name for line in lines for name in re.findall(r"\bI\d+\b", line)}
