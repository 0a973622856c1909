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
GB_SECOND, MILLION_CALLS = 0.00011108, 0.0133 * 100
"""CNY. An assumption: the pay-as-you-go list prices on the mainland, product page 583/12281, without free quotas."""

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
    money = gb_seconds * GB_SECOND + 2 * MINUTES_A_DAY / 1e6 * MILLION_CALLS
    asked = (pages + others + len(calls)) / TICKS
    rows = [
        Row("requests to apiserver and cloud a minute", asked, floor=whole_list),
        Row("writes to the cloud", sum(call.changes for call in calls), mark=0),
        Row("requests to the apiserver a day", (pages + others) / TICKS * MINUTES_A_DAY),
        Row("calls to the cloud a day", len(calls) / TICKS * MINUTES_A_DAY),
        Row("GB-seconds a day", gb_seconds),
        Row("money a day", money, "CNY"),
    ]
    definition = (
        f"{PODS:,} bound pods, two functions of {MEMORY_GB * 1000:.0f} MB with a sweep a minute each; virtual time, "
        "so that their own CPU is not in the seconds: add that of the settled sweep."
    )
    return Figure("An idle cluster", definition, rows)


if __name__ == "__main__":
    sys.exit(main(measure))
