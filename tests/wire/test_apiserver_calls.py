"""Every request that we make of a real apiserver, spoilt once: what is concluded, and that it is sent once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from eipctl.dev.control_plane import ControlPlane
from shared.adapters.kubernetes import Access, connect, kubeconfig
from shared.adapters.kubernetes.client import Limits
from shared.core.claim import Claim
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Refused, Throttled
from shared.core.pod import Pod
from shared.ports import Cluster
from tests.contract import apiserver_world
from tests.contract.worlds import World, claim, pod, within
from tests.wire.proxy import Proxy, Spoil, spoiling

# Python 3.10's TLS transport holds itself for open after its peer has gone, and says so when it is collected (bpo-44011
# replaced it in 3.11); the socket below is closed.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*_SSLProtocolTransport.__del__:pytest.PytestUnraisableExceptionWarning"
)

PATIENT = Limits(connect_seconds=300.0, seconds=300.0)
SPOILS: tuple[tuple[Spoil, type[EipclaimError]], ...] = (
    (Spoil("closed before it was forwarded", forwarded=False, answer="closed"), Ambiguous),
    (Spoil("closed after it was done", forwarded=True, answer="closed"), Ambiguous),
    (Spoil("half a reply", forwarded=True, answer="half"), Ambiguous),
    *(
        (
            Spoil(f"{status} {'after' if forwarded else 'before'} it was done", forwarded=forwarded, status=status),
            Ambiguous,
        )
        for status in (500, 503, 504)
        for forwarded in (False, True)
    ),
    (Spoil("a redirection", forwarded=False, status=307, headers="Location: /elsewhere\r\n"), Ambiguous),
    (Spoil("garbage", forwarded=True, body=b'{"kind": "EIP'), Ambiguous),
    (Spoil("409", forwarded=False, status=409), Conflict),
    (Spoil("410", forwarded=False, status=410), Conflict),
    (Spoil("429", forwarded=False, status=429), Throttled),
    (Spoil("429 with Retry-After", forwarded=False, status=429, headers="Retry-After: 1\r\n"), Throttled),
    (Spoil("401", forwarded=False, status=401), Refused),
)
UNDER = pytest.mark.parametrize(("spoil", "error"), SPOILS, ids=[spoil.what for spoil, _ in SPOILS])


@dataclass(frozen=True)
class Scene:
    """A pod and a claim in a real cluster, and the cluster's two accounts behind the proxy, give's by `access`."""

    world: World
    access: Access
    give: Cluster
    take: Cluster
    proxy: Proxy

    async def claim(self) -> Claim:
        """The claim as it is now."""
        found = await self.world.give.get_claim(self.world.namespace, "web-0")
        assert found is not None
        return found

    async def pod(self) -> Pod:
        """The pod as it is now."""
        found = await self.world.give.get_pod(self.world.namespace, "web-0")
        assert found is not None
        return found


@pytest.fixture(scope="module")
def tokens(plane: ControlPlane) -> tuple[str, ...]:
    """Of the two accounts."""
    accounts = ("eipclaim-give", "eipclaim-take")
    return tuple(plane.kubectl("create", "token", one, "--namespace=eipclaim-system") for one in accounts)


@pytest.fixture
async def scene(plane: ControlPlane, tokens: tuple[str, ...]) -> AsyncIterator[Scene]:
    access = kubeconfig.load(plane.admin)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(apiserver_world.open_world(plane.admin))
        proxy = await stack.enter_async_context(spoiling(plane.authority, plane.url))
        through = [replace(access, server=proxy.url, token=token, certificate=None, key=None) for token in tokens]
        give, take = [await stack.enter_async_context(connect(one, PATIENT)) for one in through]
        for manifest in (pod("web-0"), claim("web-0")):
            await world.create(manifest)
        for cluster in (give, take):  # a cluster knows the time from its first reply on
            await cluster.list_claims(world.namespace)
        yield Scene(world, through[0], give, take, proxy)


Method = Callable[[Scene], Awaitable[Callable[[], Awaitable[object]]]]


async def creates_a_claim(scene: Scene) -> Callable[[], Awaitable[object]]:
    manifest = within(scene.world, claim("web-1"))
    return lambda: scene.give.create_claim(manifest)


async def patches_a_claim(scene: Scene) -> Callable[[], Awaitable[object]]:
    found = await scene.claim()
    return lambda: scene.give.patch_claim(found, {"spec": {"bandwidthMbps": 20}})


async def patches_a_status(scene: Scene) -> Callable[[], Awaitable[object]]:
    found = await scene.claim()
    return lambda: scene.give.patch_claim_status(found, {"phase": "Pending"})


async def patches_a_pod(scene: Scene) -> Callable[[], Awaitable[object]]:
    found = await scene.pod()
    return lambda: scene.give.patch_pod_status(found, {"tke.cloud.tencent.com/eip-id": "eip-1"}, None)


async def deletes_a_claim(scene: Scene) -> Callable[[], Awaitable[object]]:
    found = await scene.claim()
    return lambda: scene.take.delete_claim(found)


async def renews_the_lease(scene: Scene) -> Callable[[], Awaitable[object]]:
    await scene.world.take.renew_lease(None, "me", scene.world.take.now())
    lease = await scene.world.take.get_lease()
    return lambda: scene.take.renew_lease(lease, "me", scene.world.take.now())


WRITES: tuple[Method, ...] = (
    creates_a_claim,
    patches_a_claim,
    patches_a_status,
    patches_a_pod,
    renews_the_lease,
    deletes_a_claim,
)


@UNDER
async def test_a_write_is_sent_once_and_definite_only_where_it_is_known(
    scene: Scene, spoil: Spoil, error: type[EipclaimError]
) -> None:
    for method in WRITES:
        write = await method(scene)
        scene.proxy.asked.clear()
        scene.proxy.next = spoil
        # A reply that is a success and no object says nothing of the two writes whose reply is not read.
        blind = spoil.what == "garbage" and method in (deletes_a_claim, renews_the_lease)
        if blind:
            await write()
        else:
            with pytest.raises(error):
                await write()

        assert len(scene.proxy.asked) == 1, method.__name__


@UNDER
async def test_a_read_fails_in_the_same_way_but_is_sent_once_more_where_a_connection_ended(
    scene: Scene, spoil: Spoil, error: type[EipclaimError]
) -> None:
    namespace = scene.world.namespace
    for read in (
        lambda: scene.give.list_claims(namespace),
        lambda: scene.give.list_pods(namespace),
        lambda: scene.give.get_claim(namespace, "web-0"),
        lambda: scene.give.get_pod(namespace, "web-0"),
    ):
        scene.proxy.asked.clear()
        scene.proxy.next = spoil
        if spoil.answer == "closed":
            await read()
        else:
            with pytest.raises(error):
                await read()

        assert len(scene.proxy.asked) == (2 if spoil.answer == "closed" else 1)


async def test_a_reply_that_never_comes_ends_a_request_in_time(scene: Scene) -> None:
    found = await scene.claim()
    scene.proxy.asked.clear()
    scene.proxy.next = Spoil("no reply", forwarded=True, answer="hang")
    async with connect(scene.access, Limits(seconds=2.5)) as impatient:
        with pytest.raises(Ambiguous):
            await impatient.patch_claim(found, {"spec": {"bandwidthMbps": 20}})

    async def done() -> bool | None:
        return True if (await scene.claim()).spec.bandwidth_mbps == 20 else None

    assert await scene.world.eventually(done), "it is forwarded, perhaps after its caller has gone"
    assert len(scene.proxy.asked) == 1


async def test_a_list_whose_next_page_has_expired_is_not_complete(scene: Scene) -> None:
    """Nothing may be concluded from what it lacks."""
    await scene.world.create(claim("web-1"))
    scene.proxy.next, scene.proxy.skip = Spoil("410", forwarded=False, status=410), 1
    async with connect(scene.access, replace(PATIENT, page=1)) as paged:
        listing = await paged.list_claims(scene.world.namespace)

    assert (len(listing.items), listing.complete) == (1, False)


async def test_a_write_that_was_done_after_all_is_seen_and_its_repetition_refused(scene: Scene) -> None:
    """The first was done and its reply lost: the resourceVersion, and the name, keep the second from being done."""
    found = await scene.claim()
    scene.proxy.next = SPOILS[1][0]
    with pytest.raises(Ambiguous):
        await scene.give.patch_claim(found, {"spec": {"bandwidthMbps": 20}})

    assert (await scene.claim()).spec.bandwidth_mbps == 20
    with pytest.raises(Conflict):
        await scene.give.patch_claim(found, {"spec": {"bandwidthMbps": 30}})
    assert (await scene.claim()).spec.bandwidth_mbps == 20
    scene.proxy.next = SPOILS[1][0]
    with pytest.raises(Ambiguous):
        await scene.give.create_claim(within(scene.world, claim("web-1")))
    with pytest.raises(Conflict):
        await scene.give.create_claim(within(scene.world, claim("web-1")))


async def test_a_404_of_a_gateway_is_no_absence(scene: Scene) -> None:
    scene.proxy.next = Spoil("404", forwarded=False, status=404)
    with pytest.raises(Refused):
        await scene.give.get_claim(scene.world.namespace, "web-0")
