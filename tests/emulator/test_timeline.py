"""Virtual time: the order of things, and programs of asyncio, anyio and httpx that wait without waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from emulator.timeline import Timeline, VirtualLoop, run

START = 1_795_000_000.0


def test_callbacks_run_in_order_of_time_then_of_insertion_and_see_their_own_instant() -> None:
    timeline = Timeline(START)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, timeline.now() - START))

    timeline.after(2, lambda: note("second"))
    timeline.at(START + 1, lambda: note("first"))
    timeline.after(2, lambda: note("third"))
    timeline.at(START - 60, lambda: note("overdue"))
    timeline.advance(5)

    assert seen == [("overdue", 0), ("first", 1), ("second", 2), ("third", 2)]
    assert timeline.now() == START + 5


def test_a_callback_may_schedule_another_within_the_same_advance() -> None:
    timeline = Timeline(START)
    seen: list[float] = []

    def tick() -> None:
        seen.append(timeline.now() - START)
        timeline.after(10, tick)

    timeline.after(10, tick)
    timeline.advance_to(START + 35)

    assert seen == [10, 20, 30]
    assert timeline.next_due() == START + 40


def test_the_clock_never_goes_back() -> None:
    timeline = Timeline(START)

    timeline.advance_to(START - 1)

    assert timeline.now() == START
    assert timeline.next_due() is None


def test_sleeping_takes_virtual_seconds_and_no_real_ones() -> None:
    timeline = Timeline(START)
    began = time.monotonic()

    async def main() -> str:
        await asyncio.sleep(86_400 * 400)
        await anyio.sleep(0.25)
        return "done"

    assert run(timeline, main()) == "done"
    assert timeline.now() == pytest.approx(START + 86_400 * 400 + 0.25)
    assert time.monotonic() - began < 5


def test_tasks_wake_in_order_of_time() -> None:
    timeline = Timeline(START)
    seen: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await anyio.sleep(seconds)
        seen.append((name, round(timeline.now() - START, 6)))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for name, seconds in (("slow", 3.0), ("quick", 0.1), ("middle", 1.7)):
                group.start_soon(sleeper, name, seconds)

    run(timeline, main())

    assert seen == [("quick", 0.1), ("middle", 1.7), ("slow", 3.0)]


def test_a_deadline_fires_at_its_virtual_time() -> None:
    timeline = Timeline(START)

    async def main() -> float:
        with pytest.raises(TimeoutError):
            with anyio.fail_after(15):
                await asyncio.sleep(3600)
        return timeline.now()

    assert run(timeline, main()) == pytest.approx(START + 15)


def test_callbacks_of_the_timeline_run_while_tasks_sleep_and_can_wake_them() -> None:
    timeline = Timeline(START)

    async def main() -> float:
        woken = asyncio.Event()
        timeline.after(4, woken.set)
        async with anyio.create_task_group() as group:
            group.start_soon(asyncio.sleep, 60)
            await woken.wait()
            at = timeline.now()
            group.cancel_scope.cancel()
        return at

    assert run(timeline, main()) == START + 4
    assert timeline.now() == START + 4


def test_a_callback_alone_keeps_the_loop_going() -> None:
    timeline = Timeline(START)

    async def main() -> str:
        answer = asyncio.get_running_loop().create_future()
        timeline.after(7, lambda: answer.set_result("seven"))
        return str(await answer)

    assert run(timeline, main()) == "seven"


def test_a_deadlock_raises_instead_of_hanging() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="deadlock"):
        run(Timeline(START), main())


def test_an_error_of_a_callback_comes_out_of_run() -> None:
    timeline = Timeline(START)

    def fail() -> None:
        raise LookupError("in the queue")

    timeline.after(1, fail)

    with pytest.raises(LookupError, match="in the queue"):
        run(timeline, asyncio.sleep(2))


def test_left_over_tasks_are_cancelled_and_generators_closed() -> None:
    timeline = Timeline(START)
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("task")

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            ended.append("generator")

    async def main() -> None:
        left.append(asyncio.ensure_future(endless()))
        generators.append(numbers())
        await generators[0].__anext__()
        await asyncio.sleep(1)

    left: list[asyncio.Future[None]] = []
    generators: list[AsyncIterator[int]] = []
    run(timeline, main())

    assert sorted(ended) == ["generator", "task"]
    assert left[0].cancelled()
    assert timeline.now() == pytest.approx(START + 1)


def test_one_timeline_carries_several_runs_one_after_the_other() -> None:
    timeline = Timeline(START)

    for _ in range(3):
        run(timeline, asyncio.sleep(60))

    assert timeline.now() == pytest.approx(START + 180)


def test_an_in_process_http_exchange_takes_virtual_time() -> None:
    timeline = Timeline(START)

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(200, json={"path": request.url.path})

    async def main() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False) as client:
            return (await client.get("http://cloud.invalid/eips")).json()

    assert run(timeline, main()) == {"path": "/eips"}
    assert timeline.now() == pytest.approx(START + 30)


def test_no_virtual_time_passes_while_another_thread_is_to_answer() -> None:
    """A time-out of an hour would be over at once."""
    timeline = Timeline(START)
    ours, theirs = socket.socketpair()
    answered = threading.Event()

    def answer() -> None:
        theirs.recv(1)
        theirs.send(b"y")
        answered.set()

    async def main() -> bytes:
        ours.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(ours, b"x")
        return await asyncio.wait_for(loop.sock_recv(ours, 1), 3600)

    with ours, theirs:
        thread = threading.Thread(target=answer)
        thread.start()
        got = run(timeline, main(), outside=lambda: not answered.is_set())
        thread.join()

    assert (got, timeline.now()) == (b"y", START)


def test_the_loops_own_time_is_the_timelines() -> None:
    timeline = Timeline(START)
    loop = VirtualLoop(timeline)
    timeline.advance(12)

    assert loop.time() == START + 12

    loop.close()
