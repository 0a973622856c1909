"""The ports of an installation under which the process dies, a reply is lost, or somebody else is at it too."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeVar

from eipctl.deployment.ports import JSON, Cloud, Cluster, Json, Sides
from shared.core.errors import Ambiguous

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup


class DiedError(BaseException):
    """The process ends here."""


T = TypeVar("T")


async def outlived(work: Awaitable[T]) -> T | None:
    """What came of it, or None where the process died on the way; a task group tells of that in its own words."""
    try:
        return await work
    except DiedError:
        return None
    except BaseExceptionGroup as several:
        if several.split(DiedError)[1] is not None:
            raise
        return None


class Fault(Enum):
    """What befalls after a call that changes something; a death before it is one after the call that it follows."""

    DEATH = "it is done, and the process dies"
    LOST_REPLY = "it is done, and nobody says so"


class Through:
    """The ports with a list of the changes that pass; the one of that number, from 1 on, meets a fault.

    `before` comes to pass right before each, with its number.
    """

    def __init__(
        self,
        number: int | None = None,
        fault: Fault = Fault.DEATH,
        before: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.changes: list[str] = []
        self._number, self._fault, self._before = number, fault, before

    def sides(self, sides: Sides) -> Sides:
        return Sides(_Cluster(sides.cluster, self), _Cloud(sides.cloud, self))

    async def change(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """A call that changes something."""
        self.changes.append(name)
        number = len(self.changes)
        if self._before is not None:
            await self._before(number)
        if number != self._number:
            return await work()
        await work()
        if self._fault is Fault.LOST_REPLY:
            raise Ambiguous("NoAnswer", f"{name} had no usable answer")
        raise DiedError


@dataclass(frozen=True)
class _Cluster:
    inner: Cluster
    through: Through

    def now(self) -> datetime:
        return self.inner.now()

    async def send(self, method: str, where: str, body: Json | None = None, content: str = JSON) -> Json:
        """A token's request changes nothing that anybody would see."""
        if method == "GET" or "dryRun=All" in where or where.endswith("/token"):
            return await self.inner.send(method, where, body, content)
        name = f"{method} {where.partition('?')[0]}"
        return await self.through.change(name, lambda: self.inner.send(method, where, body, content))


@dataclass(frozen=True)
class _Cloud:
    inner: Cloud
    through: Through

    async def call(self, service: str, action: str, params: Json) -> Json:
        if action.startswith(("Get", "Describe", "List", "Search")):
            return await self.inner.call(service, action, params)
        return await self.through.change(f"{service}:{action}", lambda: self.inner.call(service, action, params))
