"""Every call that we make of the cloud, under every fault of the wire: what is concluded, and that it is sent once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from emulator.cloud import Cloud
from emulator.timeline import Timeline
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.address import Address
from shared.core.errors import Ambiguous, EipclaimError, Throttled
from shared.ports import Listing
from tests.wire.door import Door, open_door
from tests.wire.faults import FAULTS, Row

TAGS = {"managed-by": "eipclaim", "eipclaim-cluster": "cls-blue"}
BOUGHT: Mapping[str, str | int] = {"AddressName": "eipc-abcdefghijklmno", "InternetMaxBandwidthOut": 10}


@dataclass(frozen=True)
class Place:
    """EIPs, unbound but for one, and a private IP to bind one to."""

    free: tuple[str, str, str]
    bound: str
    interface: str
    ip: str


Method = Callable[[VpcCloud, Place], Awaitable[object]]
MUTATIONS: dict[str, Method] = {
    "AllocateAddresses": lambda vpc, _: vpc.allocate(BOUGHT, "token", 20.0),
    "AssociateAddress": lambda vpc, at: vpc.associate(at.free[0], at.interface, at.ip, 20.0),
    "DisassociateAddress": lambda vpc, at: vpc.disassociate(at.bound, 20.0),
    "ReleaseAddresses": lambda vpc, at: vpc.release(at.free[1], 20.0),
    "ModifyAddressesBandwidth": lambda vpc, at: vpc.set_bandwidth(at.free[2], 20, 20.0),
}
READS: dict[str, Method] = {
    "DescribeAddresses": lambda vpc, _: vpc.addresses(()),
    "DescribeNetworkInterfaces": lambda vpc, at: vpc.private_addresses([at.ip]),
}
UNDER = pytest.mark.parametrize("row", FAULTS, ids=[row.what for row in FAULTS])


@dataclass(frozen=True)
class Met:
    """What came of a call: the error, how many requests were seen of it, whether it was done, and how long it took."""

    error: EipclaimError | None
    requests: int
    done: bool
    seconds: float


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(1_795_478_400.0)


@pytest.fixture
def cloud(timeline: Timeline) -> Cloud:
    cloud = Cloud(timeline.now)
    for key, value in TAGS.items():
        cloud.console.create_tag(key, value)
    return cloud


@pytest.fixture
def place(cloud: Cloud) -> Place:
    first, second, third, bound = (cloud.console.buy(tags=TAGS)[0] for _ in range(4))
    interface = cloud.console.create_interface(cloud.console.create_instance(vpc_id="vpc-blue"))
    cloud.console.bind(bound, interface, cloud.console.assign_ip(interface))
    return Place((first, second, third), bound, interface, cloud.console.assign_ip(interface))


@pytest.fixture
def door(cloud: Cloud) -> Iterator[Door]:
    with open_door(cloud) as opened:
        yield opened


class Line:
    """The adapter behind the door, and what is seen on both of its sides."""

    def __init__(self, cloud: Cloud, timeline: Timeline, door: Door, place: Place) -> None:
        self._cloud, self._timeline, self._door, self._place = cloud, timeline, door, place

    def meet(self, row: Row, action: str, method: Method) -> Met:
        """The call under the fault; a look with the same client, which must be right, follows it."""
        if row.fault is None:
            self._door.to_refuse.add(action)
        else:
            self._cloud.faults.arm(row.fault)
        return self._door.run(self._timeline, self._meet(action, method))

    async def _meet(self, action: str, method: Method) -> Met:
        before, began = self._cloud.calls.cursor, self._timeline.now()
        error: EipclaimError | None = None
        async with self._door.open() as call:
            vpc = VpcCloud(call, "cls-blue", "vpc-blue")
            try:
                await method(vpc, self._place)
            except EipclaimError as raised:
                error = raised
            took = self._timeline.now() - began
            seen = self._cloud.calls.since(before)
            look = await _look(vpc)
        assert {found.address_id for found in look.items} == {held.address_id for held in self._cloud.holdings()}
        assert {record.action for record in seen} <= {action}
        return Met(error, len(seen), any(record.done for record in seen), took)


async def _look(vpc: VpcCloud) -> Listing[Address]:
    """The rest of a body that was announced too short may still be on the kept connection, and spoils one answer."""
    try:
        return await vpc.addresses(())
    except Ambiguous:
        return await vpc.addresses(())


@pytest.fixture
def line(cloud: Cloud, timeline: Timeline, door: Door, place: Place) -> Line:
    return Line(cloud, timeline, door, place)


@UNDER
def test_a_mutation_is_sent_once_and_its_outcome_is_definite_only_where_it_is_known(row: Row, line: Line) -> None:
    for action, method in MUTATIONS.items():
        met = line.meet(row, action, method)

        assert (type(met.error), met.requests, met.done) == (row.error, row.requests, row.done), f"{action}: {row.why}"
        assert met.seconds == pytest.approx(row.seconds, abs=0.01), action


@UNDER
def test_a_look_fails_the_same_way_but_is_repeated_where_it_was_refused_for_rate(row: Row, line: Line) -> None:
    for action, method in READS.items():
        met = line.meet(row, action, method)

        if row.error is Throttled:
            assert (met.error, met.requests) == (None, 2), action
        else:
            assert (type(met.error), met.requests) == (row.error, row.requests), action
            assert met.seconds == pytest.approx(row.seconds, abs=0.01), action


def test_a_clock_that_is_wrong_is_a_definite_refusal(cloud: Cloud, line: Line) -> None:
    """The signature is checked for its age before anything is done."""
    cloud.signing_clock = lambda: 0.0
    cloud.behaviour.signature_skew_seconds = 300.0
    with pytest.raises(EipclaimError) as caught:
        line.meet(FAULTS[1], "AllocateAddresses", MUTATIONS["AllocateAddresses"])

    assert caught.value.reason == "Denied"
    assert len(cloud.holdings()) == 4
