"""The emulated cloud for httpx clients, and so for the SDK's async client, without a socket.

Waiting is asyncio's, so on a VirtualLoop it takes virtual time only. respx is needed by `respx_router` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import httpx

from emulator.cloud.cloud import Cloud
from emulator.cloud.gateway import Reply, Visit, receive
from emulator.cloud.tc3 import HttpRequest

if TYPE_CHECKING:
    import respx

After = Callable[[float, Callable[[], object]], object]


class InProcessTransport(httpx.AsyncBaseTransport):
    """Answers requests from a cloud in this process; the host does not matter."""

    def __init__(self, cloud: Cloud, *, latency: float = 0.0, after: After | None = None) -> None:
        """A transport that takes `latency` seconds for an exchange, half of them each way.

        A late request has to be served even if its caller has gone: `after(delay, callback)`, such as a Timeline's,
        sees to that; by default the running loop, with which such requests are lost.
        """
        self._cloud = cloud
        self._latency = latency
        self._after = after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply. Raises httpx.ConnectError, ReadError or ReadTimeout as a network would."""
        body = await request.aread()
        arrived = HttpRequest(
            request.method,
            request.url.query.decode("ascii"),
            {name.lower(): value for name, value in request.headers.items()},
            body,
        )
        patience = _Patience(request)
        await patience.wait(self._latency / 2)
        reply = (await self._serve(receive(self._cloud, arrived), patience, request)).finished()
        if reply.ending == "never":
            await patience.wait(None)
        await patience.wait(reply.wait + self._latency / 2)
        if reply.ending == "closed":
            raise httpx.ReadError("The connection was closed without a reply.", request=request)
        return httpx.Response(
            reply.status,
            headers=reply.headers,
            stream=_Body(reply, request),
        )

    async def _serve(self, visit: Visit, patience: _Patience, request: httpx.Request) -> Reply:
        if not visit.arrives:
            visit.serve()
            raise httpx.ConnectError("The connection was closed before the request was sent.", request=request)
        if not visit.before:
            return visit.serve()
        loop = asyncio.get_running_loop()
        served: asyncio.Future[Reply] = loop.create_future()

        def serve() -> None:
            reply = visit.serve()
            if not served.done():  # cancelled with its caller
                served.set_result(reply)

        (self._after or loop.call_later)(visit.before, serve)
        await patience.wait(visit.before)
        return await served


class _Patience:
    """How long a caller waits for a reply, by the read time-out of its request."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._left: float | None = request.extensions.get("timeout", {}).get("read")

    async def wait(self, seconds: float | None) -> None:
        """Wait so long (None: for ever). Raises httpx.ReadTimeout when the caller's patience ends before."""
        if self._left is not None and (seconds is None or seconds > self._left):
            await asyncio.sleep(self._left)
            raise httpx.ReadTimeout("No reply within the read time-out.", request=self._request)
        if seconds is None:
            await asyncio.get_running_loop().create_future()
        elif seconds > 0:
            await asyncio.sleep(seconds)
            if self._left is not None:
                self._left -= seconds


class _Body(httpx.AsyncByteStream):
    """A reply's body; one that is cut breaks off in the middle."""

    def __init__(self, reply: Reply, request: httpx.Request) -> None:
        self._reply = reply
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._reply.ending != "cut":
            yield self._reply.body[: int(self._reply.headers["Content-Length"])]
            return
        yield self._reply.body[: len(self._reply.body) // 2]
        raise httpx.RemoteProtocolError("The connection was closed in the middle of the body.", request=self._request)


def respx_router(cloud: Cloud, *, latency: float = 0.0) -> respx.MockRouter:
    """A context manager of respx under which every request of httpx is answered from `cloud`."""
    import respx  # noqa: PLC0415 - a tool of tests; whoever runs the emulator need not have it

    router = respx.MockRouter(assert_all_called=False)
    router.route().mock(side_effect=InProcessTransport(cloud, latency=latency).handle_async_request)
    return router
