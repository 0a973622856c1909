"""The deeds of a soak: what users, the platform, the cloud and time may do to a world, watched after every port call.

A deed takes whole numbers and names, so that a list of deeds replays a run whoever chose them.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import anyio

from eipctl.demo.scf import cls_event, timer_event
from eipctl.demo.stage import CLUSTER_ID, NAMESPACE, VPC_ID, Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud import Fault
from emulator.cloud.errors import CloudError
from emulator.cluster.refusals import Refusal
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import run
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Throttled
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Invocation
from shared.observe import Ports
from tests.demo.interference import SimulatedCrash, died, direct_call
from tests.faults.watch import QUIET, UNTIL_SERVED, Watch
from tests.loop.scenes import PREFIX, pod

T = TypeVar("T")

NAMES = ("a", "b", "c")
KEEP = {"eip_claim_delete_policy": "Never", "claim_expired_duration": "5m"}
FUNCTIONS = {function.name: function for function in (ALLOCATE, BIND, RECLAIM)}
CLOUD_FAULTS = ("drop", "drop_reply", "error_after", "throttle", "code", "linger", "task_fails")
CODES = ("InternalError", "AddressQuotaLimitExceeded", "OperationDenied.MutexTaskRunning", "AuthFailure.TokenFailure")
ACTIONS = ("AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ReleaseAddresses", "DescribeAddresses")
PORT_FAULTS = ("die before", "die after", "conflict", "throttled", "lost reply")
CALM_TICKS = 14
"""Minutes: a release whose reply was lost takes four, an expiry five more."""


class Trouble:
    """What is to befall one of the next port calls, counted from now; each port call is a step that is watched."""

    def __init__(self, look: Callable[[], object], done: Counter[str]) -> None:
        """No trouble yet."""
        self._look, self._done = look, done
        self._left = 0
        self._kind: str | None = None

    def arm(self, kind: str | None, calls: int = 0) -> None:
        """Have it befall the call after so many others; None: nothing."""
        self._kind, self._left = kind, calls

    async def call(self, make: Callable[[], Coroutine[object, object, T]], *, writes: bool) -> T:
        """Make the call, and what befalls it."""
        self._left -= 1
        kind = self._kind if self._left < 0 and (writes or (self._kind or "").startswith("die")) else None
        if kind is not None:
            self._kind = None
            self._done[f"port: {kind}"] += 1
        try:
            if kind == "die before":
                raise SimulatedCrash
            if kind in {"conflict", "throttled"}:
                raise Conflict("Changed", "a rival") if kind == "conflict" else Throttled("TooManyRequests", "later")
            result = await make()
        finally:
            self._look()
        if kind == "die after":
            raise SimulatedCrash
        if kind == "lost reply":
            raise Ambiguous("NoAnswer", "the reply was lost")
        return result


class Troubled:
    """A port with that trouble; its calls take `latency` seconds."""

    def __init__(self, port: object, trouble: Trouble, latency: float, *, troubled: bool) -> None:
        """Stand in front of that port; one that is not `troubled` is only looked at."""
        self._port, self._trouble, self._latency, self._troubled = port, trouble, latency, troubled

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        """The method, with what may befall it."""
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method
        writes = self._troubled and name.startswith(("create", "patch", "delete", "renew"))

        async def call(*args: object) -> object:
            await anyio.sleep(self._latency)
            return await self._trouble.call(lambda: method(*args), writes=writes)

        return call


class World:
    """A world without timers: whoever soaks it says when a function runs, and on which events."""

    def __init__(self) -> None:
        """Nothing is there but nodes."""
        self.stage = Stage()
        self.began = self.stage.now()
        self.watch = Watch(self.stage)
        self.done: Counter[str] = Counter()
        """How often what was done: deeds, faults that were armed and those that befell a call, port calls."""
        self._trouble = Trouble(self._look, self.done)
        self._heard = 0
        self._number = 0

    def _look(self) -> None:
        self.done["port calls"] += 1
        found = self.watch.check()
        assert not found, "; ".join(map(str, found))

    def _attempt(self, deed: Callable[[], object]) -> None:
        """What hands do, where it can be done."""
        try:
            deed()
        except (Refusal, StepFailedError, CloudError):
            self.done["in vain"] += 1
        self._look()

    # --- users ------------------------------------------------------------------------------------------------------

    def create(self, name: str, *, static: bool, bandwidth: int) -> None:
        """A pod that asks for an EIP, or another wish of the one that is there."""
        attributes = {"eip_attributes": f'{{"Bandwidth":{bandwidth}}}', **(KEEP if static else {})}
        self._attempt(lambda: self.stage.cluster.apply(pod(name, **attributes)))

    def delete_pod(self, name: str, *, force: bool) -> None:
        """By force nobody waits for the kubelet."""
        self._attempt(lambda: self.stage.cluster.delete("Pod", NAMESPACE, name, force=force))

    def complete(self, name: str) -> None:
        """All containers of the pod end, and its object stays."""
        if self.stage.sees.phase(name) and self.stage.sees.bound_at(name):
            self._attempt(lambda: self.stage.cluster.complete_pod(NAMESPACE, name))

    def stop_wanting(self, name: str) -> None:
        """The annotation goes."""
        key = f"{PREFIX}/eip-attributes"
        self._attempt(lambda: self.stage.cluster.annotate("Pod", NAMESPACE, name, {key: None}))

    def delete_claim(self, name: str) -> None:
        """By hand."""
        self._attempt(lambda: self.stage.delete("EIPClaim", name))

    # --- the cloud and time -----------------------------------------------------------------------------------------

    def meddle(self, deed: str, number: int) -> None:
        """A hand in the cloud's console."""
        holdings = self.stage.cloud.holdings()
        if holdings:
            address_id, console = holdings[number % len(holdings)].address_id, self.stage.cloud.console
            self._attempt(lambda: console.unbind(address_id) if deed == "unbind" else console.release(address_id))

    def lag(self, seconds: float) -> None:
        """From now on listings are so old."""
        self.stage.cloud.behaviour.read_lag_seconds = seconds

    def pass_time(self, seconds: float) -> None:
        """Nobody of ours does anything."""
        self.stage.timeline.advance(seconds)
        self._look()

    def arm(self, kind: str, action: str, code: str, times: int) -> None:
        """A fault of the cloud."""
        self.done[f"cloud: {kind}"] += 1
        self.stage.cloud.faults.arm(Fault(kind, action, times=times, code=code, seconds=20.0))  # type: ignore[arg-type]

    def trouble(self, kind: str, calls: int) -> None:
        """A fault of the cluster, or the end of a process."""
        self._trouble.arm(kind, calls)

    # --- the platform -----------------------------------------------------------------------------------------------

    def deliver(self, *, late: bool, backwards: bool, lost: bool) -> None:
        """The audit log since it was last delivered; if late, it will be delivered once more."""
        records = self.stage.cluster.audit[self._heard :]
        self._heard = self._heard if late else len(self.stage.cluster.audit)
        if not lost:
            self.run(("bind",), 0.005, records[::-1] if backwards else records)

    def run(self, names: Sequence[str], latency: float, records: Sequence[Mapping[str, object]] = ()) -> None:
        """These functions at once, each call of theirs taking so long, and the next function's half as long again."""
        run(self.stage.timeline, self._run(names, latency, records))
        self._look()

    async def _run(self, names: Sequence[str], latency: float, records: Sequence[Mapping[str, object]]) -> None:
        async with anyio.create_task_group() as group:
            for place, name in enumerate(names):
                event = cls_event(records, self.stage.now()) if name == "bind" else timer_event(0)
                group.start_soon(self._invoke, name, event, latency * (1 + place / 2))

    async def _invoke(self, name: str, event: object, latency: float) -> None:
        self._number += 1
        function, stage = FUNCTIONS[name], self.stage
        user = GIVE if function.role is Role.GIVE else TAKE
        cloud = VpcCloud(direct_call(stage.cloud, function.role.value), CLUSTER_ID, VPC_ID)
        ports = Ports(
            Troubled(stage.cluster.port(user), self._trouble, latency, troubled=True),
            Troubled(cloud, self._trouble, latency, troubled=False),
        )
        try:
            with anyio.move_on_after(55):
                await function.plan(event)(Invocation(ports, stage.policy, f"run-{self._number}", 50.0, _no_log))
        except EipclaimError:
            return  # the platform tries again, and so does the next tick
        except BaseException as error:
            if not died(error):
                raise

    # --- the end ------------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """Faults stop: everybody is served soon (I7), nothing is left over, and then all keeps still (I8)."""
        self.stage.cloud.faults.clear()
        self._trouble.arm(None)
        self.lag(0.0)
        self._ticks(UNTIL_SERVED)
        pods = [one for one in self.stage.sees.pods() if self._wants(one.metadata.name)]
        assert [one.metadata.name for one in pods if self.stage.sees.told(one) is None] == [], "I7: not served"
        self._ticks(CALM_TICKS - UNTIL_SERVED)
        found = self.watch.at_rest()
        assert not found, "; ".join(map(str, found))
        before = self.watch.mutations()
        self._ticks(QUIET)
        assert self.watch.mutations() == before, "I8: it does not keep still"

    def _ticks(self, times: int) -> None:
        for _ in range(times):
            for name in ("allocate", "reclaim"):
                self.pass_time(30)
                self.run((name,), 0.0)

    def _wants(self, name: str) -> bool:
        one = self.stage.sees.pod(name)
        return f"{PREFIX}/eip-attributes" in one.metadata.annotations and not one.ended and not one.deleting


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""
