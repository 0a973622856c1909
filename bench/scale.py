"""Very many pods: what a sweep gets done with a thousand new ones among them, and for how many its time suffices.

Virtual time, in which the cloud's rates and the functions' own computing count (as on one whole core; what the
emulator computes in place of the wires is part of it). A sweep is the real function; from sweeps of two sizes comes
what one costs until it first buys, and what it then does a second, and from that, by a model, the time that thousands
of new pods take, which would be hours to compute.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.crowd import Crowd, Name
from bench.table import Figure, Row, main
from bench.world import Pace
from eipctl.demo.scf import timer_event
from shared.adapters.cloud.pace import LIMITS
from shared.functions import ALLOCATE

NAMESPACES, NEW = 20, 1000
TOTALS = (1_000, 10_000)
SETTLED = 2_000
MODELLED = ((1_000, 0), (10_000, 0), (1_000, 9_000), (1_000, 49_000), (50_000, 0))
"""New pods, and those that are settled."""

PAGE = 100
DEEDS_SECONDS = 50.0
"""In which a sweep may start deeds."""
TICK_SECONDS = 60.0
DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Swept:
    """One sweep of `allocate`: how long it took, when it first bought, and when each pod was told, by namespace."""

    seconds: float
    first_purchase: float
    told: Mapping[str, Sequence[float]]
    cpu: float
    calls: int
    refused: int

    @property
    def number(self) -> int:
        """Pods that were told."""
        return sum(map(len, self.told.values()))


@dataclass(frozen=True)
class Cost:
    """What a sweep takes: seconds until it first buys, and pods a second from then on.

    The first are some for any, more of computing for each pod, and a page's turn at the cloud for each hundred, which
    no number of cores makes shorter.
    """

    least: float
    computed: float
    page: float
    pace: float

    def first_purchase(self, total: int, cores: float = 1.0) -> float:
        """Seconds from the beginning of a sweep of so many pods."""
        return self.least + self.computed / cores * total + self.page * -(-total // PAGE)


def newcomers(number: int) -> list[Name]:
    """Pods of twenty namespaces; one has half of them, and was there first."""
    modest = number // 2 // (NAMESPACES - 1)
    greedy = [("team-0", f"new-{index}") for index in range(number - modest * (NAMESPACES - 1))]
    return greedy + [(f"team-{team}", f"new-{index}") for team in range(1, NAMESPACES) for index in range(modest)]


def sweep(settled: int, new: int) -> Swept:
    """So many pods that have their EIPs, and new ones."""
    crowd = Crowd(Pace())
    crowd.add(((f"team-{index % NAMESPACES}", f"old-{index}") for index in range(settled)), bound=True)
    for name in newcomers(new):
        crowd.add([name])
    crowd.timeline.advance(1)
    start, cursor = crowd.timeline.now(), crowd.cloud.calls.cursor
    result = crowd.run(ALLOCATE, timer_event(0))
    bought = [call.at for call in crowd.cloud.calls.changes(cursor) if call.action == "AllocateAddresses"]
    told = defaultdict(list)
    for namespace, at in crowd.published_by_namespace():
        told[namespace].append(at - start)
    return Swept(
        seconds=float(result["seconds"]),
        first_purchase=min(bought, default=math.inf) - start,
        told=told,
        cpu=crowd.cpu,
        calls=crowd.cloud.calls.cursor - cursor,
        refused=crowd.refused_for_rate(),
    )


def calibrate(settled: Swept, number: int, bursts: Mapping[int, Swept]) -> Cost:
    """From a sweep that found so many pods settled, and from two that met new ones: among few pods, and among many.

    The pace is that among many, the slower one.
    """
    (few, small), (many, large) = sorted(bursts.items())[:2]
    page = max(0.0, settled.seconds - settled.cpu) / (number / PAGE)
    later = large.first_purchase - small.first_purchase - page * (many - few) / PAGE
    computed = max(0.0, later) / (many - few)
    least = max(0.0, small.first_purchase - computed * few)
    return Cost(least, computed, page, large.number / max(1.0, DEEDS_SECONDS - large.first_purchase))


def drain(new: int, settled: int, cost: Cost) -> tuple[float, int]:
    """Seconds until the new pods are told, by the sweeps alone, and for how many it was not in a day.

    The model: a sweep each minute, and from its first purchase to the end of its time it keeps its pace.
    """
    begins = cost.first_purchase(settled + new)
    a_sweep = cost.pace * (DEEDS_SECONDS - begins)
    sweeps = min(DAY_SECONDS // TICK_SECONDS, math.ceil(new / a_sweep) if a_sweep > 0 else math.inf)
    left = new - sweeps * max(0.0, a_sweep)
    if left > 0:
        return DAY_SECONDS, math.ceil(left)
    return (sweeps - 1) * TICK_SECONDS + begins + (new - (sweeps - 1) * a_sweep) / cost.pace, 0


def most(cost: Cost, cores: float) -> int:
    """Pods of which a sweep still buys for some before its time to start deeds is over, on so many cores."""
    few, many = 0, 1_000_000
    while many - few > PAGE:
        middle = (few + many) // 2
        few, many = (middle, many) if cost.first_purchase(middle, cores) < DEEDS_SECONDS else (few, middle)
    return few


def measure(totals: tuple[int, int] = TOTALS, new: int = NEW, settled: int = SETTLED) -> Figure:
    """Sweeps of growing crowds, then the model."""
    still = sweep(settled, 0)
    bursts = {total: sweep(total - new, new) for total in totals}
    cost = calibrate(still, settled, bursts)
    rows = [row for total, swept in bursts.items() for row in _rows(f"{total:,} pods, {new:,} of them new", swept, new)]
    rows += [
        Row("until a sweep first buys: CPU for each pod", 1000 * cost.computed, "ms"),
        Row("until a sweep first buys: a page of EIPs and of private IPs", 1000 * cost.page, "ms"),
    ]
    for number, old in MODELLED:
        what, (seconds, left) = f"by the model: {number:,} new pods beside {old:,}", drain(number, old, cost)
        floor = number / LIMITS["AllocateAddresses"]
        served = Row(f"{what}, by the sweeps alone", seconds, "s", floor)
        rows.append(Row(f"{what}: told in a day", number - left) if left else served)
    rows += [
        Row(f"by the model: pods among which a sweep still buys, {cores:g} cores", most(cost, cores))
        for cores in (1, 0.25)
    ]
    definition = (
        f"Virtual time, and the cloud, of the pods that start, computing included; {NAMESPACES} namespaces, of which "
        "one has half of the new pods and was there first; one sweep of allocate."
    )
    return Figure("Very many pods", definition, rows)


def _rows(what: str, swept: Swept, new: int) -> list[Row]:
    modest = sum(len(told) for namespace, told in swept.told.items() if namespace != "team-0")
    asked = new // 2 // (NAMESPACES - 1) * (NAMESPACES - 1)
    return [
        Row(f"{what}: the sweep", swept.seconds, "s", mark=55),
        *(
            [Row(f"{what}: to the first purchase", swept.first_purchase, "s")]
            if swept.first_purchase < math.inf
            else []
        ),
        Row(f"{what}: told in it", swept.number),
        Row(f"{what}: of the {asked} of the 19 modest namespaces", modest),
        Row(f"{what}: CPU", swept.cpu, "s"),
        Row(f"{what}: calls to the cloud", swept.calls),
        Row(f"{what}: calls refused for rate", swept.refused, mark=0),
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
