"""Turns in virtual time: how fast they come, what a refusal for rate does to them, and how a budget is shared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine

import anyio
import pytest

from emulator.cloud import Cloud, CloudError
from emulator.timeline import Timeline, run
from shared.adapters.cloud.pace import LIMITS, Pace, paces
from shared.core.errors import Throttled

LONG = 1000.0


def at(timeline: Timeline, work: Callable[[], Awaitable[None]]) -> float:
    """Seconds that the work takes."""

    async def main() -> None:
        await work()

    began = timeline.now()
    run(timeline, main())
    return round(timeline.now() - began, 3)


async def side_by_side(count: int, work: Callable[[int], Coroutine[object, object, None]]) -> None:
    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(work, number)


def test_turns_come_evenly_a_little_under_the_documented_rate(timeline: Timeline) -> None:
    pace, began, turns = Pace(10), timeline.now(), list[float]()

    async def one(_: int) -> None:
        await pace.turn(LONG)
        turns.append(timeline.now() - began)

    async def work() -> None:
        await side_by_side(20, one)

    assert at(timeline, work) == 2.0
    assert turns == pytest.approx([number / 9.5 for number in range(20)], abs=1e-5)


def test_turns_come_in_the_order_of_asking(timeline: Timeline) -> None:
    pace, order = Pace(10), list[int]()

    async def one(number: int) -> None:
        await pace.turn(LONG)
        order.append(number)

    async def work() -> None:
        await side_by_side(20, one)

    at(timeline, work)

    assert order == list(range(20))


def test_the_first_turn_comes_at_once_and_a_rest_saves_up_none(timeline: Timeline) -> None:
    pace = Pace(10)

    async def work() -> None:
        await pace.turn(1)
        await anyio.sleep(60)
        await pace.turn(1)
        await pace.turn(1)

    assert at(timeline, work) == pytest.approx(60 + 1 / 9.5, abs=1e-3)


@pytest.mark.parametrize(
    ("within", "reason"),
    [
        (0.0, "not even a moment"),
        (2.9, "a moment less than the queue takes"),
        (-5.0, "it is too late already"),
    ],
)
def test_a_turn_that_would_come_too_late_is_refused_at_once(timeline: Timeline, within: float, reason: str) -> None:
    pace = Pace(10)

    async def too_late() -> None:
        began = timeline.now()
        with pytest.raises(Throttled) as refused:
            await pace.turn(within)
        assert refused.value.reason == "NoTurn", reason
        assert timeline.now() == began, reason

    async def one(_: int) -> None:
        await pace.turn(LONG)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(side_by_side, 29, one)
            await anyio.sleep(0.01)
            group.start_soon(too_late)

    assert at(timeline, work) == pytest.approx(28 / 9.5, abs=1e-3), "who is refused takes no turn from the others"


def test_a_turn_that_comes_just_in_time_is_given(timeline: Timeline) -> None:
    pace, given = Pace(10), list[int]()

    async def one(number: int) -> None:
        await pace.turn(3.0)
        given.append(number)

    async def work() -> None:
        await side_by_side(29, one)

    at(timeline, work)

    assert len(given) == 29


def test_a_refusal_halves_the_pace_for_those_who_wait_already(timeline: Timeline) -> None:
    pace, began, turns = Pace(10), timeline.now(), list[float]()

    async def one(_: int) -> None:
        await pace.turn(LONG)
        turns.append(timeline.now() - began)

    async def refuse() -> None:
        await anyio.sleep(4.5 / 9.5)
        pace.refused()

    async def work() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(side_by_side, 16, one)
            group.start_soon(refuse)

    at(timeline, work)

    assert turns[5:] == pytest.approx([6.5 / 9.5 + number / 4.75 for number in range(11)], abs=1e-3)


def test_who_waits_when_the_pace_is_halved_is_refused_once_its_time_is_up(timeline: Timeline) -> None:
    pace, given, refused = Pace(10), list[float](), list[float]()
    began = timeline.now()

    async def one(_: int) -> None:
        try:
            await pace.turn(2.0)
        except Throttled:
            refused.append(round(timeline.now() - began, 3))
        else:
            given.append(timeline.now() - began)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(side_by_side, 19, one)
            await anyio.sleep(0.5)
            pace.refused()

    at(timeline, work)

    assert max(given) <= 2.0
    assert (len(given), refused) == (12, [2.0] * 7)


def test_refusals_of_the_same_second_tell_the_same_thing(timeline: Timeline) -> None:
    pace, rates = Pace(10), list[float]()

    async def work() -> None:
        for pause in (0, 0.3, 0.3, 0.3, 0.3, 1.0):
            await anyio.sleep(pause)
            pace.refused()
            rates.append(pace.rate)

    at(timeline, work)

    assert rates == [4.75, 4.75, 4.75, 4.75, 2.375, 1.1875]


def test_the_pace_never_falls_below_a_call_in_two_seconds(timeline: Timeline) -> None:
    pace = Pace(10)

    async def work() -> None:
        for _ in range(20):
            pace.refused()
            await anyio.sleep(1)

    at(timeline, work)

    assert pace.rate == 0.5


def test_the_pace_recovers_with_every_call_taken_up_to_the_full_one(timeline: Timeline) -> None:
    pace, rates = Pace(10), list[float]()

    async def work() -> None:
        pace.refused()
        for _ in range(40):
            pace.accepted()
            rates.append(pace.rate)

    at(timeline, work)

    assert rates[0] == pytest.approx(4.75 * 1.02)
    assert sum(rate < 9.5 for rate in rates) == 35
    assert max(rates) == rates[-1] == 9.5


def test_who_is_cancelled_while_waiting_leaves_its_turn_to_the_next(timeline: Timeline) -> None:
    pace = Pace(10)

    async def impatient(_: int) -> None:
        with anyio.move_on_after(0.05):
            await pace.turn(LONG)

    async def work() -> None:
        await pace.turn(LONG)
        await side_by_side(50, impatient)
        await pace.turn(0.2)

    assert at(timeline, work) == pytest.approx(1 / 9.5, abs=1e-3)


async def buy(cloud: Cloud, pace: Pace) -> int:
    """Buy one EIP, however often it takes; the refusals for rate."""
    refusals = 0
    while True:
        await pace.turn(LONG)
        await anyio.sleep(0.05)
        try:
            cloud.call("vpc", "AllocateAddresses", {})
        except CloudError as error:
            assert error.code == "RequestLimitExceeded"  # noqa: PT017 - any other ends the test
            refusals += 1
            pace.refused()
        else:
            pace.accepted()
            return refusals
        finally:
            await anyio.sleep(0.05)


def buy_side_by_side(cloud: Cloud, timeline: Timeline, *sharing: Pace, each: int) -> tuple[float, int]:
    """Seconds and refusals until each of the paces has taken its calls of AllocateAddresses."""
    refusals: list[int] = []

    async def work() -> None:
        async def one(number: int) -> None:
            refusals.append(await buy(cloud, sharing[number % len(sharing)]))

        await side_by_side(each * len(sharing), one)

    return at(timeline, work), sum(refusals)


def test_at_full_pace_not_one_of_300_calls_is_refused(cloud: Cloud, timeline: Timeline) -> None:
    seconds, refusals = buy_side_by_side(cloud, timeline, Pace(10), each=300)

    assert (refusals, len(cloud.holdings())) == (0, 300)
    assert seconds == pytest.approx(299 / 9.5 + 0.1, abs=0.01)


@pytest.mark.parametrize(
    ("sharing", "at_most", "reason"),
    [
        (2, 50, "two invocations: little slower than one alone, which takes 32 seconds"),
        (4, 75, "four: no worse than half as fast"),
    ],
)
def test_invocations_that_share_a_budget_without_knowing_lose_no_call(
    cloud: Cloud, timeline: Timeline, sharing: int, at_most: float, reason: str
) -> None:
    seconds, _ = buy_side_by_side(cloud, timeline, *[Pace(10) for _ in range(sharing)], each=300 // sharing)

    assert len(cloud.holdings()) == 300
    assert seconds < at_most, reason


def test_every_api_in_use_has_a_pace_of_its_own_under_its_limit(timeline: Timeline) -> None:
    ours = paces()

    async def work() -> None:
        ours["AllocateAddresses"].refused()

    at(timeline, work)

    assert {action: pace.rate for action, pace in ours.items()} == {
        "AllocateAddresses": 4.75,
        "AssociateAddress": 9.5,
        "DisassociateAddress": 9.5,
        "ReleaseAddresses": 9.5,
        "ModifyAddressesBandwidth": 19.0,
        "DescribeAddresses": 19.0,
        "DescribeNetworkInterfaces": 95.0,
    }
    assert ours.keys() == LIMITS.keys()
