"""A world to soak: its functions run when they are told to, with what troubles them, and every port call is watched.

Deeds take whole numbers and names, so that a list of deeds replays a run whoever chose them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import anyio

from eipctl.demo.scf import cls_event, timer_event
from eipctl.demo.stage import CLUSTER_ID, VPC_ID, Stage
from emulator.cloud import Fault
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import run
from shared.adapters.cloud.sdk import Call, Params
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.errors import EipclaimError
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Invocation
from shared.observe import Ports
from tests.demo.interference import died, direct_call
from tests.faults.watch import QUIET, UNTIL_SERVED, Watch
from tests.loop.scenes import PREFIX, hints
from tests.soak.hands import Hands
from tests.soak.trouble import Trouble, Troubled, Troubles

FUNCTIONS = {function.name: function for function in (ALLOCATE, BIND, RECLAIM)}
TIME_LIMIT, RESERVE = 50.0, 5.0
"""Seconds in which an invocation may begin a deed, and after which it is killed."""

CALM_TICKS = 14
"""Minutes: a release whose reply was lost takes four, an expiry five more."""

PAGES: dict[str, tuple[int, float]] = {"whole": (0, 1.0), "another total": (1, 1.0), "half": (0, 0.5)}
"""What becomes of the pages of the cloud's lists: how much is added to the total, and how much of the page is there."""


class BrokenError(Exception):
    """An invariant does not hold; the message says which and how."""


class World:
    """A world without timers: whoever soaks it says when a function runs, and on which events."""

    def __init__(self, settings: Mapping[str, str], cloud: Mapping[str, object], collector: float) -> None:
        """Nothing is there but nodes. `cloud`: knobs of its behaviour; garbage is collected after so many seconds."""
        self.stage = Stage(settings=settings)
        self.stage.cluster.behaviour.collector = collector
        for knob, value in cloud.items():
            setattr(self.stage.cloud.behaviour, knob, value)
        self.began = self.stage.now()
        self.watch = Watch(self.stage)
        self.done: Counter[str] = Counter()
        """How often what was done: deeds, faults that were armed and those that befell a call, port calls."""
        self.hands = Hands(self.stage, self.done)
        self._troubles = Troubles(self.stage, self._step, self.done)
        self._heard = 0
        self._number = 0

    def _step(self) -> None:
        self.done["port calls"] += 1
        self._look()

    def _look(self) -> None:
        self.done["checks"] += 1
        if found := self.watch.check():
            raise BrokenError("; ".join(map(str, found)))

    def by(self, deed: object, *how: object) -> None:
        """What hands do, a method of `Hands`, where it can be done."""
        self.done["deeds of hands"] += 1
        self.hands.attempt(lambda: getattr(self.hands, str(deed))(*how))
        self._look()

    # --- the cloud and time -----------------------------------------------------------------------------------------

    def lag(self, seconds: float) -> None:
        """From now on listings are so old, unless an EIP was taken from us by its name or tags."""
        self.stage.cloud.behaviour.read_lag_seconds = 0.0 if self.hands.lists_must_be_true else seconds

    def pass_time(self, seconds: float) -> None:
        """Nobody of ours does anything."""
        self.stage.timeline.advance(seconds)
        self._look()

    def arm(self, kind: str, action: str, code: str, times: int) -> None:
        """A fault of the cloud."""
        self.done[f"cloud: {kind}"] += 1
        self.stage.cloud.faults.arm(Fault(kind, action, times=times, code=code, seconds=20.0))  # type: ignore[arg-type]

    # --- the platform -----------------------------------------------------------------------------------------------

    def deliver(self, *, late: bool, backwards: bool, lost: bool, troubles: Sequence[Trouble] = ()) -> None:
        """The audit log since it was last delivered; if late, it will be delivered once more."""
        records = self.stage.cluster.audit[self._heard :]
        self._heard = self._heard if late else len(self.stage.cluster.audit)
        if not lost:
            self.run(("bind",), 0.005, troubles, records=records[::-1] if backwards else records)

    def run(
        self,
        names: Sequence[str],
        latency: float,
        troubles: Sequence[Trouble] = (),
        *,
        pages: str = "whole",
        stalled: bool = False,
        records: Sequence[Mapping[str, object]] | None = None,
        seconds: float = TIME_LIMIT,
    ) -> None:
        """These functions at once, each call of theirs taking so long, and the next function's half as long again.

        With these troubles, and `seconds` in which they may begin a deed; `bind` is told of all that there is where no
        records are given. `stalled`: the clock of their host stands still between the apiserver's replies.
        """
        self._troubles.arm(troubles)
        run(self.stage.timeline, self._run(names, latency, pages, records, seconds, stalled=stalled))
        self._troubles.arm(())
        self._look()

    def ticks(self, times: int, seconds: float = 30.0, troubles: Sequence[Trouble] = ()) -> None:
        """So many ticks of both sweeps, the one so long after the other; the troubles befall any of them."""
        self._troubles.arm(troubles)
        for _ in range(times):
            for name in ("allocate", "reclaim"):
                self.pass_time(seconds)
                run(self.stage.timeline, self._run((name,), 0.005, "whole", None, TIME_LIMIT, stalled=False))
                self._look()
        self._troubles.arm(())

    async def _run(
        self, names: Sequence[str], latency: float, pages: str, records: Sequence[Mapping[str, object]] | None,
        seconds: float, *, stalled: bool,
    ) -> None:  # fmt: skip
        now = self.stage.now()
        all_there_is = hints([row.name for row in self.stage.sees.rows()], now)
        told = all_there_is if records is None else cls_event(records, now)
        async with anyio.create_task_group() as group:
            for place, name in enumerate(names):
                event = told if name == "bind" else timer_event(0)
                ports = self._ports(FUNCTIONS[name].role, latency * (1 + place / 2), pages, stalled=stalled)
                group.start_soon(self._invoke, name, event, ports, seconds)

    def _ports(self, role: Role, latency: float, pages: str, *, stalled: bool) -> Ports:
        cluster = self.stage.cluster.port(GIVE if role is Role.GIVE else TAKE)
        call = paged(direct_call(self.stage.cloud, role.value), *PAGES[pages])
        return Ports(
            Stalled(cluster, self._troubles, latency) if stalled else Troubled(cluster, self._troubles, latency),
            Troubled(VpcCloud(call, CLUSTER_ID, VPC_ID), self._troubles, latency),
        )

    async def _invoke(self, name: str, event: object, ports: Ports, seconds: float) -> None:
        self._number += 1
        self.done[f"runs of {name}"] += 1
        try:
            with anyio.move_on_after(seconds + RESERVE):
                invocation = Invocation(ports, self.stage.policy, f"run-{self._number}", seconds, _no_log)
                await FUNCTIONS[name].plan(event)(invocation)
        except EipclaimError:
            return  # the platform tries again, and so does the next tick
        except BaseException as error:
            if not died(error):
                raise

    # --- the end ------------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """Faults stop: everybody is served soon (I7), nothing is left over, and then all keeps still (I8)."""
        self.stage.cloud.faults.clear()
        self._troubles.clear()
        self.lag(0.0)
        self.by("undo")
        self.ticks(UNTIL_SERVED)
        pods = [one for one in self.stage.sees.pods() if self._wants(one.metadata.name)]
        late = [one.metadata.name for one in pods if self.stage.sees.told(one) is None]
        if late:
            raise BrokenError(f"I7: not served: {late}")
        self.ticks(CALM_TICKS - UNTIL_SERVED)
        if found := self.watch.at_rest():
            raise BrokenError("; ".join(map(str, found)))
        before = self.watch.mutations()
        self.ticks(QUIET)
        if self.watch.mutations() != before:
            raise BrokenError("I8: it does not keep still")

    def _wants(self, name: str) -> bool:
        one = self.stage.sees.pod(name)
        return f"{PREFIX}/eip-attributes" in one.metadata.annotations and not one.ended and not one.deleting


class Stalled(Troubled):
    """The cluster, whose time is known from its replies alone: the clock of the functions' host stands still."""

    def now(self) -> datetime:
        """The apiserver's time at its last reply."""
        told: datetime = self.replied_at or self.port.now()
        return told


def paged(call: Call, more: int, part: float) -> Call:
    """A cloud whose lists say that there is so much more, and show that part of each page."""

    async def paging(action: str, params: Params) -> Mapping[str, object]:
        reply = await call(action, params)
        if not action.startswith("Describe") or "TotalCount" not in reply:
            return reply
        shown = {name: value[: int(len(value) * part)] for name, value in reply.items() if isinstance(value, list)}
        return {**reply, **shown, "TotalCount": int(str(reply["TotalCount"])) + more}

    return paging


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""
