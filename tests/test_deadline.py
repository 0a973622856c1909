"""For how long an invocation may start deeds."""

from __future__ import annotations

from typing import cast

import anyio
import pytest

from emulator.timeline import Timeline, run
from shared.core.policy import Policy
from shared.core.table import Role
from shared.functions import Invocation
from shared.observe import Ports, Scope
from tests.host import Platform


@pytest.mark.parametrize(
    ("context", "seconds", "reason"),
    [
        (None, 50, "55 seconds, unless somebody says otherwise"),
        ({}, 50, "likewise"),
        ("context", 50, "likewise"),
        ({"time_limit_in_ms": 30_000}, 25, "the function's time-out"),
        ({"time_limit_in_ms": 30_000, "get_remaining_time_in_millis": lambda: 12_500}, 7.5, "what is left of it"),
        ({"time_limit_in_ms": 3_000}, 0, "no time for any deed"),
        ({"time_limit_in_ms": 0}, 50, "no limit that could be"),
        ({"time_limit_in_ms": -1}, 50, "likewise"),
        ({"time_limit_in_ms": "30000"}, 50, "likewise"),
        ({"get_remaining_time_in_millis": 12_500}, 50, "nothing to be called"),
        ({"get_remaining_time_in_millis": lambda: 0}, 50, "what runs has some time"),
    ],
)
def test_no_deed_is_started_in_the_last_5_seconds(context: object, seconds: float, reason: str) -> None:
    platform = Platform()
    platform.invoke(context)

    assert [invocation.seconds for invocation in platform.invocations] == [seconds], reason


@pytest.mark.parametrize(
    ("context", "seconds", "reason"),
    [
        (None, 38, "of 55 seconds 12 are gone"),
        ({"time_limit_in_ms": 30_000}, 13, "of the function's time-out too"),
        ({"time_limit_in_ms": 10_000}, 0, "more than there were"),
        ({"get_remaining_time_in_millis": lambda: 12_500}, 7.5, "the platform has counted them"),
    ],
)
def test_what_it_takes_to_connect_is_no_time_for_deeds(context: object, seconds: float, reason: str) -> None:
    platform = Platform(connecting=12.0)
    platform.invoke(context)

    assert [invocation.seconds for invocation in platform.invocations] == [seconds], reason


def test_what_is_asked_before_a_task_is_made_is_no_time_for_deeds_either() -> None:
    """The sweep of reclaim reads and renews its heartbeat first."""

    async def left_after(seconds: float) -> float:
        invocation = Invocation(cast("Ports", None), Policy("cls-blue"), "one", 50.0, lambda *_, **__: None)
        await anyio.sleep(seconds)
        return invocation.task(Role.TAKE, Scope(everything=True)).left

    assert run(Timeline(0.0), left_after(12.0)) == pytest.approx(38.0)
