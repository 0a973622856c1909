"""The fault matrix: every scenario, every port call of its clean run, every behaviour that a fault comes to there.

`python -m tests.faults.matrix` plays it and prints what was played as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from eipctl.demo.scf import PERIOD
from eipctl.demo.stage import Run, Stage
from emulator.timeline import Timeline
from tests.demo.interference import connection, run_to_the_death
from tests.faults.branches import Branches, trunk
from tests.faults.meddling import LASTING, TABLE, Does, Kind, Meddler, Place, behaviours, kind_of
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.watch import QUIET, UNTIL_SERVED, Finding, Watch, ending

T = TypeVar("T")


@dataclass(frozen=True)
class Ending:
    """How a run ended: what contradicts an invariant, what stands there, and what was taken on the way."""

    findings: tuple[str, ...]
    standing: tuple[tuple[str, ...], ...]
    destructive: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """One run of the matrix: what happens to which port call of which scenario."""

    scenario: int
    at: int
    does: Does
    call: str
    invocation: int
    """Which one of the run makes it."""

    def __str__(self) -> str:
        """As a report shows it."""
        return f"{SCENARIOS[self.scenario].name}, call {self.at} ({self.call}): {self.does.value}"


def stage_of(scenario: Scenario, meddler: Meddler, run: Run = run_to_the_death) -> tuple[Stage, Watch]:
    """The scenario's world with its beginning played, watched from then on."""
    stage = Stage(settings=scenario.settings, connect=connection(meddler), run=run)
    for knob, value in scenario.cloud.items():
        setattr(stage.cloud.behaviour, knob, value)
    scenario.before(stage)
    watch = meddler.watch = Watch(stage)
    watch.by_hand.update(scenario.by_hand)
    return stage, watch


def play(scenario: Scenario, meddler: Meddler, run: Run = run_to_the_death) -> Ending:
    """The scenario's run with that in it, until it is quiet."""
    stage, watch = stage_of(scenario, meddler, run)
    scenario.deed(stage)
    stage.pass_time(scenario.lasts)
    if meddler.does is Does.CUT_SHORT:
        stage.pass_time(LASTING)
    return settle(stage, watch, meddler)


def settle(stage: Stage, watch: Watch, meddler: Meddler | None = None) -> Ending:
    """Let the timers run until all is at rest and stays so (I7, I8).

    They are counted from when faults have stopped. Nobody meddles with the last of the quiet ticks, which are like the
    first.
    """
    meddler = meddler or Meddler()
    ticks, quiet, before = 0, 0, watch.mutations()
    while quiet < QUIET and ticks < UNTIL_SERVED + QUIET:
        calls, lasting = len(meddler.places), meddler.until > stage.now()
        stage.pass_time(PERIOD)
        unrest, after = watch.unrest(), watch.mutations()
        quiet = 0 if lasting or unrest or after != before else quiet + 1
        ticks, before = ticks + (not lasting), after
        if quiet > 1:
            del meddler.places[calls:]
    if quiet < QUIET:
        late = [replace(one, invariant=f"{one.invariant} I7") for one in unrest] or [
            Finding("I8", "not quiet", stage.now())
        ]
        watch.findings += late
    return Ending(tuple(map(str, watch.findings)), ending(stage), frozenset(watch.destructive))


def compare(clean: Ending, faulty: Ending) -> list[str]:
    """What is wrong with a faulty run."""
    found = list(faulty.findings)
    if faulty.standing != clean.standing:
        found.append(f"I9: it ended as {faulty.standing}, not as {clean.standing}")
    more = faulty.destructive - clean.destructive
    if more:
        found.append(f"I13: {sorted(more)} is not in the clean run")
    return found


def cases(number: int, places: Sequence[Place]) -> list[Case]:
    """Every behaviour at every port call of the clean run, but none in the same situation twice.

    By the port's contract all refusals of a read mean the same: each is played once for each name of a call, and no
    answer everywhere. Dying before a read is dying after the last write, or not beginning at all.
    """
    found: dict[tuple[object, ...], Case] = {}
    for at, place in enumerate(places):
        for does in behaviours(place.name):
            situation = place.situation()
            if place.reads and does in {Does.THROTTLED, Does.DENIED, Does.UNSENT}:
                situation = (place.name,)
            dies_alike = does is Does.DIE_BEFORE and len(place.calls) > 1
            if place.reads and (dies_alike or SCENARIOS[number].writes_only):
                continue
            found.setdefault((does, *situation), Case(number, at, does, place.name, place.invocation))
    return list(found.values())


def clean_run(number: int) -> tuple[Ending, list[Case]]:
    """A scenario without faults: how it ends, and the cases that follow from its calls."""
    meddler = Meddler()
    return play(SCENARIOS[number], meddler), cases(number, meddler.places)


def faulty_run(case: Case) -> Ending:
    """A scenario with that fault in it."""
    return play(SCENARIOS[case.scenario], Meddler(case.at, case.does))


ALONE = tuple(number for number, scenario in enumerate(SCENARIOS) if scenario.meanwhile is None)
"""The scenarios that one invocation at a time can play."""


class Befallen(Protocol):
    """A call of a clean run, what happens to it, and in which invocation of the run that is."""

    @property
    def at(self) -> int: ...
    @property
    def does(self) -> Does: ...
    @property
    def call(self) -> str: ...
    @property
    def invocation(self) -> int: ...


B = TypeVar("B", bound=Befallen)
E = TypeVar("E")


def play_branching(cases: Sequence[B], play: Callable[[Meddler, Run], E]) -> tuple[E, dict[B, E]]:
    """How a run ends, and with each of these in it: it branches before the invocation that they befall."""
    to_come: dict[int, list[B]] = defaultdict(list)
    for case in cases:
        to_come[case.invocation].append(case)
    meddler, branches, taken = Meddler(), Branches[B, E](), list[B]()

    def run(timeline: Timeline, work: Coroutine[object, object, T]) -> T:
        for case in to_come.pop(meddler.invocations + 1, ()):
            if branches.take(case):
                taken.append(case)
                meddler.at, meddler.does = case.at, case.does
                break
        return run_to_the_death(timeline, work)

    def way() -> E:
        ending = play(meddler, run)
        assert meddler.met == [case.call for case in taken], "the same run has come to another call there"
        return ending

    clean, faulty = branches.play(way)
    assert set(faulty) == set(cases), "the same run has not come to each of the calls"
    return clean, faulty


def play_scenario(number: int) -> tuple[Ending, dict[Case, Ending]]:
    """How a scenario ends, and with each fault in it."""
    return play_branching(clean_run(number)[1], partial(play, SCENARIOS[number]))


def play_all(numbers: Iterable[int] = ALONE) -> tuple[dict[int, Ending], list[tuple[Case, list[str]]]]:
    """The whole matrix on all cores: the clean endings, and what is wrong in which case."""
    with trunk() as process:
        played = dict(zip(numbers, process.map(play_scenario, numbers, chunksize=1), strict=True))
    wrong = [(case, compare(clean, ending)) for clean, faulty in played.values() for case, ending in faulty.items()]
    return {number: clean for number, (clean, _) in played.items()}, wrong


def summary(played: Sequence[tuple[Case, list[str]]]) -> dict[str, object]:
    """What was played, as numbers."""
    by_scenario = Counter(SCENARIOS[case.scenario].name for case, _ in played)
    by_kind = Counter((kind_of(case.call).value, case.does.value) for case, _ in played)
    return {
        "faults": {kind.value: {f: [d.value for d in some] for f, some in TABLE[kind].items()} for kind in Kind},
        "cases": len(played),
        "scenarios": dict(by_scenario),
        "behaviours": [{"call": kind, "behaviour": does, "cases": n} for (kind, does), n in sorted(by_kind.items())],
        "findings": [f"{case}: {one}" for case, wrong in played for one in wrong],
    }


if __name__ == "__main__":
    json.dump(summary(play_all()[1]), sys.stdout, indent=1)
