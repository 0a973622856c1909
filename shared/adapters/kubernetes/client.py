"""Requests to one apiserver: bytes in and out, each sent once, bounded in time, and failures named.

It is kubernetes.aio's ApiClient without its models. The objects' meaning is `cluster`'s business.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import aiohttp
import anyio
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from shared.adapters.kubernetes.clock import ApiserverClock
from shared.adapters.kubernetes.errors import classify
from shared.adapters.kubernetes.kubeconfig import Access
from shared.core.durations import excerpt
from shared.core.errors import Ambiguous, Gone, InputRejected, Unavailable
from shared.core.status import one_line

Json = Mapping[str, object]

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
AGENT = "eipclaim"
SUCCESS = range(200, 300)
REDIRECTS = range(300, 400)
SERVER_ERROR = 500
TOO_LARGE = "TooLarge"


@dataclass(frozen=True)
class Limits:
    """Bounds of the traffic: seconds for a connection and for a whole request, connections, pages, bytes of a reply.

    An object has up to 1.5 MB, so a full page of such would take more memory than a function has.
    """

    connect_seconds: float = 4.0
    seconds: float = 10.0
    connections: int = 16
    page: int = 500
    pages: int = 200
    reply: int = 16 * 1024 * 1024


def path(api: str, *segments: str) -> str:
    """A path below `api`, its segments quoted. Raises InputRejected for one that would be another path."""
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise InputRejected("InvalidName", f"{excerpt(segment)} cannot be a name")
    return "/".join([api, *(quote(segment, safe="") for segment in segments)])


class Client:
    """The requests that an adapter of the apiserver needs."""

    def __init__(self, api: ApiClient, limits: Limits, clock: ApiserverClock) -> None:
        """The clock is told of every reply."""
        self._api = api
        self._clock = clock
        self.limits = limits

    async def read(self, resource: str, query: Json | None = None) -> bytes:
        """The body of a successful GET; raises what `classify` makes of any other answer."""
        return await self._send("GET", resource, query=query)

    async def find(self, resource: str) -> bytes | None:
        """The object's JSON, or None where the apiserver says that this very object is not there."""
        try:
            return await self.read(resource)
        except Gone:
            return None

    async def write(self, method: str, resource: str, body: Json, content: str = "application/json") -> bytes:
        """The body of a successful write."""
        return await self._send(method, resource, body=body, content=content)

    async def _send(
        self,
        method: str,
        resource: str,
        query: Json | None = None,
        body: Json | None = None,
        content: str = "application/json",
    ) -> bytes:
        name = f"{method} {resource}"
        timeout = aiohttp.ClientTimeout(total=None, connect=self.limits.connect_seconds)
        try:
            with anyio.fail_after(self.limits.seconds):
                verb, url, headers, data, _ = await self._api.param_serialize(
                    method,
                    resource,
                    query_params=dict(query or {}),
                    header_params={"Accept": "application/json", "Content-Type": content},
                    body=dict(body or {}),
                    auth_settings=["BearerToken"],
                )
                reply = await self._api.call_api(verb, url, headers, data or None, _request_timeout=timeout)
                text = await self._body(name, reply.response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable("NotSent", one_line(f"{name} was not sent: {type(error).__name__}")) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Ambiguous("NoAnswer", one_line(f"{name} had no usable answer: {type(error).__name__}")) from error
        if reply.status < SERVER_ERROR:  # above, a gateway may speak, whose clock is another
            self._clock.see(reply.headers.get("Date"))
        if reply.status not in SUCCESS:
            raise classify(name, reply.status, text, reply.headers.get("Retry-After"))
        return text

    async def _body(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        text = bytearray()
        async with response:  # its end closes a connection on which more would come
            async for chunk in response.content.iter_any():
                text += chunk
                if len(text) > self.limits.reply:
                    message = f"{name} had an answer of more than {self.limits.reply} bytes"
                    raise Ambiguous(TOO_LARGE, one_line(message))
        return bytes(text)


async def _sent_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """No write is sent again, and nothing is sent elsewhere.

    aiohttp repeats a DELETE or PUT when a kept connection breaks, though the first may have been done, and it follows
    redirects.
    """
    try:
        reply = await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method == "GET":
            raise
        raise aiohttp.ClientPayloadError(f"{type(error).__name__} instead of an answer") from error
    if reply.status in REDIRECTS:
        reply.close()
        raise aiohttp.ClientPayloadError("a redirect instead of an answer")
    return reply


def _api(access: Access, limits: Limits) -> ApiClient:
    """The official client. Our certificate lies in a file while it is loaded, since ssl reads it from nowhere else."""
    session = {"trust_env": False, "cookie_jar": aiohttp.DummyCookieJar(), "middlewares": (_sent_once,)}
    with TemporaryDirectory(prefix="eipclaim-") as folder:
        certificate = _kept(Path(folder, "client.pem"), access)
        configuration = Configuration(
            host=access.server,
            api_key={"BearerToken": f"Bearer {access.token}"} if access.token else None,
            ca_cert_data=access.ca,
            cert_file=certificate,
            tls_server_name=access.tls_server_name,
            connection_pool_maxsize=limits.connections,
            client_session_kwargs=session,
        )
        # Since Python 3.13 ssl refuses certificates without key identifiers, as the CAs of many clusters issue them.
        configuration.disable_strict_ssl_verification = True
        try:
            api = ApiClient(configuration)
        except (ssl.SSLError, ValueError) as error:
            # The text of the error could hold a part of what was to be loaded.
            kind = type(error).__name__
            raise InputRejected("InvalidKubeconfig", f"its certificates or key cannot be loaded: {kind}") from None
    api.user_agent = AGENT
    return api


def _kept(file: Path, access: Access) -> str | None:
    if not access.certificate or not access.key:
        return None
    file.touch(mode=0o600)
    file.write_text(f"{access.certificate}\n{access.key}\n")
    return str(file)


@asynccontextmanager
async def open_client(access: Access, limits: Limits, clock: ApiserverClock) -> AsyncIterator[Client]:
    """A client with connections of its own, which are closed at the end.

    Raises InputRejected for certificates that cannot be loaded.
    """
    async with _api(access, limits) as api:
        yield Client(api, limits, clock)
