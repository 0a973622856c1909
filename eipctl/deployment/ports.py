"""What install, doctor and teardown ask of the outside: one request of the apiserver, one call of the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.core.errors import Gone

Json = Mapping[str, Any]

JSON = "application/json"
APPLY = "application/apply-patch+yaml"


class Cluster(Protocol):
    """The apiserver, as the person who installs. Raises errors of `shared.core.errors`."""

    def now(self) -> datetime:
        """The apiserver's time. Raises Unavailable before its first reply."""
        ...

    async def send(self, method: str, where: str, body: Json | None = None, content: str = JSON) -> Json:
        """The object in the reply to one request; `where` is a path, with its query."""
        ...


class Cloud(Protocol):
    """The account in one region. Raises errors of `shared.core.errors`."""

    async def call(self, service: str, action: str, params: Json) -> Json:
        """The content of the reply to one signed call."""
        ...


@dataclass(frozen=True)
class Sides:
    """Where an installation is."""

    cluster: Cluster
    cloud: Cloud


async def find(cluster: Cluster, where: str) -> Json | None:
    """The object, or None where the apiserver says that it is not there."""
    try:
        return await cluster.send("GET", where)
    except Gone:
        return None
