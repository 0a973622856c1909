"""The emulated cloud behind a real socket, for the vendor's client in virtual time: a time-out costs nothing."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx

from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Call, Params, Secret, connect
from shared.adapters.cloud.vpc import SERVICE, VERSION
from shared.core.errors import Ambiguous

T = TypeVar("T")
SECRET = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
GIVEN_UP = (httpx.TimeoutException, TimeoutError)


class Door:
    """A server of the cloud, and the port beside it where nobody listens."""

    def __init__(self, server: Server, region: str, closed: str) -> None:
        self._server, self._region, self._closed = server, region, closed
        self._calls = self._given_up = 0
        self.to_refuse: set[str] = set()
        """The next call of each of these actions finds nobody listening."""

    def waits(self) -> bool:
        """Whether an answer is to come; a call that gets none ends by its time-out, which is in virtual time."""
        return self._calls > self._server.silences - self._given_up

    def run(self, timeline: Timeline, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work, in virtual time."""
        return run(timeline, work, outside=self.waits)

    @asynccontextmanager
    async def open(self, secret: Secret = SECRET) -> AsyncIterator[Call]:
        """The real client's call through the door."""
        # Without certificates, which cost 20 ms to load: the door is plain HTTP.
        plain = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)
        service = (SERVICE, VERSION, self._region, secret)
        async with (
            connect(*service, endpoint=f"http://{self._server.endpoint}", transport=plain) as reach,
            connect(*service, endpoint=self._closed, transport=plain) as miss,
        ):

            async def call(action: str, params: Params) -> Mapping[str, object]:
                way = miss if action in self.to_refuse else reach
                self.to_refuse.discard(action)
                self._calls += 1
                try:
                    return await way(action, params)
                except Ambiguous as error:
                    self._given_up += isinstance(error.__cause__, GIVEN_UP)
                    raise
                finally:
                    self._calls -= 1

            yield call


@contextmanager
def open_door(cloud: Cloud) -> Iterator[Door]:
    """A door to that cloud, which is shut afterwards."""
    with Server(cloud) as server, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and never listening: refused, and nobody else gets the port
        yield Door(server, cloud.region, "http://{}:{}".format(*nobody.getsockname()))
