"""Very many pods: what a sweep gets done with a thousand new ones among them, and for how many its time suffices.

Virtual time, in which the cloud's rates and the functions' own computing count (as on one whole core; what the
emulator computes in place of the wires is part of it). A sweep is the real function; from it comes the cost of a look,
and from that, by a model of the loop, the time that thousands of new pods take, which would be hours to compute.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.crowd import Crowd, Name
from bench.table import Figure, Row, main
from bench.world import Pace
from eipctl.demo.scf import timer_event
from shared.adapters.cloud.pace import LIMITS, SAFETY
from shared.functions import ALLOCATE
from shared.reconcile import LOOK_SECONDS
from shared.turns import ROUND_SECONDS

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
    looks: int
    cpu: float
    calls: int
    refused: int

    @property
    def number(self) -> int:
        """Pods that were told."""
        return sum(map(len, self.told.values()))


@dataclass(frozen=True)
class Cost:
    """Seconds of a look: CPU of each pod that is listed, and of each that waits, its deeds included; and of a page.

    A page is a hundred EIPs and a hundred private IPs; only the first look of a sweep reads them all.
    """

    listed: float
    waiting: float
    page: float

    def look(self, total: int, waiting: float) -> float:
        """Seconds of one look that lists everything."""
        return self.listed * total + self.waiting * waiting

    def first_look(self, total: int, waiting: float) -> float:
        """Seconds of a sweep's first look."""
        return self.page * -(-total // PAGE) + self.look(total, waiting)


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
        looks=max(1, crowd.requests["list_pods"]),
        cpu=crowd.cpu,
        calls=crowd.cloud.calls.cursor - cursor,
        refused=crowd.refused_for_rate(),
    )


def calibrate(settled: Swept, number: int, bursts: Mapping[int, Swept], new: int) -> Cost:
    """From a sweep that found so many pods settled, and from two that met new ones: among few pods, and among many."""
    (few, small), (many, large) = sorted(bursts.items())[:2]
    one, other = (burst.cpu / burst.looks for burst in (small, large))
    listed = max(0.0, other - one) / (many - few)
    waited = new - small.number / 2  # on average, in each of its looks
    paged = (settled.seconds - settled.cpu) / (number / PAGE)
    return Cost(listed, max(0.0, one - listed * few) / waited, paged)


def drain(new: int, settled: int, cost: Cost) -> tuple[float, int]:
    """Seconds until the new pods are bought for, by the sweeps alone, and for how many it was not in a day.

    The model: each look takes on what an API does in three seconds, and the next one comes when it has been computed.
    The real loop's looks also wait for each other and for the cloud, so that this is the least that it takes.
    """
    pace = LIMITS["AllocateAddresses"] * SAFETY
    waiting, tick = float(new), 0.0
    while tick < DAY_SECONDS:
        at = cost.first_look(settled + new, waiting)
        if at >= DEEDS_SECONDS:
            break
        while at < DEEDS_SECONDS:
            seconds = max(LOOK_SECONDS, cost.look(settled + new, waiting))
            waiting -= min(pace * seconds, pace * ROUND_SECONDS)
            at += seconds
            if waiting <= 0:
                return tick + at, 0
        tick += TICK_SECONDS * math.ceil(at / TICK_SECONDS)
    return DAY_SECONDS, math.ceil(waiting)


def most(cost: Cost, cores: float) -> int:
    """Pods of which a sweep still sees all before its time to start deeds is over, on so many cores."""
    slower = replace(cost, listed=cost.listed / cores)
    few, many = 0, 1_000_000
    while many - few > PAGE:
        middle = (few + many) // 2
        few, many = (middle, many) if slower.first_look(middle, 0) < DEEDS_SECONDS else (few, middle)
    return few


def measure(totals: tuple[int, int] = TOTALS, new: int = NEW, settled: int = SETTLED) -> Figure:
    """Sweeps of growing crowds, then the model."""
    still = sweep(settled, 0)
    bursts = {total: sweep(total - new, new) for total in totals}
    cost = calibrate(still, settled, bursts, new)
    rows = [row for total, swept in bursts.items() for row in _rows(f"{total:,} pods, {new:,} of them new", swept, new)]
    rows += [
        Row("a look: CPU of each pod that is listed", 1000 * cost.listed, "ms"),
        Row("a look: CPU of each pod that waits", 1000 * cost.waiting, "ms"),
        Row("a first look: a page of EIPs and of private IPs", 1000 * cost.page, "ms"),
    ]
    for number, old in MODELLED:
        what, (seconds, left) = f"by the model, at least: {number:,} new pods beside {old:,}", drain(number, old, cost)
        floor = number / LIMITS["AllocateAddresses"]
        served = Row(f"{what}, by the sweeps alone", seconds, "s", floor)
        rows.append(Row(f"{what}: bound in a day", number - left) if left else served)
    rows += [
        Row(f"by the model, at most: pods that a sweep can look at, {cores:g} cores", most(cost, cores))
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
        Row(f"{what}: looks", swept.looks),
        Row(f"{what}: CPU", swept.cpu, "s"),
        Row(f"{what}: calls to the cloud", swept.calls),
        Row(f"{what}: calls refused for rate", swept.refused, mark=0),
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
