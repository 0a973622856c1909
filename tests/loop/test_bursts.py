"""Many pods at once, in virtual time: how many calls an invocation makes, and that no turn of an API is lost."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import anyio
import pytest

from bench.bursts import PER_SECOND, floor_alone
from bench.ends import served
from bench.world import API_SECONDS, Pace, World, created
from eipctl.demo.scf import cls_event, timer_event
from emulator.cloud import Fault
from emulator.cloud.calls import CallRecord
from shared.core.claim import Claim
from shared.core.errors import Unavailable
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM
from shared.observe import Ports
from shared.ports import Cluster as ClusterPort
from shared.ports import Listing

pytestmark = pytest.mark.no_cover

PAGE = 100


def ended(number: int) -> World:
    """So many pods that have ended with their EIPs unbound, and nobody has looked yet."""
    world = served(number)
    for pod in world.cluster.list("Pod"):
        world.cluster.delete("Pod", "default", pod["metadata"]["name"])
    world.timeline.advance(30)
    return world


def looks_by(filter_name: str, calls: list[CallRecord]) -> int:
    """The looks at EIPs with that filter."""
    asked = [call.params["Filters"][0]["Name"] for call in calls if call.action == "DescribeAddresses"]
    return sum(name.startswith(filter_name) for name in asked)


def test_one_sweep_gives_back_more_eips_than_a_page_holds() -> None:
    """A listing of two pages is not complete while EIPs go: of 300 a sweep gave back 28, and left the others."""
    world = ended(PAGE + 30)

    result = world.run(RECLAIM, timer_event(0))

    assert result["done"] == {"Release": PAGE + 30, "RemoveFinalizer": PAGE + 30}
    assert world.cloud.holdings() == ()
    assert world.cluster.list("EIPClaim") == ()


class Listed(World):
    """Lists of claims take so long, as with an apiserver that is short of CPU; from some time on there are none."""

    def __init__(self, pods: int, seconds: float, none_after: float = math.inf) -> None:
        """Seconds of the timeline from now."""
        super().__init__(pods, Pace())
        self.seconds, self.none_after = seconds, none_after

    @asynccontextmanager
    async def ports(self, role: Role) -> AsyncIterator[Ports]:
        """As in every world."""
        async with super().ports(role) as ports:
            list_claims, began = ports.cluster.list_claims, self.timeline.now()

            async def slowly(namespace: str | None = None) -> Listing[Claim]:
                if self.timeline.now() - began > self.none_after:
                    raise Unavailable("NotSent", "nobody listens")
                await anyio.sleep(self.seconds)
                return await list_claims(namespace)

            class Cluster:
                list_claims = staticmethod(slowly)

                def __getattr__(self, name: str) -> object:
                    return getattr(ports.cluster, name)

            yield replace(ports, cluster=cast("ClusterPort", Cluster()))


def test_who_is_bound_is_told_while_others_are_still_looked_at() -> None:
    world, names = Listed(PAGE, 2.0), [f"p-{index}" for index in range(PAGE)]
    world.add_pods(names)

    world.run(BIND, cls_event(created(names), world.timeline.now()))

    bound, told = world.bound_at(), world.published_at()
    assert len(told) == len(bound) == PAGE
    assert max(at - since for since, at in zip(bound, told, strict=True)) < 1.0


def test_an_invocation_ends_when_all_is_done_whatever_is_still_looked_at() -> None:
    """The list that would have been in time for the next deeds has no answer, and nobody needs it any more."""
    names = [f"p-{index}" for index in range(60)]
    world = Listed(60, 0.0, none_after=7.5)
    world.add_pods(names)
    began = world.timeline.now()

    result = world.run(BIND, cls_event(created(names), began))

    assert result["done"]["Publish"] == 60
    assert world.timeline.now() - max(world.published_at()) < 1.0


def test_what_is_looked_at_is_asked_for_side_by_side() -> None:
    """One after the other a dozen pods, their claims and nodes would take 27 requests, and the cloud two calls."""
    world, half_a_call = World(12, Pace()), Pace().call / 2
    names = [f"p-{index}" for index in range(12)]
    world.add_pods(names)
    start = world.timeline.now()

    world.run(BIND, cls_event(created(names), start))

    addresses, interfaces = (
        [call.at - start for call in world.cloud.calls.since() if call.action == action]
        for action in ("DescribeAddresses", "DescribeNetworkInterfaces")
    )
    assert min(addresses + interfaces) < half_a_call + 10 * API_SECONDS
    assert set(interfaces) & set(addresses)


def test_a_burst_is_bound_as_fast_as_the_cloud_takes_calls() -> None:
    """The looks run beside the deeds, so that every turn of the two APIs is used."""
    world = World(60, Pace())
    names = [f"p-{index}" for index in range(60)]
    world.add_pods(names)
    start = world.timeline.now()

    world.run(BIND, cls_event(created(names), start))

    assert len(world.published_at()) == len(names)
    assert world.bound_at()[-1] - start <= 1.2 * (len(names) / PER_SECOND + floor_alone(Pace()))
    assert world.refused_for_rate() == 0
    assert sum(world.calls().values()) <= 2.6 * len(names)


def test_one_lost_reply_does_not_make_all_looks_of_a_burst_list_everything() -> None:
    """Whether that EIP was bought only a listing tells; the other claims' EIPs are known by their ids all the same."""
    world = World(60, Pace())
    world.add_pods([f"p-{index}" for index in range(60)])
    world.cloud.faults.arm(Fault("drop_reply", "AllocateAddresses", times=2, skip=10))
    cursor = world.cloud.calls.cursor

    world.run(ALLOCATE, timer_event(0))

    assert looks_by("tag:", list(world.cloud.calls.since(cursor))) <= 4


def test_one_pod_costs_six_calls_to_a_cloud_that_takes_its_time() -> None:
    """One look at its interface, and of its EIP one that finds it CREATING, one UNBIND, one BIND."""
    world = World(1, Pace())
    world.add_pods(["a"])

    world.run(BIND, cls_event(created(["a"]), world.timeline.now()))

    assert len(world.published_at()) == 1
    assert world.calls() == {
        "DescribeNetworkInterfaces": 1,
        "AllocateAddresses": 1,
        "DescribeAddresses": 3,
        "AssociateAddress": 1,
    }


def test_a_cloud_without_transitional_states_is_not_waited_for() -> None:
    """Only one that was seen at work is left alone for a while."""
    world = World(1, Pace(transition=0.0))
    world.add_pods(["a"])
    start = world.timeline.now()

    world.run(BIND, cls_event(created(["a"]), start))

    assert world.published_at()[-1] - start < 1


def test_what_was_listed_once_is_asked_for_by_id() -> None:
    """However many EIPs there are: the whole list is read by the first look alone."""
    world = served(PAGE + 20)
    world.cluster.delete("Pod", "default", "p-00000")
    world.timeline.advance(30)
    before = world.cloud.calls.cursor

    world.run(RECLAIM, timer_event(0))

    calls = world.cloud.calls.since(before)
    assert looks_by("tag:", calls) == 2  # pages
    assert looks_by("address-id", calls) >= 1
    assert len(world.cloud.holdings()) == PAGE + 19
