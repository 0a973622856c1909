"""A pod gets its EIP, and ends, on a real apiserver behind a proxy that spoils one request after the other.

Whichever request it is: one EIP is bought, bound and given back, each once, and nothing is left. The cloud is emulated.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

import anyio
import pytest

from eipctl.demo.scf import cls_event
from eipctl.dev.control_plane import ControlPlane
from emulator.cloud import Cloud
from shared.adapters.cloud.vpc import VpcCloud
from shared.adapters.kubernetes import connect, kubeconfig
from shared.adapters.kubernetes.client import Limits
from shared.core import identity
from shared.core.errors import EipclaimError
from shared.core.policy import Policy
from shared.functions import BIND, RECLAIM, Function, Invocation
from shared.observe import Ports
from shared.ports import Cluster
from tests.contract import apiserver_world
from tests.contract.worlds import World, pod
from tests.demo.interference import direct_call
from tests.dev.told import Told
from tests.loop.scenes import PREFIX
from tests.wire.proxy import Proxy, Spoil, kind, spoiling

CLUSTER_ID, VPC_ID = "cls-story", "vpc-story"
AT_ONCE = 6
"""So many stories are told side by side, each through a proxy of its own: most of a story is waiting."""

PATIENCE, PAUSE = 300.0, 5.0
"""Seconds: where an answer was not recorded nobody acts for a minute; and between two runs."""

SPOILS = (
    Spoil("closed after it was done", forwarded=True, answer="closed"),
    Spoil("409", forwarded=False, status=409),
    Spoil("429", forwarded=False, status=429),
)
CLEAN = Counter(AllocateAddresses=1, AssociateAddress=1, DisassociateAddress=1, ReleaseAddresses=1)
Part = Literal["bind", "end"]
NAME = "NAME"
"""Stands for the pod's in a kind of request."""


@dataclass(frozen=True)
class Fault:
    """One request of a part of the story, after so many others of its kind, and what becomes of it."""

    part: Part
    kind: str
    skip: int
    spoil: Spoil


@dataclass(frozen=True)
class Story:
    """How one went: what is wrong in the end, if anything, and what the apiserver was asked in each part."""

    wrong: str
    asked: dict[Part, list[str]]
    spoilt: bool
    """Whether it came to the request that was to be spoilt: how often a function looks is up to the clock."""


class Teller:
    """Tells the story of one pod after another, each with a cloud of its own."""

    def __init__(self, world: World, give: Cluster, take: Cluster, proxy: Proxy) -> None:
        self._world, self._give, self._take, self._proxy = world, give, take, proxy
        self._cloud, self._spoilt = Cloud(time.time), False

    async def tell(self, name: str, fault: Fault | None = None) -> Story:
        """The whole story, with that one fault if it comes to it."""
        self._cloud, self._spoilt = Cloud(time.time), False
        ip = self._account()
        await self._pod(name, ip)
        asked: dict[Part, list[str]] = {"bind": await self._bind(name, fault)}
        told = (await self._world.get("Pod", name) or {})["metadata"]["annotations"]
        bound = [address.address_id for address in self._cloud.holdings() if address.private_ip == ip]
        await self._world.delete("Pod", name)
        asked["end"] = await self._end(name, fault)
        if told.get(f"{PREFIX}/eip-id") not in bound:
            return Story(f"{bound} bound at the pod, which says {told}", asked, self._spoilt)
        return Story(await self._left(name), asked, self._spoilt)

    def _account(self) -> str:
        """A machine in that cloud, and an IP of it for the pod."""
        self._cloud.behaviour.transition_seconds = 0.0
        self._cloud.behaviour.rate_limits = False
        for key, value in identity.tags(CLUSTER_ID).items():
            self._cloud.console.create_tag(key, value)
        console = self._cloud.console
        return console.assign_ip(console.create_interface(console.create_instance(vpc_id=VPC_ID)))

    async def _pod(self, name: str, ip: str) -> None:
        manifest = pod(name, annotations={f"{PREFIX}/eip-attributes": ""})
        await self._world.create({**manifest, "spec": {**manifest["spec"], "nodeName": "somewhere"}})
        status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}
        await self._world.patch("Pod", name, {"status": status}, "status")

    async def _bind(self, name: str, fault: Fault | None) -> list[str]:
        about = {"resource": "pods", "namespace": self._world.namespace, "name": name}
        record = {"verb": "delete", "stage": "ResponseComplete", "user": {"username": "a"}, "objectRef": about}
        event = cls_event([{**record, "responseStatus": {"code": 200}}], time.time())
        return await self._run(BIND, event, fault if fault and fault.part == "bind" else None, name, self._is_served)

    async def _end(self, name: str, fault: Fault | None) -> list[str]:
        event = {"claims": [{"namespace": self._world.namespace, "name": name}]}
        return await self._run(RECLAIM, event, fault if fault and fault.part == "end" else None, name, self._is_over)

    async def _run(
        self, function: Function, event: object, fault: Fault | None, name: str, over: Callable[[str], Awaitable[bool]]
    ) -> list[str]:
        """Run the function until that part of the story is over; returns the kinds of request that were made."""
        self._proxy.asked.clear()
        self._proxy.next = fault.spoil if fault else None
        self._proxy.only, self._proxy.skip = (fault.kind.replace(NAME, name), fault.skip) if fault else ("", 0)
        cloud = VpcCloud(direct_call(self._cloud, function.role.value), CLUSTER_ID, VPC_ID)
        ports = Ports(self._give if function is BIND else self._take, cloud)
        with anyio.fail_after(PATIENCE):
            for number in itertools.count():
                invocation = Invocation(ports, Policy(CLUSTER_ID), f"{name}:{number}", 20.0, _no_log)
                with suppress(EipclaimError):  # whoever woke it does so again
                    await function.plan(event)(invocation)
                if await over(name):
                    break
                await anyio.sleep(PAUSE)
        self._spoilt |= fault is not None and self._proxy.next is None
        return [kind(request).replace(name, NAME) for request in self._proxy.asked]

    async def _is_served(self, name: str) -> bool:
        claim = await self._world.get("EIPClaim", name)
        return claim is not None and claim.get("status", {}).get("phase") == "Bound"

    async def _is_over(self, name: str) -> bool:
        """Also where only the second look is left, two minutes later, which proves that nothing is there."""
        claim = await self._world.get("EIPClaim", name)
        return claim is None or (not self._cloud.holdings() and "addressMissingSince" in claim["status"])

    async def _left(self, name: str) -> str:
        done = Counter(call.action for call in self._cloud.calls.changes(0) if call.done)
        if done != CLEAN or self._cloud.holdings() or not await self._is_over(name):
            return f"{dict(done)}; {self._cloud.holdings()}; {await self._world.get('EIPClaim', name)}"
        return ""


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""


@asynccontextmanager
async def tellers(plane: ControlPlane, world: World, number: int) -> AsyncIterator[list[Teller]]:
    """So many, each behind a proxy of its own."""
    access = kubeconfig.load(plane.admin)
    accounts = (identity.GIVE_ACCOUNT, identity.TAKE_ACCOUNT)
    tokens = [plane.kubectl("create", "token", one, f"--namespace={identity.SYSTEM_NAMESPACE}") for one in accounts]
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(number):
            proxy = await stack.enter_async_context(spoiling(plane.authority, plane.url))
            give, take = [
                await stack.enter_async_context(
                    connect(replace(access, server=proxy.url, token=token, certificate=None, key=None), Limits())
                )
                for token in tokens
            ]
            for cluster in (give, take):  # a cluster knows the time from its first reply on
                await cluster.list_claims(world.namespace)
            found.append(Teller(world, give, take, proxy))
        yield found


def faults_of(clean: Story) -> list[Fault]:
    """Every spoil at every request of that story."""
    counts = {part: Counter(kinds) for part, kinds in clean.asked.items()}
    return [
        Fault(part, kind, skip, spoil)
        for part in counts
        for kind, count in counts[part].items()
        for skip in range(count)
        for spoil in SPOILS
    ]


@pytest.mark.exhaustive
async def test_whichever_request_of_the_story_is_spoilt_it_ends_the_same(plane: ControlPlane, told: Told) -> None:
    spoilt, wrong = set[Fault](), list[str]()
    async with apiserver_world.open_world(plane.admin) as world, tellers(plane, world, AT_ONCE) as several:
        clean = await several[0].tell("clean")
        faults = faults_of(clean)
        rest = iter(enumerate(faults))

        async def tell_some(teller: Teller) -> None:
            for number, fault in rest:
                story = await teller.tell(f"told-{number}", fault)
                if story.spoilt:
                    spoilt.add(fault)
                if story.wrong:
                    wrong.append(f"{fault}: {story.wrong}")

        async with anyio.create_task_group() as group:
            for teller in several:
                group.start_soon(tell_some, teller)

    told.counted(f"{len(spoilt)} faults, three at each request that a story makes to a real apiserver")
    assert clean.wrong == ""
    assert "\n".join(wrong) == ""
    changes = {fault for fault in faults if fault.skip == 0 and not fault.kind.startswith("GET ")}
    looks = {(fault.part, fault.spoil) for fault in faults if fault.kind.startswith("GET ")}
    assert changes <= spoilt
    assert looks <= {(fault.part, fault.spoil) for fault in spoilt if fault.kind.startswith("GET ")}
