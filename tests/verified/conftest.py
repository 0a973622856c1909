"""An account of the cloud: the emulated one always, the real one with `pytest -m tencent_verified`.

The real one takes `TENCENTCLOUD_SECRETID`, `TENCENTCLOUD_SECRETKEY`, `TENCENTCLOUD_TOKEN` where it is temporary, and
`TENCENTCLOUD_REGION`; the two tags of `CLUSTER_ID` must exist; `VERIFIED_PLACE=vpc-ID/eni-ID/IP` names a secondary
private IP that may get an EIP for a minute. EIPs are bought, billed by the hour, and given back. What is missing fails:
whoever asks for the real cloud must not take a skipped check for one that passed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import pytest

from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Secret, connect
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core import identity
from shared.core.address import Address

T = TypeVar("T")
CLUSTER_ID = "cls-verified"
PATIENCE_SECONDS = 120.0
"""As long as the decision table waits for what it has asked for to show."""


@dataclass(frozen=True)
class Place:
    """A private IP on an interface, and the VPC that both are in."""

    vpc: str
    interface: str
    ip: str


@dataclass(frozen=True)
class Account:
    """An account with the tags of one cluster that nobody else uses, and a place to bind an EIP to."""

    place: Place
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    _open: Callable[[str], AbstractAsyncContextManager[VpcCloud]]

    def __call__(self, work: Callable[[VpcCloud], Awaitable[T]], *, cluster_id: str = CLUSTER_ID) -> T:
        """What the work returns."""

        async def main() -> T:
            async with self._open(cluster_id) as vpc:
                return await work(vpc)

        done: T = self.run(main())
        return done


async def find(vpc: VpcCloud, address_id: str) -> Address | None:
    """The EIP as a listing shows it that asks for it by id."""
    listed = await vpc.addresses([address_id])
    return next((one for one in listed.items if one.address_id == address_id), None)


async def when(vpc: VpcCloud, address_id: str, holds: Callable[[Address | None], bool]) -> Address | None:
    """The EIP once that holds; asserts that it comes about."""
    with anyio.move_on_after(PATIENCE_SECONDS):
        while True:
            found = await find(vpc, address_id)
            if holds(found):
                return found
            await anyio.sleep(1)
    raise AssertionError(f"{address_id} did not come there within {PATIENCE_SECONDS:.0f} s")


async def clear(vpc: VpcCloud) -> None:
    """Give back all that is there under the tags of this cluster."""
    for address in (await vpc.addresses(())).items:
        if address.carries(identity.tags(CLUSTER_ID)):
            if address.bound:
                await vpc.disassociate(address.address_id, PATIENCE_SECONDS)
            if await when(vpc, address.address_id, lambda one: one is None or one.unbound):
                await vpc.release(address.address_id, PATIENCE_SECONDS)


def _emulated() -> Account:
    timeline = Timeline(1_795_478_400.0)
    cloud = Cloud(timeline.now)
    for key, value in identity.tags(CLUSTER_ID).items():
        cloud.console.create_tag(key, value)
    interface = cloud.console.create_interface(cloud.console.create_instance(vpc_id="vpc-verified"))
    place = Place("vpc-verified", interface, cloud.console.assign_ip(interface))
    transport = InProcessTransport(cloud, after=timeline.after)

    @asynccontextmanager
    async def opened(cluster_id: str) -> AsyncIterator[VpcCloud]:
        secret = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
        async with connect(SERVICE, VERSION, cloud.region, secret, transport=transport) as call:
            yield VpcCloud(call, cluster_id, place.vpc)

    return Account(place, lambda work: run(timeline, work), opened)


def _real() -> Account:
    place = Place(*_told("VERIFIED_PLACE").split("/"))
    token = os.environ.get("TENCENTCLOUD_TOKEN")
    secret = Secret(_told("TENCENTCLOUD_SECRETID"), _told("TENCENTCLOUD_SECRETKEY"), token)
    region = _told("TENCENTCLOUD_REGION")

    @asynccontextmanager
    async def opened(cluster_id: str) -> AsyncIterator[VpcCloud]:
        async with connect(SERVICE, VERSION, region, secret) as call:
            yield VpcCloud(call, cluster_id, place.vpc)

    return Account(place, asyncio.run, opened)


def _told(name: str) -> str:
    value = os.environ.get(name)
    assert value, f"{name} is not set: see tests/verified/conftest.py"
    return value


@pytest.fixture(params=["emulated", pytest.param("tencent", marks=pytest.mark.tencent_verified)])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account in which nothing is left over."""
    made = _emulated() if request.param == "emulated" else _real()
    yield made
    made(clear)
