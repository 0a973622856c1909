"""What an idle cluster costs: requests, GB-seconds and money a day, against one list of each kind a minute.

Its audit log is never silent, so that CLS wakes `bind` as often as it may, with records that name nobody of ours.
"""

from __future__ import annotations

import json
import sys
import time

from bench.audit import delivery, noise, pack
from bench.ends import served
from bench.table import RUNS, Figure, Row, main, median
from bench.world import World
from eipctl.demo.scf import timer_event
from shared.functions import ALLOCATE, BIND, RECLAIM

PODS = 1000
MINUTES_A_DAY = 1440

CLUSTER_PAGE, CLOUD_PAGE = 500, 100
MEMORY_MB, DELIVERY_SECONDS = 256, 3
"""Of `serverless.yml`: what is billed by the millisecond, and how long CLS gathers records."""

RECORDS = 200
"""In such a time, of the cluster's own housekeeping."""

PACKAGE_USD, PACKAGE_GB_SECONDS, PACKAGE_CALLS = 0.06, 100_000, 500_000
"""A day's price of the basic package, and what a month of it holds (product pages 583/44254 and 583/17299)."""

DAYS, DAY_SECONDS = 30, 86_400
TICKS = 3


def measure(pods: int = PODS) -> Figure:
    """Some minutes of a settled world, each with both sweeps."""
    world = served(pods)
    world.requests.clear()
    before, seconds = world.cloud.calls.cursor, 0.0
    for _ in range(TICKS):
        for function in (ALLOCATE, RECLAIM):
            world.timeline.advance(30)
            seconds += float(world.run(function, timer_event(0))["seconds"])
    calls = world.cloud.calls.since(before)
    pages = sum(world.requests[kind] for kind in ("list_pods", "list_claims")) * -(-pods // CLUSTER_PAGE)
    others = sum(count for kind, count in world.requests.items() if not kind.startswith("list_"))
    whole_list = -(-pods // CLUSTER_PAGE) * 2 + -(-pods // CLOUD_PAGE) * 2
    deliveries, cpu = DAY_SECONDS / DELIVERY_SECONDS, median(RUNS, lambda: _delivery(world))
    gb_seconds = (seconds / TICKS * MINUTES_A_DAY + deliveries * cpu) * MEMORY_MB / 1024
    sweeps = 2 * MINUTES_A_DAY
    asked = (pages + others + len(calls)) / TICKS
    rows = [
        Row("requests to apiserver and cloud a minute", asked, floor=whole_list),
        Row("writes to the cloud", sum(call.changes for call in calls), mark=0),
        Row("requests to the apiserver a day", (pages + others) / TICKS * MINUTES_A_DAY),
        Row("calls to the cloud a day", len(calls) / TICKS * MINUTES_A_DAY),
        Row("deliveries of the audit log a day, at the most", deliveries),
        Row(f"CPU of a delivery of {RECORDS} records that name nobody", 1000 * cpu, "ms"),
        Row("GB-seconds a day", gb_seconds),
        Row("of the basic package's GB-seconds", 100 * gb_seconds * DAYS / PACKAGE_GB_SECONDS, "%", mark=100),
        Row("of its invocations, by the sweeps", 100 * sweeps * DAYS / PACKAGE_CALLS, "%", mark=100),
        Row("of its invocations, with bind's at the most", 100 * (sweeps + deliveries) * DAYS / PACKAGE_CALLS, "%"),
        Row("money a day: the basic package", PACKAGE_USD, "USD"),
    ]
    definition = (
        f"{pods:,} bound pods, functions of {MEMORY_MB} MB, two of them with a sweep a minute each; virtual time, so "
        "that of CPU only that of bind is in the seconds: add that of the settled sweep."
    )
    return Figure("An idle cluster", definition, rows)


def _delivery(world: World) -> float:
    """CPU seconds of an invocation of bind that has nothing to do."""
    event = delivery(pack(json.dumps(noise(number)) for number in range(RECORDS)))
    start = time.process_time()
    world.run(BIND, event)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main(measure))
