"""Twenty namespaces, of which one wants far more than its share: when the last pod of each is served."""

from __future__ import annotations

import sys

from bench.bursts import LONG_ENOUGH, PER_SECOND
from bench.table import Figure, Row, main
from bench.world import Pace, World
from eipctl.demo.scf import timer_event
from shared.adapters.cloud.pace import LIMITS, SAFETY
from shared.functions import ALLOCATE

NAMESPACES, MODEST, GREEDY = 20, 5, 105
PAGE, TICK_SECONDS = 100, 50.0
FAR = 10_000


def measure(namespaces: int = NAMESPACES, greed: int = GREEDY) -> Figure:
    """The greedy namespace was there first."""
    modest = (namespaces - 1) * MODEST
    world = World(modest + greed, Pace())
    for number in range(namespaces):
        world.add_pods([f"p-{number}-{i}" for i in range(MODEST if number else greed)], f"team-{number}")
    start = world.timeline.now()
    world.run(ALLOCATE, timer_event(0), LONG_ENOUGH)
    last = {
        namespace: max(at for where, at in world.published_by_namespace() if where == namespace) - start
        for namespace in {where for where, _ in world.published_by_namespace()}
    }
    greedy = last.pop("team-0")
    share = 2 * modest / PER_SECOND  # theirs, and as many turns for the one that takes every turn it can
    per_second = LIMITS["DescribeAddresses"] * SAFETY
    rows = [
        Row(f"{namespaces - 1} namespaces of {MODEST} pods: the last published", max(last.values()), "s", share, 2.0),
        Row(f"the one of {greed}: the last published", greedy, "s", (modest + greed) / PER_SECOND, 1.35),
        Row(f"a look at {FAR:,} EIPs takes, by the rate", FAR / PAGE / per_second, "s"),
        Row("EIPs of which a sweep can look at all in a tick, by the rate", int(TICK_SECONDS * per_second) * PAGE),
    ]
    return Figure(
        "Namespaces", "Virtual time, and the cloud, of the pods that start; one invocation of allocate.", rows
    )


if __name__ == "__main__":
    sys.exit(main(measure))
