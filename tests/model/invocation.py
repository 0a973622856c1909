"""The steps of one invocation: read the cluster, list the cloud and decide, then one call after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from shared.core.actions import Act, Publish, RejectInput, RemoveFinalizer
from shared.core.world import World
from tests.model.checks import Checks, Deed, abandoned
from tests.model.cloud import CONFLICT, NOT_THERE, Cloud, Step, hidden_on, shown
from tests.model.looks import Looks, Sight, by
from tests.model.objects import Claims, number
from tests.model.replay import OK, Call, Ended, Replay, Reply
from tests.model.scenario import Scenario, roles_of
from tests.model.state import ABSENT, BIND, NOWHERE, UNBIND, Late, PodFacts, Run, State

LIFE_SECONDS = 55
LATE_SECONDS = 35
MUTATIONS = frozenset({"allocate", "associate", "disassociate", "release"})
LAST_DEEDS = (Publish, RejectInput, RemoveFinalizer)
"""After these, if they are done, an invocation does not look again; after a failed one it does, as another would."""


def with_run(s: State, slot: int, run: Run | None) -> State:
    """The state with another run in that slot."""
    runs = s.runs
    return s._replace(runs=(*runs[:slot], run, *runs[slot + 1 :]))


def with_claim(s: State, claim: int, writer: int = -1) -> State:
    """The claim written: nobody else's resourceVersion holds any more."""
    runs = tuple(
        run._replace(current=False) if run is not None and slot != writer and run.current else run
        for slot, run in enumerate(s.runs)
    )
    return s._replace(claim=claim, runs=runs)


class Invocations:
    """Everything that invocations of one scenario do."""

    def __init__(self, scenario: Scenario, claims: Claims, looks: Looks, checks: Checks, *, fresh_get: bool) -> None:
        """`fresh_get` is False for a planted fault: the pod is not read again before anything is taken."""
        self._scenario, self._claims, self._looks, self._checks = scenario, claims, looks, checks
        self._roles = roles_of(scenario)
        self._fresh_get = fresh_get
        self._cloud = Cloud(scenario)
        self._replay = Replay(claims, static=scenario.static)

    def steps(self, s: State, slot: int) -> Iterator[Step]:
        """What the invocation in that slot may do next; what happens without a fault comes first."""
        run = s.runs[slot]
        if run is None:
            yield self._label(slot, "reads the cluster"), with_run(s, slot, Run(s.claim, s.pod))
            if s.faults and "stale pod" in self._scenario.faults and s.pod.uid:
                yield from self._reads_stale(s, slot)
            return
        if run.world == 0:
            yield from self._decides(s, slot, run)
        else:
            yield from self._calls(s, slot, run)
        yield self._label(slot, "dies"), self.end(s, slot)

    def _label(self, slot: int, *what: object) -> tuple[object, ...]:
        return f"{self._roles[slot].value}{slot}", *what

    def end(self, s: State, slot: int) -> State:
        """After its end, however it came."""
        return with_run(s, slot, None)._replace(claim=self._claims.disowned(s.claim, by(slot)))

    def _reads_stale(self, s: State, slot: int) -> Iterator[Step]:
        """A list from a cache: the pod before this one, or this one before its last change."""
        spent = s._replace(faults=s.faults - 1)
        for old in self._older(s.pod):
            yield self._label(slot, "reads an old pod", old), with_run(spent, slot, Run(s.claim, old))

    def _older(self, pod: PodFacts) -> Iterator[PodFacts]:
        if pod.stage == ABSENT:
            yield pod._replace(stage=3, ip=self._scenario.ips[0])
        else:
            yield pod._replace(stage=ABSENT, ip=NOWHERE, told=0)
            yield from (pod._replace(ip=ip) for ip in self._scenario.ips if pod.ip and ip != pod.ip)

    # --- look and decide ---------------------------------------------------------------------------------------------

    def _decides(self, s: State, slot: int, run: Run) -> Iterator[Step]:
        claim = self._claims.aged(run.claim, run.since * self._scenario.tick)
        recorded = number(self._claims[claim].status.address_id) if claim else 0
        unlisted = hidden_on(s, run.pod.ip, recorded)
        sight = Sight(
            slot, claim, run.pod, shown(s, recorded), s.foreign, unlisted, outcome=self._outcome(claim, slot, run)
        )
        yield from self._decided(s, slot, run, sight, "")
        if s.faults:
            spent = s._replace(faults=s.faults - 1)
            for worse, why in self._worse(sight):
                yield from self._decided(spent, slot, run, worse, why)

    def _outcome(self, claim: int, slot: int, run: Run) -> str:
        intent = self._claims[claim].status.intent if claim else None
        if run.known is None or intent is None or (intent.action.value, intent.by) != (run.known[0], by(slot)):
            return ""
        return run.known[1]

    def _worse(self, sight: Sight) -> Iterator[tuple[Sight, str]]:
        """What a look may show besides the truth."""
        faults = self._scenario.faults
        if "off interface" in faults and sight.pod.ip:
            yield sight._replace(on_interface=False), "no interface shows the pod's IP"
        for one in sight.eips:
            others = tuple(other for other in sight.eips if other != one)
            if "partial" in faults:
                yield sight._replace(eips=others, complete=False), f"a listing that ended before EIP {one.slot}"
            if "stale EIPs" in faults:
                yield sight._replace(eips=others), f"a listing without EIP {one.slot}"
                if one.status == BIND:
                    old = one._replace(status=UNBIND, ip=NOWHERE)
                    yield sight._replace(eips=tuple(sorted((*others, old)))), f"EIP {one.slot} as it was: UNBIND"
                for ip in self._asked(sight.claim) if one.status == UNBIND else ():
                    old = one._replace(status=BIND, ip=ip)
                    yield sight._replace(eips=tuple(sorted((*others, old)))), f"EIP {one.slot} as it was: BIND"

    def _asked(self, claim: int) -> list[int]:
        return [number(b.private_ip) for b in self._claims[claim].status.bindings] if claim else []

    def _decided(self, s: State, slot: int, run: Run, sight: Sight, why: str) -> Iterator[Step]:
        decided = self._looks.decide(sight)
        label = self._label(slot, "decides", decided.decision.rule, type(decided.decision).__name__, why)
        if not isinstance(decided.decision, Act):
            yield label, self.end(s, slot)
            if self._scenario.rounds and run.known is not None and s.runs[slot] is not None:
                yield (
                    (*label, "and looks again"),
                    with_run(s, slot, Run(s.claim, s.pod, life=run.life, known=run.known)),
                )
            return
        self._checks.decided(s, decided.decision, decided.world, label)
        deciding = run._replace(claim=sight.claim, since=0, world=decided.index, replies=())
        yield label, with_run(s, slot, deciding)

    # --- calls -------------------------------------------------------------------------------------------------------

    def _calls(self, s: State, slot: int, run: Run) -> Iterator[Step]:
        call = self._next(slot, run)
        assert not isinstance(call, Ended)
        kind = call[0]
        label = self._label(slot, *self._said(run, call))
        if kind in MUTATIONS:
            yield from self._sends(s, slot, run, call, label)
        elif kind == "get pod":
            read = s.pod if self._fresh_get else run.pod
            yield from self._replied(s, slot, run, ("pod", read, s.pod), label)
        else:
            changed, reply = self._write(s, slot, run, call, label)
            refused = reply[1:] if reply[0] == "error" else ()
            yield from self._replied(changed, slot, run, reply, (*label, *refused))

    def _said(self, run: Run, call: Call) -> tuple[object, ...]:
        """The call in words."""
        if call[0] == "create":
            return call[:1]
        if call[0] == "allocate":
            return "allocate, token", str(call[1])[:6]
        if call[0] != "write":
            return call
        before, after = self._claims[run.claim], self._claims.get(cast("int", call[1]))
        intent = after.status.intent if after is not None else None
        if intent is not None and intent != before.status.intent and not intent.accepted:
            return "writes the intent", intent.action.value
        phase = after.status.phase if after is not None else None
        return "writes the claim:", phase.value if phase is not None else "no phase"

    def _next(self, slot: int, run: Run) -> Call | Ended:
        act, world = self._looks.act(run.world)
        return self._replay.after(run.world, act, world, self._roles[slot], run.replies)

    def _write(self, s: State, slot: int, run: Run, call: Call, label: tuple[object, ...]) -> tuple[State, Reply]:
        kind = call[0]
        if kind == "tell pod":
            return self._tell_pod(s, call)
        if kind == "create":
            if s.claim:
                return s, CONFLICT
            made = self._claims.created(str(call[1]), s.claims + 1)
            return with_claim(s, made, slot)._replace(claims=s.claims + 1), ("claim", made)
        if not s.claim:
            return s, NOT_THERE
        if not run.current:
            return s, CONFLICT
        written = self._claims.deleted(run.claim) if kind == "delete" else cast("int", call[1])
        now = self._claims.aged(written, run.since * self._scenario.tick)
        deed = self._deed(run)
        self._checks.wrote(s, deed, now, label)
        if abandoned(deed.act.action):
            owner = number(self._claims[s.claim].uid)
            s = s._replace(
                eips=tuple(e._replace(left=True) if e is not None and e.owner == owner else e for e in s.eips)
            )
        return with_claim(s, now, slot), ("claim", written)

    def _tell_pod(self, s: State, call: Call) -> tuple[State, Reply]:
        _, uid, told, conditioned, why = call
        pod = s.pod
        if pod.stage == ABSENT or pod.uid != uid:
            return s, NOT_THERE
        if told is not None:
            pod = pod._replace(told=cast("int", told))
        if conditioned:
            reason, message = cast("tuple[str, str]", why) if why else ("", "")
            pod = pod._replace(reason=reason, message=message)
        return s._replace(pod=pod), OK

    def _sends(self, s: State, slot: int, run: Run, call: Call, label: tuple[object, ...]) -> Iterator[Step]:
        deed = self._deed(run)
        self._checks.sent(s, deed, call, label)
        world = deed.world
        owner, token = self._purchase(world, call)
        done, reply = self._cloud.apply(s, call, owner, token)
        self._checks.effect(s, done, world, call, label)
        yield from self._replied(done, slot, run, reply, (*label, *reply[:2]))
        faults = self._scenario.faults if s.faults else frozenset()
        spent, ambiguous = s._replace(faults=s.faults - 1), ("error", "Ambiguous")
        if "lost" in faults and done != s:
            lost = done._replace(faults=spent.faults)
            yield from self._replied(lost, slot, run, ambiguous, (*label, "done, reply lost"))
        if "undone" in faults:
            yield from self._replied(spent, slot, run, ambiguous, (*label, "time-out, not done"))
        if "late" in faults and s.late is None:
            late = spent._replace(late=Late((call, owner, token), LATE_SECONDS // self._scenario.tick))
            yield from self._replied(late, slot, run, ambiguous, (*label, "time-out, still under way"))
        for kind in ("refused", "unavailable"):
            if kind in faults:
                yield from self._replied(spent, slot, run, ("error", kind.title()), (*label, kind))
        if "forgotten" in faults and call[0] == "allocate":
            anew, bought = self._cloud.buy(spent, owner, token, anew=True)
            self._checks.effect(spent, anew, world, call, label)
            yield from self._replied(anew, slot, run, bought, (*label, "token forgotten", *bought))

    def _deed(self, run: Run) -> Deed:
        act, world = self._looks.act(run.world)
        return Deed(
            act, world, next((cast("PodFacts", reply[2]) for reply in run.replies if reply[0] == "pod"), run.pod)
        )

    def _purchase(self, world: World, call: Call) -> tuple[int, int]:
        claim = world.claim
        if claim is None or call[0] != "allocate":
            return 0, 0
        return number(claim.uid), self._checks.token(str(call[1]), str(call[2]))

    def lands(self, s: State) -> Iterator[Step]:
        """The call that is still under way arrives, or is never heard of again."""
        if s.late is None:
            return
        call, owner, token = cast("tuple[Call, int, int]", s.late.call)
        done, reply = self._cloud.apply(s._replace(late=None), call, owner, token, lagging=False)
        self._checks.landed(s, call, owner, done)
        yield ("the late", *call, "lands:", reply[0]), done
        yield ("the late", *call, "is lost"), s._replace(late=None)

    # --- and on ------------------------------------------------------------------------------------------------------

    def _replied(self, s: State, slot: int, run: Run, reply: Reply, label: tuple[object, ...]) -> Iterator[Step]:
        went_on = run._replace(replies=(*run.replies, reply))
        ended = self._next(slot, went_on)
        if not isinstance(ended, Ended):
            yield label, with_run(s, slot, went_on)
            return
        yield label, self.end(s, slot)
        act, _ = self._looks.act(run.world)
        if not self._scenario.rounds or isinstance(act.action, LAST_DEEDS):
            return
        known = run.known
        if ended.sent:
            known = (ended.sent, ended.outcome) if ended.outcome else None
        again = Run(s.claim, s.pod, life=run.life, known=known)
        if ended.claim:
            again = again._replace(claim=self._claims.aged(ended.claim, run.since * self._scenario.tick))
            current = s.runs[slot]
            again = again._replace(current=current is None or current.current)
            if not ended.failed and run.pod != s.pod:
                old = again._replace(pod=run.pod)
                yield (*label, "and goes on, the pod as it was"), with_run(s, slot, old)
        yield (*label, "and goes on"), with_run(s, slot, again)

    def tick(self, run: Run | None) -> Run | None:
        """The run after a tick; None if it is over by then. What it decided long ago is not sent to the cloud."""
        if run is None or (run.life + 1) * self._scenario.tick > LIFE_SECONDS:
            return None
        if run.world:
            act, _ = self._looks.act(run.world)
            if hasattr(act.action, "intent"):
                return None
        return run._replace(life=run.life + 1, since=run.since + 1)
