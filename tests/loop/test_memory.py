"""What an invocation reads again, where a deed ends while it looks; and what it makes of a list that is not whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import TypeVar, cast

import anyio
import pytest

from shared.core.actions import Act, CreateClaim, Publish
from shared.core.address import Address, PrivateAddress
from shared.core.claim import Claim
from shared.core.errors import Conflict, InputRejected
from shared.core.pod import Node, Pod
from shared.effects import Effect
from shared.listed import Listed
from shared.memory import Memory
from shared.observe import FEW, ClusterView, Ports, Scope
from shared.ports import Cloud, Cluster, Listing
from tests.core.worlds import ENI, INSTANCE, IP, POLICY, claim, eip, pod, world

T = TypeVar("T", Claim, Pod)
NAMES = [f"w{number:02}" for number in range(FEW + 2)]
KEYS = [("shop", name) for name in NAMES]


def named(one: T, name: str) -> T:
    return one.model_copy(update={"metadata": replace(one.metadata, name=name)})


async def _at_once(name: str) -> None:
    del name


class FakeCluster:
    """Claims and pods of those names on a node that is never found, so that it is asked for after them in each look."""

    def __init__(self) -> None:
        self.after_listing: Callable[[], object] = lambda: None
        self.while_listing: Callable[[], Awaitable[object]] = anyio.lowlevel.checkpoint
        self.while_reading: Callable[[str], Awaitable[object]] = _at_once
        self.without: set[str] = set()
        """Pods that are on the rest of a list that is not whole."""

        self.senseless: set[str] = set()
        self.read: list[str] = []

    async def list_claims(self, namespace: str | None = None) -> Listing[Claim]:
        del namespace
        return Listing(tuple(named(claim(uid=f"c-{name}"), name) for name in NAMES))

    async def list_pods(self, namespace: str | None = None) -> Listing[Pod]:
        del namespace
        await self.while_listing()
        listed = tuple(named(pod(f"u-{name}", ip=None), name) for name in NAMES if name not in self.without)
        return Listing(listed, complete=not self.without)

    async def get_node(self, name: str) -> Node | None:
        del name
        self.after_listing()
        return None

    async def get_claim(self, namespace: str, name: str) -> Claim | None:
        del namespace
        return named(claim(uid=f"c-{name}"), name)

    async def get_pod(self, namespace: str, name: str) -> Pod | None:
        del namespace
        self.read.append(name)
        await self.while_reading(name)
        if name in self.senseless:
            raise InputRejected("Unreadable", f"{name} makes no sense")
        return named(pod(f"u-{name}"), name)


class FakeCloud:
    """Two EIPs, of which lists show one for lack of a page; an interface has the other."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    async def addresses(self, ids: Collection[str]) -> Listing[Address]:
        del ids
        return Listing((eip("eip-1"),), complete=self.whole)

    async def named_addresses(self, ids: Collection[str]) -> Listing[Address]:
        return Listing(tuple(eip(one) for one in ids))

    async def private_addresses(self, ips: Collection[str]) -> Listing[PrivateAddress]:
        return Listing(tuple(PrivateAddress(ip, ENI, INSTANCE, "eip-2", "9.9.9.9") for ip in ips))


def in_doubt(memory: Memory, name: str = "w00") -> None:
    """A deed upon it has had a reply, and gives a reason to read the pod again."""
    mine = named(claim(uid=f"c-{name}"), name)
    its_world = replace(world(), namespace="shop", name=name, claim=mine)
    failed = Effect(done=True, claim=mine, failure=Conflict("Conflict", "the state is another"))
    memory.learn(its_world, Act("Publish", "", Publish({}, None, {})), failed)


async def test_a_pod_is_read_again_when_a_deed_that_asks_for_it_ends_during_a_look() -> None:
    """The look may have read the pod before the deed ended; its own end does not make that newer."""
    cluster, memory = FakeCluster(), Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", cluster), cast("Cloud", FakeCloud(whole=True)))
    await memory.look(ports)
    cluster.after_listing = lambda: in_doubt(memory)
    await memory.look(ports, {*KEYS[1:]})
    cluster.after_listing = lambda: None
    view, _ = await memory.look(ports, {*KEYS[:1]})

    assert cluster.read == ["w00"]
    assert view.pods[KEYS[0]].ipv4 == IP


async def test_a_list_that_is_older_does_not_undo_what_was_read_meanwhile() -> None:
    """A long look lists all pods while a short one reads some by themselves."""
    cluster, memory = FakeCluster(), Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", cluster), cast("Cloud", FakeCloud(whole=True)))
    await memory.look(ports)
    in_doubt(memory)

    async def short_look() -> None:
        cluster.while_listing = anyio.lowlevel.checkpoint
        await memory.look(ports, {KEYS[0]})

    cluster.while_listing = short_look
    await memory.look(ports, {*KEYS[1:]}, listing=True)
    view, _ = await memory.look(ports, {KEYS[0]})

    assert cluster.read == ["w00"]
    assert view.pods[KEYS[0]].ipv4 == IP


async def test_a_list_that_ends_while_some_are_read_does_not_undo_it() -> None:
    """It began before the deed had its end that is the reason to read them."""
    cluster, memory = FakeCluster(), Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", cluster), cast("Cloud", FakeCloud(whole=True)))
    await memory.look(ports)
    reading, listed = anyio.Event(), anyio.Event()
    seen: list[ClusterView] = []

    async def short_look() -> None:
        view, _ = await memory.look(ports, {*KEYS[:2]})
        seen.append(view)

    async def the_other_one_late(name: str) -> None:
        if name != "w00":
            reading.set()
            await listed.wait()

    async with anyio.create_task_group() as group:

        async def while_listing() -> None:
            in_doubt(memory, "w00")
            in_doubt(memory, "w01")
            group.start_soon(short_look)
            await reading.wait()

        cluster.while_listing, cluster.while_reading = while_listing, the_other_one_late
        await memory.look(ports, {*KEYS[2:]}, listing=True)
        listed.set()

    assert [view.pods[KEYS[0]].ipv4 for view in seen] == [IP]


async def test_a_list_that_is_not_whole_takes_nothing_from_a_short_look() -> None:
    cluster, memory = FakeCluster(), Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", cluster), cast("Cloud", FakeCloud(whole=True)))
    await memory.look(ports)
    cluster.without = {"w00"}

    long, _ = await memory.look(ports, {*KEYS[1:]}, listing=True)
    short, _ = await memory.look(ports, {KEYS[0]})

    assert not long.pods_complete
    assert short.pods_complete
    assert KEYS[0] in short.pods


async def test_a_pod_that_makes_no_sense_is_not_taken_for_gone() -> None:
    """Its claim, of which the last reply is known, is left alone with it."""
    cluster, memory = FakeCluster(), Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", cluster), cast("Cloud", FakeCloud(whole=True)))
    await memory.look(ports)
    in_doubt(memory)
    cluster.senseless = {"w00"}

    view, _ = await memory.look(ports, {KEYS[0]})

    assert (view.claims, view.pods) == ({}, {})
    assert [one.name for one in view.unreadable] == ["w00"]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_short_look_needs_no_list(whole: bool) -> None:  # noqa: FBT001
    """Neither of the cluster, when most replies are known, nor of all EIPs, when it is known which may be whose."""
    memory = Memory(Scope(everything=True), POLICY)
    ports = Ports(cast("Cluster", FakeCluster()), cast("Cloud", FakeCloud(whole=whole)))
    await memory.look(ports)
    many, few = {*KEYS}, {*KEYS[:FEW]}
    assert memory.at_hand(many) == set()
    assert memory.at_hand(few) == (few if whole else set())

    mine = named(claim(uid="c-w00"), "w00")
    its_world = replace(world(), namespace="shop", name="w00")
    memory.learn(its_world, Act("Create", "", CreateClaim({}, None)), Effect(done=True, claim=mine))

    assert memory.at_hand(many) == {KEYS[0]}


async def test_an_eip_that_an_interface_shows_and_a_list_does_not_is_asked_for() -> None:
    """Or one of our own, which a list that is not whole lacks, would be a stranger's."""
    view = ClusterView(pods={KEYS[0]: named(pod(), "w00")}, everything=True)

    seen = await Listed(POLICY).look(cast("Cloud", FakeCloud(whole=False)), view)

    assert {address.address_id for address in seen.addresses.items} == {"eip-1", "eip-2"}
    assert not seen.addresses.complete
