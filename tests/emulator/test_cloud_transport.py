"""The in-process transport in virtual time: waiting, giving up, and what still happens afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import httpx
import pytest
from tencentcloud.common.common_client_async import CommonClient
from tencentcloud.common.credential import Credential

from emulator.cloud import Cloud, Fault
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.timeline import Timeline, run


def seconds(
    timeline: Timeline,
    transport: httpx.AsyncBaseTransport,
    use: Callable[[CommonClient], Awaitable[object]],
    timeout: float | None = 15,
) -> float:
    """How long it takes to use an SDK client of that transport."""

    async def main() -> None:
        async with CommonClient(
            "vpc", "2017-03-12", Credential(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY), "ap-guangzhou"
        ) as client:
            await client.http_client.aclose()
            client.http_client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout)
            await use(client)

    began = timeline.now()
    run(timeline, main())
    return round(timeline.now() - began, 3)


async def buy(client: CommonClient) -> None:
    await client.call_and_deserialize("AllocateAddresses", {})


async def buy_in_vain(client: CommonClient) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await buy(client)


def test_an_exchange_takes_its_latency_half_of_it_each_way(cloud: Cloud, timeline: Timeline) -> None:
    transport = InProcessTransport(cloud, latency=0.2)

    assert seconds(timeline, transport, buy) == 0.2
    assert cloud.holdings()[0].created_at == pytest.approx(timeline.now() - 0.1)


def test_calls_side_by_side_share_the_time(cloud: Cloud, timeline: Timeline) -> None:
    async def several(client: CommonClient) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(buy, client)

    assert seconds(timeline, InProcessTransport(cloud, latency=0.2), several) == 0.2
    assert len(cloud.holdings()) == 5


@pytest.mark.parametrize(
    ("fault", "bought", "reason"),
    [
        (Fault("stall"), 1, "done at once, then nothing until the read time-out"),
        (Fault("delay", seconds=60), 1, "done at once, answered too late"),
        (Fault("late", seconds=60), 0, "not done yet"),
        (Fault("late", seconds=15.1), 0, "not done yet, but nearly"),
    ],
)
def test_a_caller_gives_up_after_its_read_time_out(
    cloud: Cloud, timeline: Timeline, fault: Fault, bought: int, reason: str
) -> None:
    cloud.faults.arm(fault)

    assert seconds(timeline, InProcessTransport(cloud, after=timeline.after), buy_in_vain) == 15, reason
    assert len(cloud.holdings()) == bought, reason


def test_a_late_request_is_served_even_after_its_caller_and_its_loop_have_gone(
    cloud: Cloud, timeline: Timeline
) -> None:
    cloud.faults.arm(Fault("late", seconds=60))
    seconds(timeline, InProcessTransport(cloud, after=timeline.after), buy_in_vain)
    timeline.advance(44.9)
    before = len(cloud.holdings())
    timeline.advance(0.2)

    assert (before, len(cloud.holdings())) == (0, 1)


def test_a_late_request_whose_caller_was_cancelled_is_served(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("late", seconds=10))

    async def cancelled(client: CommonClient) -> None:
        with anyio.move_on_after(5):
            await buy(client)
        await asyncio.sleep(10)

    assert seconds(timeline, InProcessTransport(cloud), cancelled) == 15
    assert len(cloud.holdings()) == 1


def test_slow_and_late_calls_are_answered_when_they_can_be(cloud: Cloud, timeline: Timeline) -> None:
    transport = InProcessTransport(cloud, latency=1, after=timeline.after)
    cloud.faults.arm(Fault("late", seconds=3))
    cloud.faults.arm(Fault("delay", seconds=5))

    assert [seconds(timeline, transport, buy), seconds(timeline, transport, buy)] == [4, 6]
    assert len(cloud.holdings()) == 2


def test_all_the_waiting_of_a_call_counts_against_one_read_time_out(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("delay", seconds=14.5))

    assert seconds(timeline, InProcessTransport(cloud, latency=2), buy_in_vain) == 15


def test_a_caller_without_a_time_out_waits_until_something_else_ends_it(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("stall"))

    async def bounded(client: CommonClient) -> None:
        with anyio.move_on_after(100):
            await buy(client)

    assert seconds(timeline, InProcessTransport(cloud), bounded, timeout=None) == 100
    assert len(cloud.holdings()) == 1
