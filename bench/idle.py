"""What an idle cluster costs: requests, GB-seconds and money a day, against one list of each kind a minute."""

from __future__ import annotations

import sys

from bench.ends import served
from bench.table import Figure, Row, main
from eipctl.demo.scf import timer_event
from shared.functions import ALLOCATE, RECLAIM

PODS = 1000
MINUTES_A_DAY = 1440

CLUSTER_PAGE, CLOUD_PAGE = 500, 100
MEMORY_GB = 0.128
PACKAGE_USD, PACKAGE_GB_SECONDS, PACKAGE_CALLS = 0.06, 100_000, 500_000
"""A day's price of the basic package, and what a month of it holds (product pages 583/44254 and 583/17299)."""

DAYS = 30
TICKS = 3


def measure() -> Figure:
    """Some minutes of a settled world, each with both sweeps."""
    world = served(PODS)
    world.requests.clear()
    before, seconds = world.cloud.calls.cursor, 0.0
    for _ in range(TICKS):
        for function in (ALLOCATE, RECLAIM):
            world.timeline.advance(30)
            seconds += float(world.run(function, timer_event(0))["seconds"])
    calls = world.cloud.calls.since(before)
    pages = sum(world.requests[kind] for kind in ("list_pods", "list_claims")) * (PODS // CLUSTER_PAGE)
    others = sum(count for kind, count in world.requests.items() if not kind.startswith("list_"))
    whole_list = (PODS // CLUSTER_PAGE) * 2 + (PODS // CLOUD_PAGE) * 2
    gb_seconds = seconds / TICKS * MINUTES_A_DAY * MEMORY_GB
    asked = (pages + others + len(calls)) / TICKS
    rows = [
        Row("requests to apiserver and cloud a minute", asked, floor=whole_list),
        Row("writes to the cloud", sum(call.changes for call in calls), mark=0),
        Row("requests to the apiserver a day", (pages + others) / TICKS * MINUTES_A_DAY),
        Row("calls to the cloud a day", len(calls) / TICKS * MINUTES_A_DAY),
        Row("GB-seconds a day", gb_seconds),
        Row("of the basic package's GB-seconds", 100 * gb_seconds * DAYS / PACKAGE_GB_SECONDS, "%", mark=100),
        Row("of the basic package's invocations", 100 * 2 * MINUTES_A_DAY * DAYS / PACKAGE_CALLS, "%", mark=100),
        Row("money a day: the basic package", PACKAGE_USD, "USD"),
    ]
    definition = (
        f"{PODS:,} bound pods, two functions of {MEMORY_GB * 1000:.0f} MB with a sweep a minute each; virtual time, "
        "so that their own CPU is not in the seconds: add that of the settled sweep."
    )
    return Figure("An idle cluster", definition, rows)


if __name__ == "__main__":
    sys.exit(main(measure))
