"""The instances of all functions of a bundle, as SCF keeps them.

An event goes to a warm instance where one is free, else to a new one. Idle instances are frozen. One whose handler
raised stays, one that was killed goes. The most there may be at once is the machine's affair: further events wait.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import anyio

from eipctl.dev.box import surroundings
from eipctl.dev.box.code import Code
from eipctl.dev.box.instance import EndedError, Instance, Limits
from eipctl.dev.invocations import Invocation

MAX_ASYNC, MAX_SYNC = 128 * 1024, 6 * 2**20
"""Bytes of an event, by how it is delivered."""

INSTANCES = 16


@dataclass(frozen=True)
class Function:
    """A deployed function: `handler` is `file.function`, `environ` its own variables."""

    name: str
    handler: str
    environ: Mapping[str, str]
    limits: Limits


class Box:
    """Made by `opened`."""

    def __init__(self, code: Code, platform: Mapping[str, str], log: BinaryIO, instances: int) -> None:
        """Nothing runs yet."""
        self._code, self._platform, self._log = code, platform, log
        self._most = instances
        self._room = anyio.CapacityLimiter(instances)
        self._living: set[Instance] = set()
        self._idle: list[tuple[Function, Instance]] = []

    async def invoke(
        self, function: Function, event: object, credentials: Mapping[str, str], *, synchronous: bool = False
    ) -> Invocation:
        """Run it once, with credentials that are this invocation's own."""
        allowed = MAX_SYNC if synchronous else MAX_ASYNC
        size = len(json.dumps(event, separators=(",", ":")).encode())
        if size > allowed:
            return Invocation(function.name, 0.0, None, f"406: the event has {size} bytes, {allowed} are allowed")
        async with self._room:
            return await self._run(function, event, credentials)

    async def _run(self, function: Function, event: object, credentials: Mapping[str, str]) -> Invocation:
        began = time.monotonic()
        before = {} if self._code.is_protected else self._code.state()
        warm = self._warm(function)
        instance = warm or await self._start(function, credentials)
        stays, error, result = False, None, None
        try:
            error = None if warm else await instance.load(function.limits.memory)
            if error is None:
                answer = await instance.invoke(self._request(function, event, credentials), function.limits)
                error, result, stays = answer.get("error"), answer.get("result"), True
        except EndedError as ended:
            error = str(ended)
        finally:
            if stays:
                instance.freeze()
                self._idle.append((function, instance))
            else:
                await self._end(instance)
        written = set() if self._code.is_protected else before.items() ^ self._code.state().items()
        if written:
            error = f"it has written into its code, which SCF forbids: {min(written)[0]}"
        seconds = time.monotonic() - began
        return Invocation(
            function.name, seconds, None if error else result, error, cold=warm is None, peak=instance.peak
        )

    def _warm(self, function: Function) -> Instance | None:
        """The instance of that function, with that environment, which was idle for the shortest time."""
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place][0] == function:
                return self._idle.pop(place)[1]
        return None

    async def _start(self, function: Function, credentials: Mapping[str, str]) -> Instance:
        if len(self._living) >= self._most:
            await self._end(self._idle.pop(0)[1])  # there is one: those at work are fewer than the most
        environ = surroundings.environ(function.name, self._code.environ(), self._platform)
        given = {**environ, **function.environ, **credentials}
        instance = await Instance.start(self._code, function.handler, given, self._log)
        self._living.add(instance)
        return instance

    async def _end(self, instance: Instance) -> None:
        self._living.discard(instance)
        await instance.close()

    def _request(self, function: Function, event: object, credentials: Mapping[str, str]) -> Mapping[str, object]:
        limits, platform = function.limits, self._platform
        context = surroundings.context(function.name, platform, limits.seconds, limits.memory)
        return {"event": event, "context": context, "environ": {**surroundings.source(event), **credentials}}

    async def close(self) -> None:
        """End all instances, what they are at too."""
        while self._living:
            await self._end(next(iter(self._living)))


@asynccontextmanager
async def opened(code: Code, platform: Mapping[str, str], log: Path, instances: int = INSTANCES) -> AsyncIterator[Box]:
    """A box around that code, whose instances end with it.

    `platform` is what the place adds to every environment; to `log` goes what the functions print.
    """
    with log.open("ab") as lines:
        box = Box(code, platform, lines, instances)
        try:
            yield box
        finally:
            await box.close()
