"""The apiserver's time: by its newest Date header, and never back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.adapters.kubernetes.clock import ApiserverClock
from shared.core.errors import EipclaimError, Refused, Unavailable
from tests.adapters.kubernetes.objects import cluster_on, page
from tests.adapters.kubernetes.server import Reply

FIVE = datetime(2026, 11, 24, 5, tzinfo=timezone.utc)


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_the_time_goes_on_from_the_newest_header() -> None:
    stopwatch = Stopwatch()
    clock = ApiserverClock(stopwatch)

    clock.see("Tue, 24 Nov 2026 05:00:00 GMT")
    stopwatch.seconds += 2.5

    assert clock.now() == FIVE + timedelta(seconds=2.5)
    assert clock.now().tzinfo is timezone.utc


def test_a_header_that_lies_ahead_is_taken_over() -> None:
    clock = ApiserverClock(Stopwatch())
    clock.see("Tue, 24 Nov 2026 05:00:00 GMT")

    clock.see("Tue, 24 Nov 2026 05:10:00 GMT")

    assert clock.now() == FIVE + timedelta(minutes=10)


def test_a_header_of_a_replica_that_is_slow_does_not_turn_the_time_back() -> None:
    stopwatch = Stopwatch()
    clock = ApiserverClock(stopwatch)
    clock.see("Tue, 24 Nov 2026 05:00:00 GMT")
    stopwatch.seconds += 1.5

    clock.see("Tue, 24 Nov 2026 05:00:01 GMT")
    clock.see("Tue, 24 Nov 2026 04:50:00 GMT")

    assert clock.now() == FIVE + timedelta(seconds=1.5)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Tue, 99 Nov 2026 05:00:00 GMT", "2026-11-24T05:00:00Z"])
def test_a_header_that_is_no_date_tells_no_time(date: str | None) -> None:
    clock = ApiserverClock(Stopwatch())

    clock.see(date)

    with pytest.raises(Unavailable):
        clock.now()


def test_a_header_in_another_zone_is_the_same_moment() -> None:
    clock = ApiserverClock(Stopwatch())

    clock.see("Tue, 24 Nov 2026 13:00:00 +0800")
    other = ApiserverClock(Stopwatch())
    other.see("Tue, 24 Nov 2026 05:00:00 -0000")

    assert clock.now() == other.now() == FIVE


async def test_before_its_first_reply_the_apiservers_time_is_not_known() -> None:
    async with cluster_on() as (cluster, _):
        with pytest.raises(Unavailable):
            cluster.now()


async def test_a_refusal_tells_the_time_too() -> None:
    async with cluster_on(Reply(403)) as (cluster, _):
        with pytest.raises(Refused):
            await cluster.list_pods()

        assert timedelta() <= cluster.now() - FIVE < timedelta(seconds=5)


async def test_an_error_that_a_gateway_may_have_made_tells_no_time() -> None:
    ahead = {"Date": "Tue, 24 Nov 2026 09:00:00 GMT"}
    async with cluster_on(page("Pod"), Reply(502, headers=ahead)) as (cluster, _):
        await cluster.list_pods()
        with pytest.raises(EipclaimError):
            await cluster.list_pods()

        assert cluster.now() - FIVE < timedelta(seconds=5)
