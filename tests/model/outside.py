"""What happens without us: pods come and go, hands interfere, garbage collection and time go on."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.claim import Claim, Retention
from shared.core.identity import ABANDON, PAUSED
from tests.model.cloud import Cloud, Step, busy, living, with_eip
from tests.model.invocation import Invocations, with_claim
from tests.model.objects import Claims, number
from tests.model.scenario import Scenario
from tests.model.state import (
    ABSENT,
    BIND,
    COPIED,
    DRAINING,
    EARLY,
    ELSEWHERE,
    ENDED,
    GONE,
    LIVE,
    NOWHERE,
    UNBIND,
    UNSCHEDULED,
    Eip,
    PodFacts,
    State,
)

EXPIRY_SECONDS = 300


class Outside:
    """Everything in one scenario that is not an invocation."""

    def __init__(self, scenario: Scenario, claims: Claims, invocations: Invocations) -> None:
        """Nothing is kept here."""
        self._scenario, self._claims, self._invocations = scenario, claims, invocations
        self._cloud = Cloud(scenario)

    def steps(self, s: State) -> Iterator[Step]:
        """Whatever may happen."""
        for what, pod in self._pod(s.pod):
            gone = s.long_gone and not pod.there
            yield ("pod", pod.uid, what, *([pod.ip] if pod.ip else [])), s._replace(pod=pod, long_gone=gone)
        yield from self._cloud.goes_on(s)
        yield from self._invocations.lands(s)
        collected = self.collected(s)
        if collected is not s:
            yield ("garbage collection deletes the claim",), collected
        if s.foreign < NOWHERE:
            yield ("the other claim's EIP leaves",), s._replace(foreign=NOWHERE)
        if s.hands:
            yield from self._hands(s._replace(hands=s.hands - 1))

    # --- pods --------------------------------------------------------------------------------------------------------

    def _pod(self, pod: PodFacts) -> Iterator[tuple[str, PodFacts]]:
        stage, life = pod.stage, self._scenario.life
        if stage == ABSENT and pod.uid < self._scenario.pods:
            yield "is created", PodFacts(pod.uid + 1, UNSCHEDULED, NOWHERE)
        if stage == UNSCHEDULED:
            yield "gets a node", pod._replace(stage=EARLY)
        if stage == EARLY:
            yield from (("gets IP", pod._replace(stage=LIVE, ip=ip)) for ip in self._scenario.ips)
        if stage == LIVE and "move" in life:
            yield from (("moves to IP", pod._replace(ip=ip)) for ip in self._scenario.ips if ip != pod.ip)
        if stage == LIVE and "drain" in life:
            yield "is deleted, and drains", pod._replace(stage=DRAINING)
        if stage in {LIVE, DRAINING} and "end" in life:
            yield "ends", pod._replace(stage=ENDED, ip=NOWHERE)
        if stage == LIVE and pod.wanted and "unwant" in life:
            yield "loses its annotation", pod._replace(wanted=False)
        if stage in {DRAINING, ENDED} or (stage != ABSENT and "force" in life):
            yield "object goes", PodFacts(pod.uid, ABSENT, NOWHERE)

    # --- the cluster -------------------------------------------------------------------------------------------------

    def collected(self, s: State) -> State:
        """After the garbage collection: a claim owned by a pod goes with it."""
        claim = self._claims.get(s.claim)
        if (
            claim is None
            or claim.deleting
            or claim.spec.retention is not Retention.POD
            or not claim.metadata.owner_references
        ):
            return s
        there = s.pod.stage != ABSENT and s.pod.uid == number(claim.spec.pod_uid)
        return s if there else with_claim(s, self._claims.deleted(s.claim))

    def _hands(self, s: State) -> Iterator[Step]:
        hands, claim = self._scenario.hands, self._claims.get(s.claim)
        if claim is not None:
            yield from self._claim_by_hand(s, claim)
        if "unkeep" in hands and s.pod.there and s.pod.kept:
            yield ("by hand: the pod's EIP is not to be kept",), s._replace(pod=s.pod._replace(kept=False))
        for slot, eip in living(s):
            for what, changed in self._eip_by_hand(eip):
                yield ("by hand: EIP", slot, what), with_eip(s, slot, changed)
        for ip in self._scenario.ips:
            if "foreign" in hands and not busy(s, ip):
                yield ("by hand: somebody else's EIP on IP", ip), s._replace(foreign=ip)
            if "held" in hands and not busy(s, ip):
                yield ("another claim's EIP is on IP", ip), s._replace(foreign=-ip)
            if claim is not None and "copy" in hands:
                yield from self._copies(s, number(claim.uid), ip)

    def _claim_by_hand(self, s: State, claim: Claim) -> Iterator[Step]:
        hands = self._scenario.hands
        if "delete" in hands and not claim.deleting:
            yield ("by hand: the claim is deleted",), with_claim(s, self._claims.deleted(s.claim))
        if "strip" in hands:
            yield ("by hand: the claim is deleted and stripped of its finalizer",), with_claim(s, 0)
        if "loosen" in hands and claim.held and not claim.deleting:
            yield ("by hand: the finalizer is taken off",), with_claim(s, self._claims.stripped(s.claim))
        for what, key in (("abandon", ABANDON), ("pause", PAUSED)):
            if what in hands and key not in claim.metadata.annotations:
                yield ("by hand: annotation", what), with_claim(s, self._claims.annotated(s.claim, key))

    def _eip_by_hand(self, eip: Eip) -> Iterator[tuple[str, Eip]]:
        hands = self._scenario.hands
        if "unbind" in hands and eip.status == BIND:
            yield "is unbound", eip._replace(status=UNBIND, ip=NOWHERE, by_hand=False)
        if "release" in hands and eip.status == UNBIND:
            yield "is released", eip._replace(status=GONE)
        if "rebind" in hands and eip.status == UNBIND:
            yield "is bound elsewhere", eip._replace(status=BIND, ip=ELSEWHERE, by_hand=True)
        if "untag" in hands and eip.tagged:
            yield "loses its tags", eip._replace(tagged=False)

    def _copies(self, s: State, owner: int, ip: int) -> Iterator[Step]:
        """An EIP that was bought by nobody knows whom: a second one with the claim's mark."""
        copy = Eip(owner, COPIED, UNBIND)
        yield ("by hand: another EIP gets the claim's mark",), s._replace(eips=(*s.eips, copy))
        if s.pod.ip == ip and not busy(s, ip):
            bound = copy._replace(status=BIND, ip=ip, by_hand=True)
            yield ("by hand: another EIP gets the claim's mark, bound at IP", ip), s._replace(eips=(*s.eips, bound))

    # --- time --------------------------------------------------------------------------------------------------------

    def tick(self, s: State) -> State:
        """Cloud and claim after a tick."""
        late = s.late
        if late is not None:
            late = late._replace(ticks=late.ticks - 1) if late.ticks else None
        eips = tuple(e._replace(hidden=e.hidden - 1) if e is not None and e.hidden else e for e in s.eips)
        return s._replace(claim=self._claims.aged(s.claim, self._scenario.tick), late=late, eips=eips)

    def expires(self, s: State) -> Iterator[Step]:
        """Nobody is at work while a static claim's time runs out."""
        claim = self._claims.get(s.claim)
        if not self._scenario.expiry or claim is None or claim.status.pod_missing_since is None or s.late is not None:
            return
        aged = self._claims.aged(s.claim, EXPIRY_SECONDS)
        if aged != s.claim or not (s.long_gone or s.pod.there):
            eips = tuple(e._replace(hidden=0) if e is not None and e.hidden else e for e in s.eips)
            yield ("the claim's expiry passes",), s._replace(claim=aged, long_gone=not s.pod.there, eips=eips)
