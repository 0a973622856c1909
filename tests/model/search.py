"""Breadth first through all states of a scenario, so that the first way to a violation is a shortest one."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from dataclasses import dataclass, field

from tests.model.checks import Label
from tests.model.model import Model
from tests.model.plant import HEALTHY, PLANTS, Plant
from tests.model.scenario import Scenario
from tests.model.scenarios import SCENARIOS


@dataclass
class Found:
    """A violation: how often it was met, and the shortest way to it."""

    name: str
    trace: list[str]
    count: int = 1


@dataclass
class Report:
    """What a search has found."""

    scenario: Scenario
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    cut: str = ""
    """Why it was ended early, or nothing."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    races: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    """Documented ends: at rest, but not with all that was asked for."""
    violations: dict[str, Found] = field(default_factory=dict)


class Search:
    """One search."""

    def __init__(self, scenario: Scenario, plant: Plant = HEALTHY) -> None:
        """Nothing has been explored."""
        self._model = Model(scenario, plant)
        self._report = Report(scenario)
        self._index: dict[int, int] = {}
        self._states, self._parents = array("Q"), array("L")
        self._start = self._model.start()

    def run(self, seconds: float = 600.0, states: int = 20_000_000, stop_at: str = "") -> Report:
        """Explore until everything is, or time or room is up, or the violation of that name is found."""
        began, report = time.monotonic(), self._report
        self._meet(self._start, 0)
        level = 0, 1
        while level[0] < level[1] and not report.cut:
            for index in range(*level):
                self._expand(index)
                if (index % 64 == 0 and time.monotonic() - began > seconds) or len(self._states) > states:
                    report.cut = f"{len(self._states) - index} states were left"
                    break
                if stop_at in report.violations:
                    report.cut = "the violation was found"
                    break
            level = level[1], len(self._states)
            report.depth += level[0] < level[1]
        report.states, report.seconds = len(self._states), time.monotonic() - began
        report.rows, report.races = self._model.looks.fired, self._model.checks.races
        return report

    def _meet(self, state: int, parent: int) -> None:
        self._index[state] = len(self._states)
        self._states.append(state)
        self._parents.append(parent)

    def _expand(self, index: int) -> None:
        report, known, state = self._report, self._index, self._states[index]
        wrong, documented = self._model.verdict(state)
        if wrong and documented:
            report.ends[wrong] += 1
        elif wrong:
            self._violation(wrong, index, ("and from here on nothing more goes wrong",))
        for _, after in self._model.steps(state):
            report.transitions += 1
            if after not in known:
                self._meet(after, index)
        checks = self._model.checks
        if checks.new:
            for name, label in checks.new:
                self._violation(name, index, label)
            checks.new.clear()

    def _violation(self, name: str, index: int, label: Label) -> None:
        found = self._report.violations.get(name)
        if found is not None:
            found.count += 1
            return
        self._report.violations[name] = Found(name, [*self._trace(index), said(label)])

    def _trace(self, index: int) -> list[str]:
        """The way to a state, by its parents."""
        steps: list[str] = []
        while index:
            parent, state = self._parents[index], self._states[index]
            steps.append(
                next(said(label) for label, after in self._model.steps(self._states[parent]) if after == state)
            )
            index = parent
        return steps[::-1]


def explore(name: str, seconds: float = 3600.0, states: int = 20_000_000) -> Report:
    """One scenario, by name, so that another process can be asked for it."""
    return Search(SCENARIOS[name]).run(seconds, states)


def explore_planted(fault: str, name: str, violation: str) -> Report:
    """Likewise, with a fault planted, until that violation is found."""
    return Search(SCENARIOS[name], PLANTS[fault]).run(stop_at=violation)


def said(label: Label) -> str:
    """A step in words."""
    return " ".join(str(word) for word in label if word != "")
