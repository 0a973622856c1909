"""Many pods at once, and one alone: from the IPs being known to the EIPs being bound and published, in virtual time.

The floor of one pod alone is the calls that nobody can leave out, made in sequence by somebody who knows when the cloud
has done; that of N is N / 10 seconds more, since each API takes ten calls a second. Two runs are the same to the call.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import anyio

from bench.table import Curve, Figure, Plot, Row, main
from bench.world import CLUSTER_ID, Pace, World, created, invocation
from eipctl.demo.scf import cls_event, timer_event
from emulator.timeline import Timeline, run
from shared.core import identity, manifests
from shared.core.actions import CreateClaim
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND
from shared.ports import Cluster

PER_SECOND = 10
BURSTS = (100, 300)
"""And a thousand, in `bench.thousand`."""

DEFINITION = (
    f"Virtual time: the cloud takes {PER_SECOND} calls a second of an API and 100 ms a call, each transitional state "
    "lasts 2 s, a request to the apiserver 5 ms."
)
LONG_ENOUGH = 300.0
"""Seconds for an invocation that is to bind 1,000 pods by itself; SCF allows 900."""


def floor_alone(pace: Pace) -> float:
    """Seconds from the event to the pod's annotation, by calls that cannot be left out."""
    world = World(1, pace)
    world.add_pods(["a"])
    start = world.timeline.now()
    run(world.timeline, _unavoidable(world))
    return world.timeline.now() - start


async def _unavoidable(world: World) -> None:
    async with world.ports(Role.GIVE) as ports:
        cluster: Cluster = ports.cluster
        await cluster.get_claim("default", "a")
        pod = await cluster.get_pod("default", "a")
        if pod is None or pod.ipv4 is None:
            raise AssertionError("the pod has no IP")
        await cluster.get_node(pod.spec.node_name or "")
        (place,) = (await ports.cloud.private_addresses([pod.ipv4])).items
        claim = await cluster.create_claim(manifests.claim("default", "a", CreateClaim({"bandwidthMbps": 100}, None)))
        claim = await cluster.patch_claim_status(claim, {"phase": "Allocating"})
        mark = identity.mark(CLUSTER_ID, claim.uid)
        address_id = await ports.cloud.allocate({"AddressName": mark}, "token", 20)
        claim = await cluster.patch_claim_status(claim, {"addressID": address_id})
        await anyio.sleep(max(0.0, world.pace.transition - world.pace.call))
        await ports.cloud.named_addresses([address_id])
        claim = await cluster.patch_claim_status(claim, {"phase": "Binding"})
        await ports.cloud.associate(address_id, place.network_interface_id, place.ip, 20)
        await anyio.sleep(max(0.0, world.pace.transition - world.pace.call))
        await ports.cloud.named_addresses([address_id])
        await cluster.patch_pod_status(pod, {"eip": address_id}, None)


def alone(call: float) -> list[Row]:
    """One pod, with so many seconds a call to the cloud."""
    pace = Pace(call)
    world = World(1, pace)
    world.add_pods(["a"])
    start = world.timeline.now()
    result = world.run(BIND, cls_event(created(["a"]), start))
    if result["done"].get("Publish") != 1:
        raise AssertionError(f"the pod was not served: {result}")
    what = f"one pod, {call * 1000:.0f} ms a call"
    return [
        Row(f"{what}: to bound and published", world.published_at()[-1] - start, "s", floor_alone(pace), 1.3),
        Row(f"{what}: calls to the cloud", sum(world.calls().values()), mark=6),
        Row(f"{what}: requests to the apiserver until published", world.until_published, mark=9),
    ]


def burst(number: int, alone_: float, pace: Pace | None = None) -> tuple[list[Row], World, float]:
    """So many pods at once, one invocation: rows, the world afterwards, and when it began."""
    world, names = with_pods(number, pace or Pace())
    start = world.timeline.now()
    world.run(BIND, cls_event(created(names), start), LONG_ENOUGH if number > BURSTS[-1] else 55.0)
    what = f"{number} pods, one invocation"
    bound, published = world.bound_at(), world.published_at()
    if len(bound) != number or len(published) != number:
        raise AssertionError(f"{number - len(published)} of {number} pods were not served")
    trail = [told - at for at, told in zip(bound, published, strict=True)]
    rows = [
        Row(f"{what}: to the last bound", bound[-1] - start, "s", number / PER_SECOND + alone_, 1.15),
        Row(f"{what}: published after bound, the most", max(trail), "s", mark=1.0),
        *_costs(what, world, number),
    ]
    return rows, world, start


def sweeps(number: int, alone_: float) -> tuple[list[Row], World, float]:
    """The same, and nothing but the timer of each minute."""
    world, names = with_pods(number, Pace())
    start, ticks = world.timeline.now(), 0
    while len(world.published_at()) < len(names):
        world.timeline.advance_to(max(start + 60.0 * ticks, world.timeline.now()))
        world.run(ALLOCATE, timer_event(world.timeline.now()))
        ticks += 1
    what = f"{number} pods, by the sweeps alone"
    last = world.bound_at()[-1] - start
    rows = [
        Row(f"{what}: to the last bound", last, "s", number / PER_SECOND + alone_, 1.35),
        *_costs(what, world, number),
    ]
    return rows, world, start


def two_at_once(number: int) -> list[Row]:
    """The same pods served by a sweep and by an event at once, with one budget between them."""
    world, names = with_pods(number, Pace())

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(invocation, world, ALLOCATE, timer_event(0))
            group.start_soon(invocation, world, BIND, cls_event(created(names), 0))

    ticks = 0
    while len(world.published_at()) < len(names) and ticks < 10:  # noqa: PLR2004 - minutes: else something is lost
        run(world.timeline, both())
        world.timeline.advance(60)
        ticks += 1
    what = f"{number} pods, two functions at once"
    lost = number - len(world.published_at())
    spare = len(world.cloud.holdings()) - number
    return [Row(f"{what}: pods lost", lost, mark=0), Row(f"{what}: EIPs too many", spare, mark=0)]


def with_pods(number: int, pace: Pace, timeline: Timeline | None = None) -> tuple[World, Sequence[str]]:
    """A world in which so many pods have their IPs, and their names."""
    world = World(number, pace, timeline=timeline)
    names = [f"p-{index:04d}" for index in range(number)]
    world.add_pods(names)
    return world, names


def _costs(what: str, world: World, number: int) -> list[Row]:
    return [
        Row(f"{what}: calls refused for rate", world.refused_for_rate(), mark=0),
        Row(f"{what}: calls to the cloud a pod", sum(world.calls().values()) / number, mark=2.5),
        Row(f"{what}: requests to the apiserver a pod", sum(world.requests.values()) / number, mark=8),
    ]


def bound_curve(world: World, start: float) -> Curve:
    """Which share of the pods was bound after how many seconds; a hundred points are enough."""
    bound = world.bound_at()
    points = [(at - start, 100 * (i + 1) / len(bound)) for i, at in enumerate(bound)]
    return [*points[:: max(1, len(points) // 100)], points[-1]]


def measure(numbers: Sequence[int] = BURSTS) -> Figure:
    """One pod alone, the bursts, and the first of them by two functions at once."""
    alone_ = floor_alone(Pace())
    rows = [*alone(0.0), *alone(0.1)]
    curves = {}
    for number in numbers:
        found, world, start = burst(number, alone_)
        rows += found
        curves[f"{number} pods"] = bound_curve(world, start)
    rows += two_at_once(numbers[0])
    return Figure("Pods that start", DEFINITION, rows, [Plot("bursts", "seconds", "% of the pods bound", curves)])


if __name__ == "__main__":
    sys.exit(main(measure))
