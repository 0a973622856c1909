"""From any state on, once nothing more goes wrong: where do the functions come to rest, and is that good?"""

from __future__ import annotations

from shared.core.claim import Claim, Retention
from tests.model.checks import Checks
from tests.model.cloud import Cloud, living
from tests.model.invocation import Invocations
from tests.model.objects import Claims, number
from tests.model.outside import Outside
from tests.model.scenario import Scenario
from tests.model.state import BIND, DRAINING, EARLY, LIVE, NOWHERE, Eip, PodFacts, State

SLOTS = (2, 3)
"""Of the runs: give and take, one after the other."""
ROUNDS = 60
"""Ticks; the longest back-off and grace are over long before."""
DEEDS = 30

Verdict = tuple[str, bool]
"""What is wrong, or a documented end (True), or nothing."""
GOOD: Verdict = ("", True)


class Settle:
    """The continuation without faults, memoised."""

    def __init__(
        self, scenario: Scenario, claims: Claims, invocations: Invocations, outside: Outside, checks: Checks
    ) -> None:
        """Nothing is known yet."""
        self._scenario, self._claims = scenario, claims
        self._invocations, self._outside, self._checks = invocations, outside, checks
        self._cloud = Cloud(scenario)
        self._known: dict[State, Verdict] = {}

    def verdict(self, s: State) -> Verdict:
        """Of the state at which all that goes on by itself comes to rest."""
        foreign = max(s.foreign, NOWHERE)
        s = s._replace(foreign=foreign, runs=(None,) * 4, late=None, faults=0, hands=0, long_gone=False)
        found = self._known.get(s)
        if found is None:
            muted, self._checks.muted = self._checks.muted, True
            found = self._settle(s)
            self._checks.muted = muted
        return found

    def rest(self, s: State) -> State:
        """The state in which the functions come to rest."""
        s = s._replace(runs=(None,) * 4)
        while (after := self._round(s)[0]) != s:
            s = after
        return s._replace(runs=(None, None))

    def _round(self, s: State) -> tuple[State, int]:
        """Everybody has had a turn, and a tick has passed; how many deeds there were."""
        deeds = 0
        for slot in SLOTS:
            s, did = self._alone(self._cloud.at_rest(s), slot)
            deeds += did
        s = self._outside.tick(self._outside.collected(self._cloud.at_rest(s)))
        return s._replace(long_gone=False), deeds

    def _settle(self, s: State) -> Verdict:
        path: list[State] = []
        verdict: Verdict | None = None
        while verdict is None:
            if s in self._known:
                verdict = self._known[s]
                break
            path.append(s)
            if len(path) > ROUNDS:
                verdict = ("never comes to rest", False)
                break
            before = s
            s, deeds = self._round(s)
            if s == before:
                verdict = ("at rest it goes on writing", False) if deeds else self.good(s)
        self._known.update(dict.fromkeys(path, verdict))
        return verdict

    def _alone(self, s: State, slot: int) -> tuple[State, int]:
        """One invocation after another of that role, until it has nothing to do; how many deeds that took."""
        for count in range(DEEDS):
            s, did = self._once(s, slot)
            if not did:
                return s, count
            s = self._cloud.at_rest(s)
        return s, DEEDS

    def _once(self, s: State, slot: int) -> tuple[State, bool]:
        did = False
        while True:
            _, s = next(self._invocations.steps(s, slot))
            run = s.runs[slot]
            if run is None:
                return s, did
            did = did or run.world > 0

    # --- what is good ------------------------------------------------------------------------------------------------

    def good(self, s: State) -> Verdict:
        """Whether everybody has what is theirs, and nothing is left over."""
        claim, eips = self._claims.get(s.claim), dict(living(s))
        uid = number(claim.uid) if claim is not None else 0
        orphans = [eip for eip in eips.values() if eip.owner != uid]
        if orphans:
            return self._orphans(orphans)
        if any(eip.by_hand or not eip.tagged for eip in eips.values()):
            return "what a hand has bound elsewhere, or untagged, is left alone", True
        if len(eips) > 1:
            return "two EIPs for one claim", False
        if claim is None:
            return self._unserved(s) if needy(s.pod) else GOOD
        if claim.paused:
            return "a claim is paused", True
        slot, eip = next(iter(eips.items()), (0, None))
        return self._deleted(s.pod, eip) if claim.deleting else self._alive(s, claim, slot, eip)

    def _deleted(self, pod: PodFacts, eip: Eip | None) -> Verdict:
        if eip is not None and eip.status == BIND and eip.ip == pod.ip and pod.stage in {LIVE, DRAINING}:
            return "a deleted claim stays as long as its pod uses the EIP", True
        return "a deleted claim never goes", False

    def _alive(self, s: State, claim: Claim, slot: int, eip: Eip | None) -> Verdict:
        pod = s.pod
        if claim.spec.retention is Retention.POD and (not pod.there or number(claim.spec.pod_uid) != pod.uid):
            return "a pod's claim outlives it", False
        if eip is not None and number(claim.status.address_id) != slot:
            return "an EIP is never recorded", False
        if needy(pod):
            return self._served(s, claim, slot, eip)
        if eip is not None and eip.status == BIND and not (pod.stage == DRAINING and pod.ip == eip.ip):
            return "an EIP stays bound where its pod is not", False
        return GOOD

    def _orphans(self, orphans: list[Eip]) -> Verdict:
        if "strip" in self._scenario.hands:
            return "a claim that was stripped by hand leaves an orphan, which is reported", True
        if all(eip.by_hand or eip.left or eip.copied or not eip.tagged for eip in orphans):
            return "what a hand has bound elsewhere, or untagged, is left behind", True
        return "an EIP without a claim", False

    def _unserved(self, s: State) -> Verdict:
        if s.foreign and s.foreign == s.pod.ip:
            return "the pod has somebody else's EIP", True
        return "a pod wants an EIP and has no claim", False

    def _served(self, s: State, claim: Claim, slot: int, eip: Eip | None) -> Verdict:
        pod = s.pod
        if eip is None:
            return "a pod wants an EIP and none is bought", False
        if pod.stage == EARLY:
            return GOOD
        if s.foreign == pod.ip:
            return "the pod has somebody else's EIP", True
        ready = claim.status.condition("Ready")
        told = pod.told == slot and ready is not None and ready.status == "True"
        bindings = [(number(b.pod_uid), number(b.private_ip)) for b in claim.status.bindings]
        bound = eip.status == BIND and eip.ip == pod.ip
        if bound and told and bindings == [(pod.uid, pod.ip)] and claim.status.intent is None:
            return GOOD
        return "a live pod is not served", False


def needy(pod: PodFacts) -> bool:
    """Whether the pod should have an EIP."""
    return pod.there and pod.stage in {EARLY, LIVE}
