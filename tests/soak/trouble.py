"""What befalls the port calls of a soak: the faults of the matrix, answers out of an old cache, and time."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import anyio

from eipctl.demo.stage import Stage
from emulator.cluster.resources import CLAIMS, PODS, Object, Resource
from shared.core.claim import Claim
from shared.core.pod import Pod
from shared.ports import Listing
from tests.faults.history import readable
from tests.faults.meddling import LASTING, Does, befall, behaviours

T = TypeVar("T")
Make = Callable[[], Coroutine[object, object, T]]

KINDS: dict[str, tuple[Resource, Callable[[Object], Pod | Claim | None]]] = {
    "pod": (PODS, lambda thing: readable(Pod, thing)),
    "claim": (CLAIMS, lambda thing: readable(Claim, thing)),
}


@dataclass(frozen=True)
class Trouble:
    """What shall befall which of the calls that it can befall: so many, after so many others.

    `stale` in its place: reads of pods and claims are answered as the cluster stood so many seconds ago.
    """

    does: Does | None
    after: int = 0
    times: int = 1
    stale: float = 0.0


class Past:
    """How pods and claims stood at any moment."""

    def __init__(self, stage: Stage) -> None:
        """From now on."""
        self._stage = stage
        self._states: dict[Resource, list[tuple[float, tuple[Object, ...]]]] = {PODS: [], CLAIMS: []}
        for resource in self._states:
            self._notice(resource)
        stage.cluster.api.store.subscribe(self._notice)

    def _notice(self, resource: Resource) -> None:
        if resource in self._states:
            self._states[resource].append((self._stage.now(), self._stage.cluster.api.store.all(resource)))

    def at(self, resource: Resource, moment: float) -> tuple[Object, ...]:
        """The objects as they stood then."""
        return next((things for since, things in reversed(self._states[resource]) if since <= moment), ())


class Troubles:
    """The troubles of one run; each port call is a step that is watched."""

    def __init__(self, stage: Stage, look: Callable[[], object], done: Counter[str]) -> None:
        """None yet. `done` counts those that befell a call."""
        self._stage, self._look, self._done = stage, look, done
        self._past = Past(stage)
        self._armed: list[Trouble] = []
        self._short: dict[str, float] = {}
        """Until when which lists are cut short."""

    def arm(self, troubles: Iterable[Trouble]) -> None:
        """Have these befall the calls from now on, in place of those that were armed before."""
        self._armed = list(troubles)

    def clear(self) -> None:
        """Nothing befalls anybody any more."""
        self._armed.clear()
        self._short.clear()

    async def call(self, name: str, make: Make[T], args: tuple[object, ...]) -> T:
        """Make the call, and what befalls it."""
        does = self._taken(name)
        if does is not None:
            self._done[f"port: {does.value}"] += 1
        try:
            result = await befall(name, make, does)
        finally:
            self._look()
        stale = next((one.stale for one in self._armed if one.stale), 0.0)
        return self._as_it_was(name, args, result, stale) if stale else result

    def _taken(self, name: str) -> Does | None:
        now = self._stage.now()
        for place, one in enumerate(self._armed):
            if one.does is None or one.does not in behaviours(name):
                continue
            if one.after:
                self._armed[place] = replace(one, after=one.after - 1)
                continue
            self._armed[place : place + 1] = [replace(one, times=one.times - 1)] if one.times > 1 else []
            if one.does is Does.CUT_SHORT:
                self._short[name] = now + LASTING
            return one.does
        return Does.CUT_SHORT if now < self._short.get(name, now) else None

    def _as_it_was(self, name: str, args: tuple[object, ...], result: T, age: float) -> T:
        """What a cache that lags so much would have answered."""
        verb, _, noun = name.partition("_")
        if noun.removesuffix("s") not in KINDS or verb not in {"get", "list"}:
            return result
        resource, read = KINDS[noun.removesuffix("s")]
        models = [read(thing) for thing in self._past.at(resource, self._stage.now() - age)]
        found: Any = tuple(one for one in models if one is not None)
        self._done["port: an answer of a while ago"] += 1
        if verb == "get":
            return next((one for one in found if one.key == args), None)  # type: ignore[return-value] # as the port's
        namespace = args[0] if args else None
        return Listing(tuple(one for one in found if namespace in {None, one.metadata.namespace}))  # type: ignore[return-value] # as the port's


class Troubled:
    """A port with these troubles; its calls take `latency` seconds."""

    def __init__(self, port: object, troubles: Troubles, latency: float) -> None:
        """Stand in front of that port."""
        self.port: Any = port
        self.replied_at: Any = None
        """The port's time when it last answered, if it has one."""
        self._troubles, self._latency = troubles, latency

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        """The method, with what may befall it."""
        method = getattr(self.port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: object) -> object:
            await anyio.sleep(self._latency)
            try:
                return await self._troubles.call(name, lambda: method(*args), args)
            finally:
                self.replied_at = self.port.now() if hasattr(self.port, "now") else None

        return call
