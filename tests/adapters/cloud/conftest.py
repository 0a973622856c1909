"""A virtual clock, an emulated cloud that runs by it and knows the tags of one cluster, and our adapter on it."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pytest

from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Params, Secret, connect
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud

T = TypeVar("T")


@pytest.fixture
def timeline() -> Timeline:
    """Virtual time from 2026-11-24 on."""
    return Timeline(1_795_478_400.0)


@pytest.fixture
def cloud(timeline: Timeline) -> Cloud:
    """An account in which `eipctl` has made the tags of cluster cls-blue."""
    cloud = Cloud(timeline.now)
    cloud.console.create_tag("managed-by", "eipclaim")
    cloud.console.create_tag("eipclaim-cluster", "cls-blue")
    return cloud


@pytest.fixture
def unused_endpoint() -> str:
    """The URL of a port on which nothing listens any more."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Target:
    """An EIP of the cluster, UNBIND, and a private IP on an interface of an instance in the cluster's VPC."""

    eip: str
    interface: str
    ip: str


@pytest.fixture
def target(cloud: Cloud) -> Target:
    """An EIP, and where it might be bound."""
    (eip,) = cloud.console.buy(
        name="eipc-abcdefghijklmno", tags={"managed-by": "eipclaim", "eipclaim-cluster": "cls-blue"}
    )
    interface = cloud.console.create_interface(cloud.console.create_instance(vpc_id="vpc-blue"))
    return Target(eip, interface, cloud.console.assign_ip(interface))


class Use:
    """The adapter behind the vendor's own client, in virtual time, as one invocation has it."""

    def __init__(self, cloud: Cloud, timeline: Timeline) -> None:
        """Of that cloud, for clusters of the VPC vpc-blue."""
        self.timeline = timeline
        self._transport = InProcessTransport(cloud, after=timeline.after)

    def __call__(
        self,
        work: Callable[[VpcCloud], Awaitable[T]],
        *,
        meddle: Callable[[], object] = lambda: None,
        cluster_id: str = "cls-blue",
    ) -> T:
        """What the work returns. `meddle` is what somebody else does after each call."""

        async def main() -> T:
            secret = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
            async with connect(SERVICE, VERSION, "ap-guangzhou", secret, transport=self._transport) as call:

                async def meddled(action: str, params: Params) -> Mapping[str, object]:
                    reply = await call(action, params)
                    meddle()
                    return reply

                return await work(VpcCloud(meddled, cluster_id, "vpc-blue"))

        return run(self.timeline, main())


@pytest.fixture
def use(cloud: Cloud, timeline: Timeline) -> Use:
    """The adapter on that cloud."""
    return Use(cloud, timeline)
