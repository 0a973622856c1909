"""A storm: all functions at once, calls that take arbitrary long, faults of the cloud, and users who do not wait.

Everything follows from the seed. When the storm is over, quiet sweeps must bring the world to its end state.
"""

from __future__ import annotations

import base64
import gzip
import inspect
import json
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import anyio

from eipctl.demo.stage import EXAMPLES, Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud import Fault
from emulator.cluster.refusals import Refusal
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import run
from shared.adapters.cloud.vpc import VpcCloud
from shared.core import identity
from shared.core.errors import EipclaimError
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Function, Invocation
from shared.observe import Ports
from tests.demo.interference import direct_call
from tests.faults.watch import Watch

T = TypeVar("T")

STORM_SECONDS = 300.0
LOSSY = 0.7
"""Of the storms, so many lose, refuse and delay calls; the others only race."""

CALM_TICKS = 14
"""Minutes: a release whose reply was lost takes four, an expiry five."""

FAULTS = ("drop_reply", "drop", "throttle", "code", "linger", "task_fails")
ACTIONS = ("AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ReleaseAddresses", "DescribeAddresses")


class Slow:
    """A port whose calls take as long as the dice say, before and after they take effect; then `look` is called."""

    def __init__(self, port: object, dice: random.Random, longest: float, look: Callable[[], object]) -> None:
        """Stand in front of that port."""
        self._port, self._dice, self._longest, self._look = port, dice, longest, look

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        """The method, slowed down."""
        method = getattr(self._port, name)
        return (lambda *args: self._slowly(lambda: method(*args))) if inspect.iscoroutinefunction(method) else method

    async def _slowly(self, make: Callable[[], Coroutine[object, object, T]]) -> T:
        await anyio.sleep(self._dice.random() * self._longest)
        try:
            result = await make()
        finally:
            self._look()
        await anyio.sleep(self._dice.random() * self._longest)
        return result


class Storm:
    """One seed's storm, watched at every step."""

    def __init__(self, seed: int) -> None:
        """The demo's world with its workloads applied, and no timers."""
        self.dice = random.Random(seed)  # noqa: S311 - dice, no secret
        self.stage = Stage()
        self.watch = Watch(self.stage)
        self._number = 0
        self._lossy = self.dice.random() < LOSSY
        behaviour = self.stage.cloud.behaviour
        behaviour.read_lag_seconds = self.dice.choice((0.0, 0.0, 5.0, 40.0))
        behaviour.token_lifetime_seconds = self.dice.choice((0.0, 86_400.0))
        behaviour.newest_first = self.dice.random() < 0.5
        for name in ("statefulset.yaml", "deployment.yaml", "statefulset-expiring.yaml"):
            self.stage.apply(EXAMPLES / name)

    def blow(self) -> None:
        """The storm, then the calm."""
        run(self.stage.timeline, self._blow())
        self.stage.cloud.faults.clear()
        self.stage.cloud.behaviour.read_lag_seconds = 0.0
        for _ in range(CALM_TICKS):
            for function in (ALLOCATE, RECLAIM):
                self.stage.timeline.advance(30)
                run(self.stage.timeline, self._invoke(function, {"Type": "Timer"}, 0.0))

    async def _blow(self) -> None:
        end = anyio.current_time() + STORM_SECONDS
        async with anyio.create_task_group() as group:
            for function in (ALLOCATE, BIND, BIND, RECLAIM):
                group.start_soon(self._again_and_again, function, end)
            group.start_soon(self._users, end)

    async def _again_and_again(self, function: Function, end: float) -> None:
        while anyio.current_time() < end:
            await anyio.sleep(self.dice.random() * 20)
            event = self._records() if function is BIND else {"Type": "Timer"}
            with anyio.move_on_after(55 if self.dice.random() > 0.2 else self.dice.random() * 8):
                await self._invoke(function, event, self.dice.choice((0.05, 0.5, 3.0)))

    def _records(self) -> Mapping[str, object]:
        """A hint at every pod and claim that there is, true or not."""
        keys = [(row.name, kind) for row in self.stage.sees.rows() for kind in ("pods", identity.PLURAL)]
        records = [
            {
                "verb": "delete",
                "stage": "ResponseComplete",
                "user": {"username": "admin"},
                "responseStatus": {"code": 200},
                "objectRef": {
                    "resource": kind,
                    "namespace": "default",
                    "name": name,
                    "apiGroup": "" if kind == "pods" else identity.GROUP,
                },
            }
            for name, kind in keys
        ]
        return {"clslogs": {"data": _packed(records)}}

    async def _invoke(self, function: Function, event: object, longest: float) -> None:
        self._number += 1
        user = GIVE if function.role is Role.GIVE else TAKE
        cloud = VpcCloud(direct_call(self.stage.cloud, function.role.value), "cls-demo", "vpc-demo")
        cluster, look = self.stage.cluster.port(user), self.watch.check
        ports = Ports(Slow(cluster, self.dice, longest, look), Slow(cloud, self.dice, longest, look))
        invocation = Invocation(ports, self.stage.policy, f"run-{self._number}", 50.0, _no_log)
        try:
            await function.plan(event)(invocation)
        except EipclaimError:
            return  # the platform tries again, and so does the next tick

    async def _users(self, end: float) -> None:
        while anyio.current_time() < end:
            await anyio.sleep(self.dice.random() * 15)
            try:
                self._do_something()
            except (Refusal, StepFailedError):
                continue  # what they wanted to touch is not there now

    def _do_something(self) -> None:
        stage, dice = self.stage, self.dice
        rows = stage.sees.rows()
        name = dice.choice(rows).name if rows else "busybox-0"
        deeds: tuple[Callable[[], object], ...] = (
            lambda: stage.delete("Pod", name),
            lambda: stage.cluster.delete("Pod", "default", name, force=True),
            lambda: stage.delete("EIPClaim", name),
            lambda: stage.scale("StatefulSet", "busybox", dice.randint(0, 2)),
            lambda: stage.scale("StatefulSet", "game", dice.randint(1, 2)),
            lambda: stage.scale("Deployment", "web", dice.randint(0, 3)),
            lambda: stage.set_environment("Deployment", "web", "VERSION", str(dice.random())),
            lambda: self._complete(name),
            *((self._fault, self._fault) if self._lossy else ()),
        )
        dice.choice(deeds)()

    def _complete(self, name: str) -> None:
        if self.stage.sees.pod(name).spec.node_name:
            self.stage.cluster.complete_pod("default", name)

    def _fault(self) -> None:
        kind = self.dice.choice(FAULTS)
        code = self.dice.choice(("InternalError", "AddressQuotaLimitExceeded", "OperationDenied.MutexTaskRunning"))
        fault = Fault(kind, self.dice.choice(ACTIONS), times=self.dice.randint(1, 3), code=code, seconds=20.0)  # type: ignore[arg-type]
        self.stage.cloud.faults.arm(fault)

    def check(self) -> list[str]:
        """What is wrong after the calm, or was at any moment; nothing, if all is well."""
        self.watch.at_rest()
        return [str(finding) for finding in self.watch.findings]


def _packed(records: Sequence[Mapping[str, object]]) -> str:
    lines = [{"timestamp": "1", "content": json.dumps(record)} for record in records]
    batch = {"topic_id": "t", "topic_name": "t", "records": lines}
    return base64.b64encode(gzip.compress(json.dumps(batch).encode(), mtime=0)).decode()


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""
