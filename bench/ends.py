"""Many pods that end at once: until nothing of them is left in cluster or cloud, in virtual time.

The floor of one alone is its release and the state that follows; the two calls of each pod, where there are two,
overlap with those of the others. Deleted pods give back their IPs first, so that the cloud has unbound the EIPs itself.
"""

from __future__ import annotations

import sys

from bench.table import Figure, Row, main
from bench.world import Pace, World
from eipctl.demo.scf import timer_event
from emulator.timeline import run
from shared.core.table import Role
from shared.functions import ALLOCATE, RECLAIM

PER_SECOND = 10
NUMBER = 300
TICKS = 4
AT_A_TICK = 30.0
"""Seconds in which the pods end and garbage collection deletes their claims, before the sweep comes."""


def floor_alone(pace: Pace) -> float:
    """Seconds for the unavoidable of one pod: look, read the pod, release, look again, take the finalizer off."""
    world = World(1, pace)
    (address_id,) = world.cloud.console.buy()
    start = world.timeline.now()

    async def unavoidable() -> None:
        async with world.ports(Role.TAKE) as ports:
            await ports.cluster.list_claims()
            await ports.cluster.list_pods()
            await ports.cloud.addresses(())
            await ports.cluster.get_pod("default", "a")
            await ports.cloud.release(address_id, 20)
            world.timeline.advance(max(0.0, pace.transition - pace.call))
            await ports.cloud.named_addresses([address_id])
            await ports.cluster.get_pod("default", "a")

    run(world.timeline, unavoidable())
    return world.timeline.now() - start


def served(number: int) -> World:
    """So many pods with their EIPs, in a cloud that takes no time until now."""
    world = World(number, Pace(0.0, 0.0))
    world.cloud.behaviour.rate_limits = False
    world.add_pods(f"p-{index:05d}" for index in range(number))
    while len(world.published_at()) < number:
        world.run(ALLOCATE, timer_event(0))
    world.cloud.behaviour.rate_limits = True
    world.slow_down(Pace())
    return world


def measure(number: int = NUMBER) -> Figure:
    """All pods deleted, then a sweep a minute."""
    world = served(number)
    for pod in world.cluster.list("Pod"):
        world.cluster.delete("Pod", "default", pod["metadata"]["name"])
    world.timeline.advance(AT_A_TICK)
    world.requests.clear()
    before, start, ticks = world.cloud.calls.cursor, world.timeline.now(), 0
    while world.cluster.list("EIPClaim") and ticks < TICKS:
        world.timeline.advance_to(max(start + 60.0 * ticks, world.timeline.now()))
        world.run(RECLAIM, timer_event(0))
        ticks += 1
    calls = len(world.cloud.calls.since(before))
    floor = number / PER_SECOND + floor_alone(Pace())
    rows = [
        Row(f"{number} pods deleted: until nothing is left", world.timeline.now() - start, "s", floor, 1.35),
        Row("claims left", len(world.cluster.list("EIPClaim")), mark=0),
        Row("EIPs left", len(world.cloud.holdings()), mark=0),
        Row("calls refused for rate", world.refused_for_rate(), mark=0),
        Row("calls to the cloud a pod", calls / number, mark=2.5),
        Row("requests to the apiserver a pod", sum(world.requests.values()) / number, mark=8),
    ]
    return Figure("Pods that end", "Virtual time, and the cloud, of the pods that start.", rows)


if __name__ == "__main__":
    sys.exit(main(measure))
