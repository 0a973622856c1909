"""Who we are at the apiserver, during one invocation: the official client, made anew once if we are no longer known.

kubelets rotate the tokens of service accounts, and operators the secret that holds a kubeconfig, while invocations run.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import anyio
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from shared.adapters.kubernetes.kubeconfig import Access
from shared.core.errors import EipclaimError, InputRejected

AGENT = "eipclaim"
REDIRECTS = range(300, 400)

Renew = Callable[[], Awaitable[Access]]
"""Reads the credentials from where they came, and not from what was kept of them."""


class Session:
    """The official client with the credentials of the moment."""

    def __init__(self, access: Access, connections: int, renew: Renew | None, stack: AsyncExitStack) -> None:
        """The end of the stack closes all connections: the first ones too, on which others may still wait.

        Raises InputRejected for certificates that cannot be loaded.
        """
        self._access = access
        self._connections = connections
        self._renew = renew
        self._stack = stack
        self._lock = anyio.Lock()
        self._why = ""
        self.api = self._open()

    def _open(self) -> ApiClient:
        api = _api(self._access, self._connections)
        self._stack.push_async_exit(api)
        return api

    async def renewed(self, refused: ApiClient) -> bool:
        """Whether there are other credentials now than those of the client that was refused.

        They are read once, however many requests meet the refusal side by side; what cannot be read then will not be
        asked for again.
        """
        async with self._lock:
            if self._renew is not None:
                renew, self._renew = self._renew, None
                try:
                    # Whoever asked may be given up, and this one chance is everybody's.
                    with anyio.CancelScope(shield=True):
                        self._access = await renew()
                    self.api = self._open()
                except EipclaimError as error:
                    self._why = f"; reading them anew failed: {error}"
            return self.api is not refused

    @property
    def unauthorized(self) -> str:
        """What to say where the apiserver does not take the credentials."""
        return f"the credentials of {self._access.origin} are not accepted{self._why}"

    @property
    def unreachable(self) -> str:
        """What to say where nobody answers."""
        return f"; {self._access.unreachable}" if self._access.unreachable else ""


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


def _api(access: Access, connections: int) -> ApiClient:
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
            connection_pool_maxsize=connections,
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
