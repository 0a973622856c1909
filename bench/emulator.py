"""The emulated cloud: fast enough not to be what the others measure, and pages that cost the same wherever they are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

from bench.table import RUNS, Figure, Row, main, median
from emulator.cloud import Cloud
from emulator.timeline import Timeline

EIPS = 100_000
CALLS = 30
PAGE = 100


def measure(eips: int = EIPS) -> Figure:
    """CPU time of calls at the direct door."""
    timeline = Timeline(0)
    cloud = Cloud(timeline.now)
    cloud.behaviour.rate_limits = False
    one = Cloud(timeline.now)
    one.behaviour.rate_limits = False
    few = one.console.buy(PAGE)
    cloud.console.buy(eips)
    by_id = median(RUNS, lambda: _each(lambda: one.call("vpc", "DescribeAddresses", {"AddressIds": few[:1]})))
    page = median(RUNS, lambda: _each(lambda: one.call("vpc", "DescribeAddresses", _page(0))))
    first, last = (median(RUNS, partial(_each, partial(_look, cloud, offset))) for offset in (0, eips - PAGE))
    rows = [
        Row("calls a second, one EIP", 1 / by_id),
        Row("a page of 100 EIPs", 1000 * page, "ms"),
        Row(f"the first of {eips:,} EIPs", 1000 * first, "ms", 1000 * page, 2.0),
        Row(f"the last of {eips:,} EIPs", 1000 * last, "ms", 1000 * page, 2.0),
    ]
    return Figure("The emulator", f"CPU time a call, in process, the median of {RUNS} runs of {CALLS}.", rows)


def _look(cloud: Cloud, offset: int) -> object:
    return cloud.call("vpc", "DescribeAddresses", _page(offset))


def _page(offset: int) -> dict[str, int]:
    return {"Offset": offset, "Limit": PAGE}


def _each(call: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - start) / CALLS


if __name__ == "__main__":
    sys.exit(main(measure))
