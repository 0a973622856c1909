"""A world to soak: its functions run when they are told to, with what troubles them, and every port call is watched.

Deeds take whole numbers and names, so that a list of deeds replays a run whoever chose them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import anyio

from eipctl.demo.scf import cls_event, timer_event
from eipctl.demo.stage import CLUSTER_ID, VPC_ID, Stage
from emulator.cloud import Fault
from emulator.cluster.behaviour import Behaviour
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import run
from shared.adapters.cloud.sdk import Call, Params
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.errors import EipclaimError
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Invocation
from shared.observe import Ports
from shared.runtime import invoke
from tests.demo.interference import died, direct_call
from tests.faults.watch import Watch
from tests.loop.scenes import hints
from tests.soak.clocks import ClusterClock, Told
from tests.soak.hands import Hands
from tests.soak.instance import Instance
from tests.soak.kinds import CLOUD, CODES, DEEDS
from tests.soak.rivals import Rival
from tests.soak.trouble import Trouble, Troubled, TroubledCluster, Troubles

FUNCTIONS = {function.name: function for function in (ALLOCATE, BIND, RECLAIM)}
TIME_LIMIT, RESERVE = 50.0, 5.0
"""Seconds in which an invocation may begin a deed, and after which it is killed."""

PAGES: dict[str, tuple[int, float]] = {
    "whole": (0, 1.0), "another total": (1, 1.0), "half": (0, 0.5), "each twice": (0, 2.0),
}  # fmt: skip
"""What becomes of the pages of the cloud's lists: how much is added to the total, and how much of the page is there."""

ODD_EVENTS: tuple[object, ...] = (
    None, [], "x" * 100_000, 10**400, {"clslogs": {"data": "!"}}, {"clslogs": {"data": "H4s"}}, {"Type": "timerr"},
    {"claims": [{"namespace": "..", "name": "../../secrets"}]}, {"claims": [{"namespace": "default", "name": "a\n"}]},
)  # fmt: skip
"""What nobody means to send."""


class BrokenError(Exception):
    """An invariant does not hold; the message says which and how."""


class World:
    """A world without timers: whoever soaks it says when a function runs, and on which events."""

    def __init__(self, settings: Mapping[str, str], cloud: Mapping[str, object], cluster: Behaviour) -> None:
        """Nothing is there but nodes. `cloud`: knobs of its behaviour."""
        self.stage = Stage(settings=settings)
        self.stage.cluster.behaviour.collector, self.stage.cluster.behaviour.wander = cluster.collector, cluster.wander
        for knob, value in cloud.items():
            setattr(self.stage.cloud.behaviour, knob, value)
        self.began = self.stage.now()
        self.clock = ClusterClock(self.stage)
        self.watch = Watch(self.stage)
        self.done: Counter[str] = Counter()
        """How often what was done: deeds, faults that were armed and those that befell a call, port calls."""
        self.hands = Hands(self.stage, self.done)
        self._troubles = Troubles(self.stage, self.clock, self._step, self.done)
        self._heard = 0
        self._failed: set[str] = set()
        self.orphans: frozenset[str] = frozenset()
        """What the last sweep of reclaim reported as nobody's."""
        self.number = 0
        self._instance = Instance(self.stage, self.ports)
        self._rival: Rival | None = None

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
        for name in (deed, *how[:1]):
            if name in DEEDS:
                self.done[DEEDS[str(name)]] += 1
        self.hands.attempt(lambda: getattr(self.hands, str(deed))(*how))
        self._look()

    # --- the cloud and time -----------------------------------------------------------------------------------------

    def lag(self, seconds: float) -> None:
        """From now on listings are so old, unless an EIP was taken from us by its name or tags."""
        old = 0.0 if self.hands.lists_must_be_true else seconds
        self.done["F6 listings lag"] += old > 0
        self.stage.cloud.behaviour.read_lag_seconds = old

    def pass_time(self, seconds: float) -> None:
        """Nobody of ours does anything."""
        self.stage.timeline.advance(seconds)
        self._look()

    def arm(self, kind: str, action: str, code: str, times: int) -> None:
        """A fault of the cloud."""
        self.done[CODES[code] if kind == "code" else CLOUD[kind]] += 1
        self.stage.cloud.faults.arm(Fault(kind, action, times=times, code=code, seconds=20.0))  # type: ignore[arg-type]

    def jump(self, ahead: float) -> None:
        """The apiserver's clock is so far ahead of the cloud's from now on."""
        self.done["F20 the cluster's clock jumps"] += 1
        self.lag(0.0)  # the two minutes in which a list may lag are by that clock
        self.clock.ahead = ahead

    # --- the platform -----------------------------------------------------------------------------------------------

    def deliver(self, *, late: bool, backwards: bool, lost: bool, troubles: Sequence[Trouble] = ()) -> None:
        """The audit log since it was last delivered; if late, it will be delivered once more."""
        records = self.stage.cluster.audit[self._heard :]
        self._heard = self._heard if late else len(self.stage.cluster.audit)
        for name, how in (("F9 lost", lost), ("F10 delivered again", late), ("F11 delivered backwards", backwards)):
            self.done[f"{name}: events"] += how and bool(records)
        if lost:
            return
        told = records[::-1] if backwards else records
        self.run(("bind",), 0.005, troubles, records=told)
        if "bind" in self._failed:
            self.done["F10 a failed run tried again"] += 1
            self.run(("bind",), 0.005, records=told)

    def deliver_nonsense(self, function: str, number: int) -> None:
        """An event that makes no sense wakes that function."""
        self.done["F23 event without sense"] += 1
        run(self.stage.timeline, self._invoke(function, ODD_EVENTS[number % len(ODD_EVENTS)], TIME_LIMIT))
        self._look()

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
        for name, how in (
            ("F12 functions at once", len(names) > 1),
            ("F21 pages that do not fit", pages != "whole"),
            ("F22 too little time", seconds < TIME_LIMIT),
            ("F22 the host's clock stands still", stalled),
        ):
            self.done[name] += how
        self._arm(troubles)
        run(self.stage.timeline, self._run(names, latency, pages, records, seconds, stalled=stalled))
        self._troubles.arm(())
        self._look()

    def run_warm(
        self, name: str, *, told: bool, rotated: float | None, seconds: float, troubles: Sequence[Trouble] = ()
    ) -> None:
        """A function in a process that has served others before, from its outermost frame on.

        `told`: the invocation brings the credentials of now, which are not those that the process started with;
        `rotated`: so many seconds from now they are rotated.
        """
        self.done["F22 warm instance"] += 1
        if rotated is not None:
            self.done["F22 credentials rotated"] += 1
            self.stage.timeline.after(rotated, self._instance.rotate)
        self._arm(troubles)
        event = self._all_there_is() if name == "bind" else timer_event(0)
        fresh = ";".join(f"{key}={value}" for key, value in self._instance.credentials.items()) if told else ""
        context = {"time_limit_in_ms": int(1000 * (seconds + RESERVE)), "environ": fresh}
        self.number += 1
        self.done[f"runs of {name}"] += 1
        try:
            invoke(FUNCTIONS[name], event, context, self._instance.host())
        except EipclaimError:
            self.done["F10 a failed run of bind"] += 1  # a tick does what is left
        self._troubles.arm(())
        self._look()
        if self.watch.findings or any('"crashed"' in line for line in self._instance.lines):
            raise BrokenError("; ".join([*map(str, self.watch.findings), *self._instance.lines[-3:]]))

    # --- rivals -----------------------------------------------------------------------------------------------------

    def rival(self, name: str, period: float) -> None:
        """From now on that rival is there, in place of the one that was."""
        self.rival_goes()
        self.done[f"F24 a rival {name}"] += 1
        self._rival = Rival(self, name, period)
        self._look()

    def rival_goes(self) -> None:
        """Nobody undoes us any more; what he has cost is bounded by how often we were woken."""
        if self._rival is not None and (dear := self._rival.end()):
            raise BrokenError(f"I11: {self._rival.name}: {dear}")
        self._rival = None

    def ticks(self, times: int, seconds: float = 30.0, troubles: Sequence[Trouble] = ()) -> None:
        """So many ticks of both sweeps, the one so long after the other; the troubles befall any of them."""
        self._arm(troubles)
        for _ in range(times):
            for name in ("allocate", "reclaim"):
                self.pass_time(seconds)
                run(self.stage.timeline, self._run((name,), 0.005, "whole", None, TIME_LIMIT, stalled=False))
                self._look()
        self._troubles.arm(())

    def _arm(self, troubles: Sequence[Trouble]) -> None:
        if any(one.off for one in troubles):
            self.lag(0.0)  # as where the clock jumps
        self._troubles.arm(troubles)

    async def _run(
        self, names: Sequence[str], latency: float, pages: str, records: Sequence[Mapping[str, object]] | None,
        seconds: float, *, stalled: bool,
    ) -> None:  # fmt: skip
        told = self._all_there_is() if records is None else cls_event(records, self.stage.now())
        self._failed.clear()
        async with anyio.create_task_group() as group:
            for place, name in enumerate(names):
                event = told if name == "bind" else timer_event(0)
                ports = self.ports(FUNCTIONS[name].role, latency * (1 + place / 2), pages, stalled=stalled)
                group.start_soon(self._invoke, name, event, seconds, ports)

    def _all_there_is(self) -> Mapping[str, object]:
        return hints([row.name for row in self.stage.sees.rows()], self.stage.now())

    def ports(
        self,
        role: Role,
        latency: float = 0.005,
        pages: str = "whole",
        *,
        stalled: bool = False,
        call: Call | None = None,
    ) -> Ports:
        """The outside of one invocation, with what befalls it; `call` is its way to the cloud."""
        told = Told(self.clock, (lambda: 0.0) if stalled else self.stage.now)
        cluster = self.stage.cluster.port(GIVE if role is Role.GIVE else TAKE)
        cloud = VpcCloud(paged(call or direct_call(self.stage.cloud, role.value), *PAGES[pages]), CLUSTER_ID, VPC_ID)
        return Ports(
            TroubledCluster(cluster, self._troubles, latency, told, lambda: self.hands.crd_served),
            Troubled(cloud, self._troubles, latency),
        )

    async def _invoke(self, name: str, event: object, seconds: float, ports: Ports | None = None) -> None:
        self.number += 1
        self.done[f"runs of {name}"] += 1
        function = FUNCTIONS[name]
        try:
            with anyio.move_on_after(seconds + RESERVE):
                outside = ports or self.ports(function.role)
                invocation = Invocation(outside, self.stage.policy, f"run-{self.number}", seconds, _no_log)
                result = await function.plan(event)(invocation)
                if name == "reclaim":
                    self.orphans = frozenset(map(str, result.get("orphans", ())))  # type: ignore[call-overload] # a list
        except EipclaimError:
            self._failed.add(name)  # the platform tries again, and so does the next tick
        except BaseException as error:
            if not died(error):
                raise

    def no_more_troubles(self) -> None:
        """Nothing goes wrong any more, in the cloud or on the way to it."""
        self.stage.cloud.faults.clear()
        self._troubles.clear()
        self.lag(0.0)


def paged(call: Call, more: int, part: float) -> Call:
    """A cloud whose lists say that there is so much more, and show that part of each page."""

    async def paging(action: str, params: Params) -> Mapping[str, object]:
        reply = await call(action, params)
        if not action.startswith("Describe") or "TotalCount" not in reply:
            return reply
        lists = {name: value for name, value in reply.items() if isinstance(value, list)}
        shown = {name: (value * 2)[: int(len(value) * part)] for name, value in lists.items()}
        return {**reply, **shown, "TotalCount": int(str(reply["TotalCount"])) + more}

    return paging


def _no_log(event: str, **fields: object) -> None:
    """Nothing is looked up in a log."""
