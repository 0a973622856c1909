"""Faults of the wire: what was surely not done, and what perhaps was; and that no write is ever sent twice."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timezone

import anyio
import pytest

from shared.adapters.kubernetes import Access, connect
from shared.adapters.kubernetes.client import Limits
from shared.core.errors import Ambiguous, Unavailable
from tests.adapters.kubernetes.objects import CLAIM, QUICK, TOKEN, claim, cluster_on, pod
from tests.adapters.kubernetes.server import HANG_UP, STALL, Reply

STEADY = datetime(2026, 11, 24, tzinfo=timezone.utc)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def test_a_request_without_a_listener_was_never_sent(unused_port: int) -> None:
    async with connect(Access(f"http://127.0.0.1:{unused_port}", token=TOKEN)) as cluster:
        with pytest.raises(Unavailable):
            await cluster.list_pods()
        with pytest.raises(Unavailable):
            await cluster.delete_claim(CLAIM)


async def test_a_request_to_a_name_that_means_nothing_was_never_sent() -> None:
    async with connect(Access("https://apiserver.invalid", token=TOKEN)) as cluster:
        with pytest.raises(Unavailable):
            await cluster.patch_claim(CLAIM, {})


async def test_a_request_to_what_does_not_speak_tls_was_never_sent() -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, connect(Access(f"https://127.0.0.1:{port}", token=TOKEN)) as cluster:
        with pytest.raises(Unavailable):
            await cluster.patch_claim(CLAIM, {})


async def test_a_request_that_no_connection_is_free_for_was_never_sent() -> None:
    limits = Limits(connect_seconds=1.0, seconds=300.0, connections=1)
    async with cluster_on(STALL, limits=limits) as (cluster, server), anyio.create_task_group() as group:
        group.start_soon(cluster.patch_claim, CLAIM, {})
        while not server.requests:
            await anyio.lowlevel.checkpoint()
        with pytest.raises(Unavailable):
            await cluster.patch_claim(CLAIM, {})
        group.cancel_scope.cancel()

    assert len(server.requests) == 1


async def test_writes_leave_a_connection_to_who_looks() -> None:
    limits = Limits(connect_seconds=1.0, seconds=300.0, connections=2, writing=1)
    replies = STALL, Reply(body=pod())
    async with cluster_on(*replies, limits=limits) as (cluster, server), anyio.create_task_group() as group:
        group.start_soon(cluster.patch_claim, CLAIM, {})
        while not server.requests:
            await anyio.lowlevel.checkpoint()
        with pytest.raises(Unavailable):
            await cluster.patch_claim(CLAIM, {})
        assert await cluster.get_pod("shop", "web-0") is not None
        group.cancel_scope.cancel()

    assert [request.method for request in server.requests] == ["PATCH", "GET"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (STALL, "the reply does not come in time"),
        (Reply(body=claim(), missing=10), "the reply is cut"),
        (HANG_UP, "the connection ends instead of a reply"),
        (Reply(500), "the apiserver fails"),
        (Reply(307, headers={"Location": "/elsewhere"}), "a gateway points somewhere else"),
        (Reply(body=b"garbage", headers={"Content-Encoding": "gzip"}), "the reply cannot be unpacked"),
    ],
)
async def test_a_write_without_an_answer_may_have_been_done_and_is_not_sent_again(reply: Reply, reason: str) -> None:
    async with cluster_on(Reply(body=pod()), *[reply] * 4, limits=QUICK) as (cluster, server):
        await cluster.get_pod("team", "web-0")  # on a connection that is kept, aiohttp would try again
        before = len(server.requests)
        for write in (
            cluster.delete_claim(CLAIM),
            cluster.patch_claim(CLAIM, {}),
            cluster.create_claim(claim()),
        ):
            with pytest.raises(Ambiguous):
                await write

    assert len(server.requests) - before == 3, reason


async def test_a_lease_whose_renewal_has_no_answer_is_not_renewed_again() -> None:
    lease = {"kind": "Lease", "metadata": {"name": "eipclaim-reclaim", "uid": "u", "resourceVersion": "41"}}
    async with cluster_on(Reply(body=lease), HANG_UP, Reply()) as (cluster, server):
        found = await cluster.get_lease()
        with pytest.raises(Ambiguous):
            await cluster.renew_lease(found, "me", STEADY)

    assert [asked.method for asked in server.requests] == ["GET", "PUT"]


async def test_a_read_on_a_kept_connection_that_has_ended_is_sent_once_more() -> None:
    async with cluster_on(Reply(body=pod()), HANG_UP, Reply(body=pod())) as (cluster, server):
        await cluster.get_pod("team", "web-0")

        assert await cluster.get_pod("team", "web-0") is not None
    assert [asked.connection for asked in server.requests] == [1, 1, 2]


@pytest.mark.parametrize("reply", [STALL, Reply(body=pod(), missing=10), Reply(302, headers={"Location": "/x"})])
async def test_a_read_without_an_answer_says_so(reply: Reply) -> None:
    async with cluster_on(reply, limits=QUICK) as (cluster, server):
        with pytest.raises(Ambiguous):
            await cluster.get_pod("team", "web-0")

    assert len(server.requests) == 1


async def test_a_proxy_in_the_environment_is_not_for_us(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    async with cluster_on(Reply(body=pod())) as (cluster, _):
        assert await cluster.get_pod("team", "web-0") is not None


async def test_a_cookie_is_not_kept() -> None:
    sticky = Reply(body=pod(), headers={"Set-Cookie": "a=b; Path=/"})
    async with cluster_on(sticky, sticky) as (cluster, server):
        await cluster.get_pod("team", "web-0")
        await cluster.get_pod("team", "web-0")

    assert "cookie" not in server.requests[1].headers
