"""How the platform of `eipctl dev` repeats and delivers, in virtual time: SCF's queues, the log service's accidents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import anyio
import pytest

from eipctl.dev.delivery import Disorder, faithful, lost
from eipctl.dev.invocations import Invocation
from eipctl.dev.scf import OVER_LIMIT, Event, Scf
from emulator.timeline import Timeline, run

MINUTE, HOUR = 60.0, 3600.0
RECORDS = [str(number) for number in range(20)]


class Functions:
    """Functions that take their time and end as a script says; it remembers who was at work when."""

    def __init__(self, seconds: float, ends: Callable[[int], str | None] = lambda _: None) -> None:
        """`ends` is the error of the n-th run, from 0 on."""
        self._seconds, self._ends = seconds, ends
        self.began: list[float] = []
        self.told: list[Invocation] = []
        self.most = 0
        self._at_work = 0

    async def run(self, function: str, event: Event) -> Invocation:
        """One run."""
        del event
        error = self._ends(len(self.began))
        self.began.append(anyio.current_time())
        self._at_work += 1
        self.most = max(self.most, self._at_work)
        await anyio.sleep(self._seconds)
        self._at_work -= 1
        return Invocation(function, self._seconds, None if error else {}, error)


def handled(functions: Functions, events: int, reserved: Mapping[str, int]) -> list[float]:
    """Let all events come at once, and all that follows happen; returns when the functions began."""

    async def story() -> None:
        scf = Scf(functions.run, functions.told.append, reserved=reserved)
        async with anyio.create_task_group() as tasks:
            for _ in range(events):
                tasks.start_soon(scf.accept, "bind", {}, tasks)

    run(Timeline(0.0), story())
    return functions.began


@pytest.mark.parametrize(
    ("failures", "began"),
    [(0, [0.0]), (1, [0.0, 61.0]), (2, [0.0, 61.0, 122.0]), (3, [0.0, 61.0, 122.0])],
    ids=["none", "one", "two", "more"],
)
def test_what_fails_is_repeated_after_a_minute_and_twice_at_the_most(failures: int, began: list[float]) -> None:
    functions = Functions(1.0, lambda number: "RuntimeError" if number < failures else None)

    assert handled(functions, 1, {}) == began
    assert len(functions.told) == len(began)


def test_without_a_limit_all_events_are_handled_at_once() -> None:
    functions = Functions(30.0)

    assert handled(functions, 5, {"allocate": 1}) == [0.0] * 5


def test_events_over_the_limit_wait_for_minutes_and_none_is_lost() -> None:
    functions = Functions(90.0)

    began = handled(functions, 4, {"bind": 2})

    assert (functions.most, began) == (2, [0.0, 0.0, 2 * MINUTE, 2 * MINUTE])
    assert Counter(one.error for one in functions.told) == {None: 4, OVER_LIMIT: 4}


def test_waiting_for_an_instance_uses_up_none_of_the_repetitions_of_a_failure() -> None:
    """The second event finds the instance at work, fails twice, and still has its third attempt."""
    functions = Functions(10.0, lambda number: "RuntimeError" if number in {1, 2} else None)

    assert handled(functions, 2, {"bind": 1}) == [0.0, MINUTE, 2 * MINUTE + 10, 3 * MINUTE + 20]


def test_an_event_that_finds_no_instance_is_dropped_after_six_hours() -> None:
    functions = Functions(1.0)

    assert handled(functions, 1, {"bind": 0}) == []
    assert len(functions.told) == 6 * HOUR / MINUTE
    assert {one.error for one in functions.told} == {OVER_LIMIT}


def test_a_run_that_is_cancelled_leaves_its_instance() -> None:
    functions = Functions(30.0)

    async def story() -> None:
        scf = Scf(functions.run, functions.told.append, reserved={"bind": 1})
        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(5):
                await scf.accept("bind", {}, tasks)
            await scf.accept("bind", {}, tasks)

    run(Timeline(0.0), story())

    assert [one.error for one in functions.told] == [None]


def test_the_log_service_at_its_best_changes_nothing_and_at_its_worst_loses_everything() -> None:
    assert list(faithful(RECORDS)) == [(0.0, RECORDS)]
    assert list(lost(RECORDS)) == []


def test_disorder_delivers_every_record_so_many_times_and_only_as_late_as_it_may_be() -> None:
    parts = list(Disorder(1, copies=3, late=(0.0, 2.0, 5.0))(RECORDS))

    assert Counter(record for _, part in parts for record in part) == dict.fromkeys(RECORDS, 3)
    assert {after for after, _ in parts} == {0.0, 2.0, 5.0}
    assert all(list(part) != sorted(part, key=int) for _, part in parts)


def test_disorder_is_the_same_for_the_same_seed() -> None:
    first, second, other = (Disorder(seed, copies=2, late=(0.0, 3.0)) for seed in (1, 1, 2))

    assert list(first(RECORDS)) == list(second(RECORDS)) != list(other(RECORDS))
