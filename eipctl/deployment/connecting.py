"""The two ports on the wire: the apiserver by the functions' raw client, the cloud by their signed call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from eipctl.deployment.ports import JSON, Json, Sides
from shared.adapters.cloud import sdk
from shared.adapters.kubernetes import Access
from shared.adapters.kubernetes.client import Client, Limits, open_client
from shared.adapters.kubernetes.clock import ApiserverClock
from shared.core.errors import Ambiguous

VERSIONS = {
    "cam": "2019-01-16",
    "cls": "2020-10-16",
    "scf": "2018-04-16",
    "ssm": "2019-09-23",
    "tag": "2018-08-13",
    "tke": "2018-05-25",
    "vpc": "2017-03-12",
}


class Apiserver:
    """Implements Cluster."""

    def __init__(self, client: Client, clock: ApiserverClock) -> None:
        """The clock is the one that the client keeps."""
        self._client = client
        self._clock = clock

    def now(self) -> datetime:
        """Its time."""
        return self._clock.now()

    async def send(self, method: str, where: str, body: Json | None = None, content: str = JSON) -> Json:
        """One request."""
        if method == "GET":
            text = await self._client.read(where)
        else:
            text = await self._client.write(method, where, body or {}, content)
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            raise Ambiguous("NoAnswer", f"{method} {where.partition('?')[0]} had an answer of an unknown form")
        return parsed


class Account:
    """Implements Cloud: connections to each service are opened when it is first called, and closed by the stack."""

    def __init__(self, stack: AsyncExitStack, region: str, secret: sdk.Secret, endpoint: str | None) -> None:
        """Nothing is connected yet."""
        self._stack = stack
        self._region, self._secret, self._endpoint = region, secret, endpoint
        self._calls: dict[str, sdk.Call] = {}

    async def call(self, service: str, action: str, params: Json) -> Json:
        """One call."""
        if service not in self._calls:
            opened = sdk.connect(service, VERSIONS[service], self._region, self._secret, endpoint=self._endpoint)
            self._calls[service] = await self._stack.enter_async_context(opened)
        return await self._calls[service](action, params)


@asynccontextmanager
async def open_cluster(access: Access) -> AsyncIterator[Apiserver]:
    """The apiserver with that access."""
    clock = ApiserverClock()
    async with open_client(access, Limits(), clock) as client:
        yield Apiserver(client, clock)


@asynccontextmanager
async def connect(access: Access, region: str, secret: sdk.Secret, endpoint: str | None) -> AsyncIterator[Sides]:
    """Both, closed at the end. Raises InputRejected for credentials that cannot be."""
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(open_cluster(access))
        yield Sides(cluster, Account(stack, region, secret, endpoint))
