"""401: the credentials are read anew once, and what was asked is asked again with them; then it is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from shared.adapters.kubernetes import Access, KubernetesCluster, connect
from shared.core.errors import Ambiguous, EipclaimError, InputRejected, Refused, Throttled, Unavailable
from tests.adapters.kubernetes.objects import CLAIM, claim, pod
from tests.adapters.kubernetes.server import HANG_UP, Reply, Server, serving, status

OLD, NEW = "canary.old", "canary.new"
UNKNOWN = status(401, "Unauthorized", "Unauthorized")


class Source:
    """Where the credentials stand: what is found there, and how often somebody looked."""

    def __init__(self, found: Callable[[], Access]) -> None:
        self.looks = 0
        self.before: Callable[[], object] = lambda: None
        self._found = found

    async def anew(self) -> Access:
        self.looks += 1
        self.before()
        await anyio.lowlevel.checkpoint()
        return self._found()


@asynccontextmanager
async def rotated(
    *replies: Reply, found: Callable[[Server], Access] | None = None
) -> AsyncIterator[tuple[KubernetesCluster, Server, Source]]:
    """A cluster that was opened with the old token, and a source that has the new one."""
    async with serving(*replies) as server:
        source = Source(lambda: found(server) if found else Access(server.url, token=NEW, origin="ssm:give"))
        old = Access(server.url, token=OLD, origin="ssm:give")
        async with connect(old, renew=source.anew) as cluster:
            yield cluster, server, source


def tokens(server: Server) -> list[str]:
    return [asked.headers["authorization"].removeprefix("Bearer ") for asked in server.requests]


def read(cluster: KubernetesCluster) -> Awaitable[object]:
    return cluster.get_pod("team", "web-0")


def write(cluster: KubernetesCluster) -> Awaitable[object]:
    return cluster.patch_claim(CLAIM, {"spec": {"bandwidthMbps": 5}})


@pytest.mark.parametrize(("ask", "reply"), [(read, pod()), (write, claim())])
async def test_a_call_that_is_not_known_is_made_again_with_credentials_read_anew(
    ask: Callable[[KubernetesCluster], Awaitable[object]], reply: object
) -> None:
    async with rotated(UNKNOWN, Reply(body=reply), Reply(body=reply)) as (cluster, server, source):
        first, second = await ask(cluster), await ask(cluster)

    assert first == second
    assert tokens(server) == [OLD, NEW, NEW]
    assert len({(asked.method, asked.path, asked.text) for asked in server.requests}) == 1, "the very same call"
    assert source.looks == 1


async def test_the_credentials_are_looked_for_where_they_point_to() -> None:
    """A kubeconfig may name another server, too, after a cluster was made anew."""
    async with serving(Reply(body=pod())) as other:
        async with rotated(UNKNOWN, found=lambda _: Access(other.url, token=NEW)) as (cluster, server, _source):
            assert await read(cluster) is not None

        assert (tokens(server), tokens(other)) == ([OLD], [NEW])


async def test_after_one_reading_it_is_an_error_in_one_line() -> None:
    async with rotated(*[UNKNOWN] * 3) as (cluster, server, source):
        for _ in range(2):
            with pytest.raises(Refused) as caught:
                await read(cluster)

    assert caught.value.message == (
        "GET /api/v1/namespaces/team/pods/web-0: 401: Unauthorized; the credentials of ssm:give are not accepted"
    )
    assert tokens(server) == [OLD, NEW, NEW]
    assert source.looks == 1


async def test_where_nothing_can_be_read_anew_it_is_an_error_at_once() -> None:
    async with serving(UNKNOWN) as server, connect(Access(server.url, token=OLD, origin="kubeconfig /a")) as cluster:
        with pytest.raises(Refused, match="the credentials of kubeconfig /a are not accepted"):
            await read(cluster)


async def test_side_by_side_calls_that_are_not_known_read_the_credentials_once() -> None:
    found: list[object] = []
    replies = [*[UNKNOWN] * 5, *[Reply(body=pod())] * 5]
    async with rotated(*replies) as (cluster, server, source), anyio.create_task_group() as group:

        async def one() -> None:
            found.append(await read(cluster))

        for _ in range(5):
            group.start_soon(one)

    assert len(found) == 5
    assert sorted(tokens(server)) == [NEW] * 5 + [OLD] * 5
    assert source.looks == 1


async def test_who_is_given_up_while_the_credentials_are_read_anew_takes_them_from_nobody() -> None:
    async with rotated(UNKNOWN, Reply(body=pod())) as (cluster, server, source):
        with anyio.CancelScope() as first:
            source.before = first.cancel
            await read(cluster)

        assert first.cancelled_caught
        assert await read(cluster) is not None

    assert tokens(server) == [OLD, NEW]
    assert source.looks == 1


@pytest.mark.parametrize(
    "why",
    [
        Throttled("RateLimited", "ssm:give: too fast"),
        Ambiguous("NoAnswer", "ssm:give: no answer"),
        InputRejected("InvalidKubeconfig", "ssm:give: no kubeconfig"),
    ],
)
async def test_credentials_that_cannot_be_read_anew_leave_the_definite_no_with_the_reason(
    why: Throttled | Ambiguous | InputRejected,
) -> None:
    """A write met a 401, so it is known not to be done, whatever became of the reading."""

    def fails(_: Server) -> Access:
        raise why

    async with rotated(UNKNOWN, UNKNOWN, found=fails) as (cluster, server, source):
        for _ in range(2):
            with pytest.raises(Refused) as caught:
                await write(cluster)

    assert caught.value.message.endswith(
        f"the credentials of ssm:give are not accepted; reading them anew failed: {why.reason}: {why.message}"
    )
    assert tokens(server) == [OLD, OLD]
    assert source.looks == 1


async def test_certificates_that_cannot_be_loaded_are_told_without_what_stands_in_them() -> None:
    broken = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n"
    async with rotated(UNKNOWN, found=lambda server: Access(server.url, certificate=broken, key=broken)) as opened:
        with pytest.raises(Refused) as caught:
            await read(opened[0])

    assert "reading them anew failed: InvalidKubeconfig: its certificates or key cannot be loaded" in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_a_write_that_is_made_again_and_has_no_answer_may_have_been_done() -> None:
    async with rotated(UNKNOWN, HANG_UP) as (cluster, server, _):
        with pytest.raises(Ambiguous):
            await write(cluster)

    assert tokens(server) == [OLD, NEW]


@pytest.mark.parametrize("code", [403, 404, 409, 500, 503])
async def test_no_other_answer_makes_us_somebody_else(code: int) -> None:
    async with rotated(status(code, "", "no")) as (cluster, server, source):
        with pytest.raises(EipclaimError):
            await write(cluster)

    assert (tokens(server), source.looks) == ([OLD], 0)


async def test_what_to_look_at_where_nobody_answers_is_said() -> None:
    access = Access("https://cls-blue.invalid", token=OLD, unreachable="is the cluster's private access on?")
    async with connect(access) as cluster:
        with pytest.raises(Unavailable, match=r"was not sent: \w+; is the cluster's private access on\?$"):
            await read(cluster)
