"""Requests to one apiserver: bytes in and out, each done at most once, bounded in time, and failures named.

What the objects mean is `cluster`'s business, and who we are there `session`'s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import anyio
from kubernetes.aio.client.api_client import ApiClient

from shared.adapters.kubernetes.clock import ApiserverClock
from shared.adapters.kubernetes.errors import classify
from shared.adapters.kubernetes.kubeconfig import Access
from shared.adapters.kubernetes.session import Renew, Session
from shared.core.durations import excerpt
from shared.core.errors import Ambiguous, Gone, InputRejected, Unavailable
from shared.core.status import one_line

Json = Mapping[str, object]

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
SUCCESS = range(200, 300)
UNAUTHORIZED = 401
SERVER_ERROR = 500
TOO_LARGE = "TooLarge"


@dataclass(frozen=True)
class Limits:
    """Bounds of the traffic: seconds for a connection and for a whole request, connections, pages, bytes of a reply.

    Of the connections some are kept from writes, so that no look waits behind a hundred deeds.

    An object has up to 1.5 MB, so a full page of such would take more memory than a function has.
    """

    connect_seconds: float = 4.0
    seconds: float = 10.0
    connections: int = 16
    writing: int = 12
    page: int = 500
    pages: int = 200
    reply: int = 16 * 1024 * 1024


def path(api: str, *segments: str) -> str:
    """A path below `api`, its segments quoted. Raises InputRejected for one that would be another path."""
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise InputRejected("InvalidName", f"{excerpt(segment)} cannot be a name")
    return "/".join([api, *(quote(segment, safe="") for segment in segments)])


@dataclass(frozen=True)
class _Request:
    method: str
    resource: str
    query: Json | None = None
    body: Json | None = None
    content: str = "application/json"

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.method} {self.resource}"


@dataclass(frozen=True)
class _Reply:
    status: int
    text: bytes
    retry_after: str | None


class Client:
    """The requests that an adapter of the apiserver needs."""

    def __init__(self, session: Session, limits: Limits, clock: ApiserverClock) -> None:
        """The clock is told of every reply."""
        self._session = session
        self._clock = clock
        self._writing = anyio.CapacityLimiter(limits.writing)
        self.limits = limits

    async def read(self, resource: str, query: Json | None = None) -> bytes:
        """The body of a successful GET; raises what `classify` makes of any other answer."""
        return await self._send(_Request("GET", resource, query=query))

    async def find(self, resource: str) -> bytes | None:
        """The object's JSON, or None where the apiserver says that this very object is not there."""
        try:
            return await self.read(resource)
        except Gone:
            return None

    async def write(self, method: str, resource: str, body: Json, content: str = "application/json") -> bytes:
        """The body of a successful write, for which no more connections are used than are there for writes."""
        request = _Request(method, resource, body=body, content=content)
        try:
            with anyio.fail_after(self.limits.connect_seconds):
                await self._writing.acquire()
        except TimeoutError as error:
            raise Unavailable("NotSent", f"{request.name} was not sent: too many others are under way") from error
        try:
            return await self._send(request)
        finally:
            self._writing.release()

    async def _send(self, request: _Request) -> bytes:
        """The body of a success.

        Not to know who we are is the one definite no that sending again, with credentials read anew, can change.
        """
        api = self._session.api
        reply = await self._exchange(request, api)
        if reply.status == UNAUTHORIZED and await self._session.renewed(api):
            reply = await self._exchange(request, self._session.api)
        if reply.status in SUCCESS:
            return reply.text
        told = self._session.unauthorized if reply.status == UNAUTHORIZED else ""
        raise classify(request.name, reply.status, reply.text, reply.retry_after, told)

    async def _exchange(self, request: _Request, api: ApiClient) -> _Reply:
        timeout = aiohttp.ClientTimeout(total=None, connect=self.limits.connect_seconds)
        try:
            with anyio.fail_after(self.limits.seconds):
                verb, url, headers, data, _ = await api.param_serialize(
                    request.method,
                    request.resource,
                    query_params=dict(request.query or {}),
                    header_params={"Accept": "application/json", "Content-Type": request.content},
                    body=dict(request.body or {}),
                    auth_settings=["BearerToken"],
                )
                reply = await api.call_api(verb, url, headers, data or None, _request_timeout=timeout)
                text = await self._body(request.name, reply.response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            told = f"{request.name} was not sent: {type(error).__name__}{self._session.unreachable}"
            raise Unavailable("NotSent", one_line(told)) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            told = f"{request.name} had no usable answer: {type(error).__name__}"
            raise Ambiguous("NoAnswer", one_line(told)) from error
        if reply.status < SERVER_ERROR:  # above, a gateway may speak, whose clock is another
            self._clock.see(reply.headers.get("Date"))
        return _Reply(reply.status, text, reply.headers.get("Retry-After"))

    async def _body(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        text = bytearray()
        async with response:  # its end closes a connection on which more would come
            async for chunk in response.content.iter_any():
                text += chunk
                if len(text) > self.limits.reply:
                    message = f"{name} had an answer of more than {self.limits.reply} bytes"
                    raise Ambiguous(TOO_LARGE, one_line(message))
        return bytes(text)


@asynccontextmanager
async def open_client(
    access: Access, limits: Limits, clock: ApiserverClock, renew: Renew | None = None
) -> AsyncIterator[Client]:
    """A client with connections of its own, which are closed at the end.

    `renew` reads the credentials anew; it is asked once, when the apiserver does not take those of `access`. Raises
    InputRejected for certificates that cannot be loaded.
    """
    async with AsyncExitStack() as stack:
        yield Client(Session(access, limits.connections, renew, stack), limits, clock)
