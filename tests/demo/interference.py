"""Interfering with an invocation at its port calls, and what a process that is killed at one of them leaves undone."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from eipctl.demo.stage import CLUSTER_ID, VPC_ID, Stage
from emulator.cloud import Cloud, CloudError, UnansweredError
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import Timeline, run
from shared.adapters.cloud.codes import classify
from shared.adapters.cloud.sdk import Call, Params, Secret
from shared.adapters.cloud.vpc import SERVICE, VpcCloud
from shared.core.errors import Ambiguous, EipclaimError
from shared.core.table import Role
from shared.functions import Function, Invocation
from shared.observe import Ports
from shared.settings import Settings

T = TypeVar("T")


class SimulatedCrash(BaseException):
    """The process is gone; nothing of it goes on, not even its handlers."""


class Interference(Protocol):
    """Whoever sits at the port calls of invocations."""

    def begin(self, role: Role) -> None:
        """An invocation of that role begins."""
        ...

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        """Make the call, or not."""
        ...


class Watched:
    """A port at whose calls somebody interferes."""

    def __init__(self, port: object, interference: Interference) -> None:
        """Stand in front of that port."""
        self._port = port
        self._interference = interference

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        """The method, with a place to die before and after it."""
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method
        return lambda *args, **kwargs: self._interference.call(name, lambda: method(*args, **kwargs))


def direct_call(cloud: Cloud, identity: str) -> Call:
    """The cloud without its wire: for thousands of runs, where the wire is not what is tested."""

    async def call(action: str, params: Params) -> Mapping[str, object]:
        try:
            return cloud.call(SERVICE, action, params, identity=identity)
        except CloudError as error:
            raise classify(error.code, error.message) from None
        except UnansweredError as error:
            raise Ambiguous("NoAnswer", "no answer") from error

    return call


def connection(interference: Interference) -> Callable[[Stage, Settings, Secret, Role], Any]:
    """A way to the stage's cluster and cloud on which somebody sits."""

    @asynccontextmanager
    async def connect(stage: Stage, settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        del settings, secret
        interference.begin(role)
        yield ports(stage, role, interference)

    return connect


def ports(stage: Stage, role: Role, interference: Interference) -> Ports:
    """The stage's cluster and cloud as that role reaches them, with somebody at the calls."""
    cluster = stage.cluster.port(GIVE if role is Role.GIVE else TAKE)
    cloud = VpcCloud(direct_call(stage.cloud, role.value), CLUSTER_ID, VPC_ID)
    return Ports(Watched(cluster, interference), Watched(cloud, interference))


async def invoke(stage: Stage, function: Function, event: object, interference: Interference, request_id: str) -> None:
    """One invocation, as its platform sees it: one that fails is tried again by whoever woke it."""
    invocation = Invocation(ports(stage, function.role, interference), stage.policy, request_id, 50.0, _no_log)
    try:
        await function.plan(event)(invocation)
    except EipclaimError:
        return


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""


def run_to_the_death(timeline: Timeline, work: Coroutine[object, object, T]) -> T:
    """Run an invocation as its platform sees it: of one that died there is no result, for which Ambiguous is raised."""
    try:
        return run(timeline, work)
    except BaseException as error:
        if not died(error):
            raise
        raise Ambiguous("Died", "the process ended") from None


def died(error: BaseException) -> bool:
    """Also where a task group has wrapped it; the groups of Python 3.10 are not those of 3.11."""
    parts: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return isinstance(error, SimulatedCrash) or (bool(parts) and all(died(part) for part in parts))
