"""Questions side by side: the order of the answers, how many are under way, and whose error is told."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import anyio
import pytest

from emulator.timeline import Timeline, run
from shared.core.errors import Ambiguous, Throttled, Unavailable
from shared.together import AT_ONCE, both, side_by_side

T = TypeVar("T")
START = 1_000.0


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(START)


def taken(timeline: Timeline, asked: Awaitable[T]) -> tuple[T, float]:
    """The answer, and how many seconds it took."""

    async def main() -> T:
        return await asked

    return run(timeline, main()), round(timeline.now() - START, 3)


async def later(seconds: float) -> float:
    await anyio.sleep(seconds)
    return seconds


def test_answers_come_in_the_order_of_the_subjects_in_the_time_of_the_slowest(timeline: Timeline) -> None:
    assert taken(timeline, side_by_side(later, [3.0, 1.0, 2.0])) == ([3.0, 1.0, 2.0], 3.0)


def test_no_subject_is_no_question(timeline: Timeline) -> None:
    assert taken(timeline, side_by_side(later, [])) == ([], 0.0)


def test_only_so_many_are_under_way(timeline: Timeline) -> None:
    _, seconds = taken(timeline, side_by_side(later, [1.0] * (2 * AT_ONCE + 1)))

    assert seconds == 3.0


def test_the_first_error_is_raised_as_it_is_and_nothing_else_is_waited_for(timeline: Timeline) -> None:
    ended: list[float] = []

    async def ask(seconds: float) -> None:
        await anyio.sleep(seconds)
        ended.append(seconds)
        if seconds == 1.0:
            raise Throttled("RateLimited", "too fast")
        if seconds == 2.0:
            raise Ambiguous("NoAnswer", "no answer")

    with pytest.raises(Throttled, match="too fast"):
        taken(timeline, side_by_side(ask, [9.0, 2.0, 1.0]))

    assert ended == [1.0]
    assert timeline.now() - START == pytest.approx(1.0)


def test_of_both_each_keeps_its_place(timeline: Timeline) -> None:
    async def name() -> str:
        await anyio.sleep(1.0)
        return "name"

    assert taken(timeline, both(lambda: later(2.0), name)) == ((2.0, "name"), 2.0)


def test_where_either_of_both_fails_that_is_raised(timeline: Timeline) -> None:
    async def fail() -> str:
        raise Unavailable("NotSent", "no connection")

    with pytest.raises(Unavailable, match="no connection"):
        taken(timeline, both(lambda: later(2.0), fail))
