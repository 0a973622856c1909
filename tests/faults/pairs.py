"""Two invocations at once, interleaved at their port calls by a plan, on one virtual loop: no thread, no chance.

One preemption: the first gives way before its i-th call, and goes on when the second has ended. Two: the second gives
way too, before its j-th call, and ends after the first. A write is held up no longer than its time-out, since the
design counts on it; then both go on side by side.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import anyio

from eipctl.demo.stage import Stage
from emulator.timeline import run
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Function
from tests.demo.interference import invoke
from tests.faults.branches import Branches, trunk
from tests.faults.matrix import Ending, compare, play, settle, stage_of
from tests.faults.meddling import Kind, Meddler, kind_of
from tests.faults.scenarios import SCENARIOS, Deed
from tests.faults.watch import Watch
from tests.loop.scenes import TICK, hints

T = TypeVar("T")

FUNCTIONS = (BIND, ALLOCATE, RECLAIM)
NOBODY = len(FUNCTIONS)
TIMED_OUT = 14.0
"""Seconds: how long a write can be held up; a call lives 15 s."""

NEVER = 1_000_000

MEANWHILE = 30.0
"""Seconds: how long the second is at it where it is only time that passes."""


@dataclass
class Turn:
    """One of the two: it gives way before its call number `at`, by setting `gave_way`, until `back` is set."""

    watch: Watch
    stage: Stage
    at: int | None = None
    gave_way: anyio.Event = field(default_factory=anyio.Event)
    back: anyio.Event = field(default_factory=anyio.Event)
    ended: anyio.Event = field(default_factory=anyio.Event)
    situations: list[tuple[object, ...]] = field(default_factory=list)
    """Before each call: the world as it truly is, and which call. Two equal ones need not both be tried."""

    def begin(self, role: Role) -> None:
        """Nothing depends on who calls."""

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        """The call, when it is its turn."""
        states = tuple(address.status for address in self.stage.cloud.holdings())
        self.situations.append((self.stage.cluster.api.store.version, states, name))
        if len(self.situations) - 1 == self.at:
            self.gave_way.set()
            with anyio.move_on_after(TIMED_OUT if kind_of(name) in {Kind.WRITE, Kind.MUTATION} else float("inf")):
                await self.back.wait()
        try:
            return await make()
        finally:
            self.watch.check()

    async def run(self, index: int, number: int) -> None:
        """The invocation, or nobody's; whoever waits for it to give way or to end goes on then."""
        if index == NOBODY:
            await anyio.sleep(MEANWHILE)
        else:
            await self._invoke(FUNCTIONS[index], number)
        self.gave_way.set()
        self.ended.set()

    async def _invoke(self, function: Function, number: int) -> None:
        event = hints(("a", "busybox-0"), self.stage.now()) if function is BIND else TICK
        await invoke(self.stage, function, event, self, f"run-{number}")


@dataclass(frozen=True)
class Schedule:
    """Which two invocations meet where in which scenario, and before which of their calls they give way."""

    scenario: int
    meeting: int
    first: int
    second: int
    at: int
    call: str = ""
    back: int | None = None

    def __str__(self) -> str:
        """As a report shows it."""
        second = "nobody" if self.second == NOBODY else FUNCTIONS[self.second].name
        names = f"{FUNCTIONS[self.first].name} before its call {self.at} ({self.call}), {second}"
        turn = "" if self.back is None else f" before its call {self.back}"
        return f"{SCENARIOS[self.scenario].name}, meeting {self.meeting}: {names}{turn}"


async def meet(first: Turn, second: Turn, schedule: Schedule, meanwhile: Deed | None) -> None:
    """Both run, in that order of calls."""
    async with anyio.create_task_group() as group:
        group.start_soon(first.run, schedule.first, 1)
        await first.gave_way.wait()
        if meanwhile is not None:
            meanwhile(first.stage)
        group.start_soon(second.run, schedule.second, 2)
        await second.gave_way.wait()
        first.back.set()
        await first.ended.wait()
        second.back.set()


def at_meeting(number: int, meeting: int) -> tuple[Stage, Watch]:
    """The scenario's world at the moment at which two invocations have most to do."""
    scenario = SCENARIOS[number]
    stage, watch = stage_of(scenario, Meddler())
    scenario.deed(stage)
    scenario.meetings[meeting](stage)
    return stage, watch


def interleave(stage: Stage, watch: Watch, schedule: Schedule) -> tuple[Turn, Turn]:
    """Both invocations, from the meeting until they have ended."""
    turns = Turn(watch, stage, schedule.at), Turn(watch, stage, schedule.back)
    run(stage.timeline, meet(*turns, schedule, SCENARIOS[schedule.scenario].meanwhile))
    return turns


def play_from(stage: Stage, watch: Watch, schedule: Schedule) -> Ending:
    """The two invocations, then the usual timers until all is quiet."""
    interleave(stage, watch, schedule)
    stage.pass_time(SCENARIOS[schedule.scenario].lasts)
    return settle(stage, watch)


def play_one(schedule: Schedule) -> Ending:
    """The scenario up to the meeting, the two invocations and their end."""
    return play_from(*at_meeting(schedule.scenario, schedule.meeting), schedule)


def different(situations: Sequence[tuple[object, ...]]) -> list[int]:
    """The calls that come in a situation of their own."""
    first: dict[tuple[object, ...], int] = {}
    for at, situation in enumerate(situations):
        first.setdefault(situation, at)
    return list(first.values())


def schedules(number: int, meeting: int, *, preemptions: int = 1) -> Iterable[Schedule]:
    """Every way in which two of the three functions meet there with so many preemptions."""
    indices = range(len(FUNCTIONS))
    others = [*indices, NOBODY] if SCENARIOS[number].meanwhile is not None else indices
    for first in indices:
        alone, _ = interleave(*at_meeting(number, meeting), Schedule(number, meeting, first, NOBODY, at=NEVER))
        for second, at in itertools.product(others, different(alone.situations)):
            schedule = Schedule(number, meeting, first, second, at, str(alone.situations[at][-1]))
            if preemptions == 1:
                yield schedule
                continue
            _, other = interleave(*at_meeting(number, meeting), schedule)
            for back in different(other.situations):
                yield replace(schedule, back=back)


def expected(number: int) -> Ending | None:
    """How the scenario ends without a fault; None where what happens meanwhile makes another end of it."""
    return play(SCENARIOS[number], Meddler()) if SCENARIOS[number].meanwhile is None else None


def play_scenario(number: int, preemptions: int) -> list[tuple[Schedule, list[str]]]:
    """All of the scenario's meetings, each compared with its clean run. The run up to a meeting branches into all."""
    clean, ended = expected(number), dict[Schedule, Ending]()
    for meeting in range(len(SCENARIOS[number].meetings)):
        first, *others = schedules(number, meeting, preemptions=preemptions)
        branches = Branches[Schedule, Ending]()
        way = partial(_branch, branches, first, others)
        ended[first], rest = branches.play(way)
        ended.update(rest)
    return [(schedule, compare(clean or ending, ending)) for schedule, ending in ended.items()]


def _branch(branches: Branches[Schedule, Ending], first: Schedule, others: Sequence[Schedule]) -> Ending:
    stage, watch = at_meeting(first.scenario, first.meeting)
    return play_from(stage, watch, next((one for one in others if branches.take(one)), first))


def play_pairs(numbers: Iterable[int], *, preemptions: int = 1) -> list[tuple[Schedule, list[str]]]:
    """The meetings of all these scenarios, on all cores."""
    with trunk() as process:
        played = process.map(partial(play_scenario, preemptions=preemptions), numbers, chunksize=1)
    return [one for some in played for one in some]
