"""What befalls the port calls of a soak: the faults of the matrix, answers out of an old cache, and time."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import anyio

from eipctl.demo.stage import Stage
from emulator.cluster.resources import CLAIMS, PODS, Object, Resource
from shared.core.claim import Claim
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Refused, Unavailable
from shared.core.pod import Pod
from shared.ports import Listing
from tests.faults.history import readable
from tests.faults.meddling import LASTING, Does, befall, behaviours
from tests.soak.clocks import ClusterClock, Told
from tests.soak.kinds import BEFELL

T = TypeVar("T")
Make = Callable[[], Coroutine[object, object, T]]

KINDS: dict[str, tuple[Resource, Callable[[Object], Pod | Claim | None]]] = {
    "pod": (PODS, lambda thing: readable(Pod, thing)),
    "claim": (CLAIMS, lambda thing: readable(Claim, thing)),
}


@dataclass(frozen=True)
class Trouble:
    """What shall befall which of the calls that it can befall: so many, after so many others.

    `stale` in its place: reads of pods and claims are answered as the cluster stood so many seconds ago. `off`: the
    apiserver's replica that answers has another time, by so many seconds.
    """

    does: Does | None
    after: int = 0
    times: int = 1
    stale: float = 0.0
    off: float = 0.0


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

    def __init__(self, stage: Stage, clock: ClusterClock, look: Callable[[], object], done: Counter[str]) -> None:
        """None yet. `done` counts those that befell a call."""
        self._stage, self._clock, self._look, self._done = stage, clock, look, done
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

    async def call(self, name: str, make: Make[T], args: tuple[object, ...], answered: Callable[[], object]) -> T:
        """Make the call, and what befalls it; `answered` is called where a reply came."""
        does, off = self._behaviour(name), self._taken(lambda one: bool(one.off))
        if does is not None:
            self._done[BEFELL[does]] += 1
        if off is not None:
            self._done["F20 another time in a reply"] += 1
        with self._clock.another_replica(off.off) if off is not None else nullcontext():
            try:
                result = await befall(name, make, does)
            except EipclaimError as error:
                self._done["F13 somebody wrote first"] += does is None and isinstance(error, Conflict)
                if not isinstance(error, (Ambiguous, Unavailable)):
                    answered()
                raise
            else:
                answered()
            finally:
                self._look()
        stale = next((one.stale for one in self._armed if one.stale), 0.0)
        return self._as_it_was(name, args, result, stale) if stale else result

    def _behaviour(self, name: str) -> Does | None:
        now = self._stage.now()
        taken = self._taken(lambda one: one.does in behaviours(name))
        if taken is None:
            return Does.CUT_SHORT if now < self._short.get(name, now) else None
        if taken.does is Does.CUT_SHORT:
            self._short[name] = now + LASTING
        return taken.does

    def _taken(self, fits: Callable[[Trouble], bool]) -> Trouble | None:
        """The first that fits and has waited for enough calls; it has befallen one more by then."""
        for place, one in enumerate(self._armed):
            if not fits(one):
                continue
            if one.after:
                self._armed[place] = replace(one, after=one.after - 1)
                continue
            self._armed[place : place + 1] = [replace(one, times=one.times - 1)] if one.times > 1 else []
            return one
        return None

    def _as_it_was(self, name: str, args: tuple[object, ...], result: T, age: float) -> T:
        """What a cache that lags so much would have answered."""
        verb, _, noun = name.partition("_")
        if noun.removesuffix("s") not in KINDS or verb not in {"get", "list"}:
            return result
        resource, read = KINDS[noun.removesuffix("s")]
        models = [read(thing) for thing in self._past.at(resource, self._stage.now() - age)]
        found: Any = tuple(one for one in models if one is not None)
        self._done["F8 an answer of a while ago"] += 1
        if verb == "get":
            return next((one for one in found if one.key == args), None)  # type: ignore[return-value] # as the port's
        namespace = args[0] if args else None
        return Listing(tuple(one for one in found if namespace in {None, one.metadata.namespace}))  # type: ignore[return-value] # as the port's


class Troubled:
    """A port with these troubles; its calls take `latency` seconds."""

    def __init__(self, port: object, troubles: Troubles, latency: float) -> None:
        """Stand in front of that port."""
        self.port: Any = port
        self._troubles, self._latency = troubles, latency

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        """The method, with what may befall it."""
        method = getattr(self.port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: object) -> object:
            await anyio.sleep(self._latency)
            return await self._troubles.call(name, lambda: self.reply(name, method, args), args, self.answered)

        return call

    async def reply(
        self, name: str, method: Callable[..., Coroutine[object, object, T]], args: tuple[object, ...]
    ) -> T:
        """What the port itself says."""
        del name
        return await method(*args)

    def answered(self) -> None:
        """A reply came."""


class TroubledCluster(Troubled):
    """The cluster, whose time is known from its replies alone; it may not serve claims."""

    def __init__(
        self, port: object, troubles: Troubles, latency: float, told: Told, serves_claims: Callable[[], bool]
    ) -> None:
        """Stand in front of that port."""
        super().__init__(port, troubles, latency)
        self._told, self._serves_claims = told, serves_claims

    def now(self) -> datetime:
        """The apiserver's time, as this invocation knows it."""
        return self._told.now()

    def answered(self) -> None:
        """Take over the time of the reply."""
        self._told.answered()

    async def reply(
        self, name: str, method: Callable[..., Coroutine[object, object, T]], args: tuple[object, ...]
    ) -> T:
        """What it says itself; without the CRD there is no such path."""
        if "claim" in name and not self._serves_claims():
            raise Refused("NotServed", f"{name}: 404: not served here; is deploy/crd.yaml applied?")
        return await method(*args)
