"""A storm: all functions at once, calls that take arbitrary long, faults of the cloud, and users who do not wait.

Everything follows from the seed. When the storm is over, quiet sweeps must bring the world to its end state.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeVar

import anyio

from eipctl.demo.stage import EXAMPLES, Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud import Fault
from emulator.cluster.refusals import Refusal
from emulator.timeline import run
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Function
from tests.demo.interference import invoke
from tests.faults.watch import Watch
from tests.loop.scenes import hints

T = TypeVar("T")

STORM_SECONDS = 300.0
LOSSY = 0.7
"""Of the storms, so many lose, refuse and delay calls; the others only race."""

CALM_TICKS = 14
"""Minutes: a release whose reply was lost takes four, an expiry five."""

FAULTS = ("drop_reply", "drop", "throttle", "code", "linger", "task_fails")
ACTIONS = ("AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ReleaseAddresses", "DescribeAddresses")


class Slow:
    """Calls that take as long as the dice say, before and after they take effect; in between `look` is called."""

    def __init__(self, dice: random.Random, longest: float, look: Callable[[], object]) -> None:
        """Sit at the calls of one invocation."""
        self._dice, self._longest, self._look = dice, longest, look

    def begin(self, role: Role) -> None:
        """Nothing depends on who calls."""

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        """The call, slowed down."""
        del name
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
        behaviour.unbind_with_private_ip = self.dice.random() < 0.5
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
        return hints([row.name for row in self.stage.sees.rows()], self.stage.now())

    async def _invoke(self, function: Function, event: object, longest: float) -> None:
        self._number += 1
        slow = Slow(self.dice, longest, self.watch.check)
        await invoke(self.stage, function, event, slow, f"run-{self._number}")

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
