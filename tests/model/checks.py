"""What must hold at every step; what is broken is noted by name, and so are the races that nobody can close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from shared.core.actions import Act, Action, Associate, CloudAction, DeleteClaim, RejectInput, RemoveFinalizer, Update
from shared.core.claim import Claim, Intent, Retention
from shared.core.world import World
from tests.model.cloud import living
from tests.model.objects import Claims, ip_of, number
from tests.model.replay import Call
from tests.model.state import DRAINING, LIVE, PodFacts, State

Label = tuple[object, ...]

SECOND_EIP = "a second EIP is bought for a claim that has one"
LEAK = "the claim is gone and its EIP is not"
FALSE_LOSS = "an EIP that is there is believed lost"
NO_INTENT = "a mutation is sent whose intent does not stand in the claim"
TOKEN = "one token is sent with two sets of parameters"
THEFT = "an EIP is changed that is not the claim's, or is not tagged as ours"
UNSERVED = "the EIP of a live pod is unbound at the pod's IP"
RELEASES_RECORDED = "the recorded EIP of a claim that stays is released"
PASSED_ON = "the EIP of one pod's claim is bound for another pod"
ATTEMPT = "the attempt decreases"
DELETES_USED = "the claim of a live pod is deleted"
EARLY_EXPIRY = "a static claim expires before its time"

LEFT_SINCE = "a pod leaves its IP between the look and the bind: the EIP is bound to an IP that is another's by now"
CAME_SINCE = "a pod comes to the IP between the last look at it and the unbind"
REBOUND_SINCE = "an EIP is bound elsewhere by hand between the look and the unbind"
FREED_SINCE = "an EIP that was bound elsewhere by hand is unbound by hand while its claim lets it go, which is told"
COPIED_SINCE = "an EIP gets a claim's mark by hand between the last look and the end of the claim"
STRIPPED_SINCE = "a claim is stripped of its finalizer by hand between an intent and its call"
BY_CHANCE = "a deleted claim's EIP is unbound, and the next pod of the name has got the very IP that it was bound to"
FALSE_ALARM = "a pod is told that its IP has an EIP of somebody else, when it is that of a claim younger than the look"
APPEARED_SINCE = "the next pod of the name appears between the last look at it and the claim's deletion"
SHORT_LIFE = "a pod comes and goes between two looks, and the expiry counts from before it"


class Deed(NamedTuple):
    """What is carried out, what it was decided on, and the pod as it was when it was read last."""

    act: Act
    world: World
    seen: PodFacts

    @property
    def claim(self) -> Claim:
        """The claim that it was decided on."""
        assert self.world.claim is not None
        return self.world.claim


@dataclass
class Checks:
    """Of one scenario; `new` is what the state that is being expanded has shown."""

    claims: Claims
    new: list[tuple[str, Label]] = field(default_factory=list)
    races: Counter[str] = field(default_factory=Counter)
    stripping: bool = False
    """Whether claims are stripped of their finalizers by hand."""
    rebinding: bool = False
    """Whether EIPs are bound elsewhere by hand."""
    muted: bool = False
    _tokens: dict[str, int] = field(default_factory=dict)
    _parameters: dict[str, str] = field(default_factory=dict)

    def bad(self, name: str, label: Label) -> None:
        """It does not hold."""
        if not self.muted:
            self.new.append((name, label))

    def race(self, name: str) -> None:
        """It cannot be helped."""
        if not self.muted:
            self.races[name] += 1

    def token(self, token: str, parameters: str) -> int:
        """The token's number."""
        if self._parameters.setdefault(token, parameters) != parameters:
            self.bad(TOKEN, (token,))
        return self._tokens.setdefault(token, len(self._tokens) + 1)

    def decided(self, s: State, act: Act, world: World, label: Label) -> None:
        """A deed has been decided on a look."""
        claim = world.claim
        if isinstance(act.action, RejectInput) and s.foreign <= 0:
            self.race(FALSE_ALARM)
        if claim is None:
            return
        of_pod = claim.spec.retention is Retention.POD
        if isinstance(act.action, Associate) and of_pod and (world.pod is None or world.pod.uid != claim.spec.pod_uid):
            self.bad(PASSED_ON, label)
        forgets = isinstance(act.action, Update) and act.action.status.get("addressID", "") is None
        if forgets and any(slot == number(claim.status.address_id) for slot, _ in living(s)):
            self.bad(FALSE_LOSS, label)

    # --- before a call -----------------------------------------------------------------------------------------------

    def sent(self, s: State, deed: Deed, call: Call, label: Label) -> None:
        """A call to the cloud is sent."""
        seen, claim, now = deed.seen, deed.claim, self.claims.get(s.claim)
        standing = now.status.intent if now is not None else None
        same = (
            standing is not None
            and isinstance(deed.act.action, CloudAction)
            and _same(standing, deed.act.action.intent)
        )
        if now is None or now.uid != claim.uid:
            # Nothing but a hand ends a claim that has an intent under way.
            self.race(STRIPPED_SINCE) if self.stripping else self.bad(NO_INTENT, label)
        elif not same:
            self.bad(NO_INTENT, label)
        if call[0] == "associate" and (s.pod.stage != LIVE or s.pod.ip != call[2] or s.pod.uid != seen.uid):
            self.race(LEFT_SINCE)
        if call[0] in {"disassociate", "release"}:
            self._takes(s, deed, call, label)

    def _takes(self, s: State, deed: Deed, call: Call, label: Label) -> None:
        claim = deed.claim
        slot = cast("int", call[1])
        eip = s.eips[slot - 1] if slot <= len(s.eips) else None
        if eip is None or not eip.there:
            return
        shown = next((a for a in deed.world.mine if number(a.address_id) == slot), None)
        if eip.owner != number(claim.uid) or shown is None or not shown.tags:
            self.bad(THEFT, label)
        now = self.claims.get(s.claim)
        if call[0] == "release":
            if now is not None and not now.deleting and number(now.status.address_id) == slot:
                self.bad(RELEASES_RECORDED, label)
            return
        if shown is not None and number(shown.private_ip) != eip.ip and eip.ip:
            self.race(REBOUND_SINCE)
        elif self._serves(claim, s.pod) and s.pod.stage in {LIVE, DRAINING} and s.pod.ip == eip.ip:
            self._unbinds_served(s, deed, label)

    def _unbinds_served(self, s: State, deed: Deed, label: Label) -> None:
        claim, seen = deed.claim, deed.seen
        made_for = any((b.pod_uid, b.private_ip) == (f"pod-{seen.uid}", ip_of(s.pod.ip)) for b in claim.status.bindings)
        if (seen.uid, seen.stage, seen.ip) != (s.pod.uid, s.pod.stage, s.pod.ip):
            self.race(CAME_SINCE)
        elif claim.deleting and not made_for:
            self.race(BY_CHANCE)
        else:
            self.bad(UNSERVED, label)

    def _serves(self, claim: Claim, pod: PodFacts) -> bool:
        return pod.there and (claim.spec.retention is Retention.STATIC or number(claim.spec.pod_uid) == pod.uid)

    # --- after a call ------------------------------------------------------------------------------------------------

    def effect(self, s: State, done: State, world: World, call: Call, label: Label) -> None:
        """A call has taken effect."""
        if call[0] == "allocate" and done.eips != s.eips:
            owner = number(cast("Claim", world.claim).uid)
            if any(eip.owner == owner and not eip.copied for _, eip in living(s)):
                self.bad(SECOND_EIP, label)

    def landed(self, s: State, call: Call, owner: int, done: State) -> None:
        """A call whose sender has given up has taken effect."""
        if call[0] == "allocate" and done.eips != s.eips:
            now = self.claims.get(s.claim)
            if now is None or number(now.uid) != owner:
                self.bad(LEAK, ("the late", *call, "lands"))
            if any(eip.owner == owner for _, eip in living(s)):
                self.bad(SECOND_EIP, ("the late", *call, "lands"))

    def wrote(self, s: State, deed: Deed, after: int, label: Label) -> None:
        """An invocation writes the claim."""
        before, new, act = self.claims[s.claim], self.claims.get(after), deed.act
        if new is not None and new.status.attempt < before.status.attempt:
            self.bad(ATTEMPT, label)
        recorded = number(new.status.address_id) if new is not None else 0
        eip = s.eips[recorded - 1] if 0 < recorded <= len(s.eips) else None
        if eip is not None and eip.owner != number(before.uid):
            self.bad(THEFT, label)
        if isinstance(act.action, RemoveFinalizer):
            self._lets_go(s, before, act, label)
        if isinstance(act.action, DeleteClaim):
            self._deletes(s, before, deed, label)

    def _lets_go(self, s: State, claim: Claim, act: Act, label: Label) -> None:
        left = [eip for _, eip in living(s) if eip.owner == number(claim.uid)]
        told = abandoned(act.action)
        if not left or (told and act.rule == "Abandon"):
            return
        if not told:
            self.race(COPIED_SINCE) if all(eip.copied for eip in left) else self.bad(LEAK, label)
        elif not all(eip.by_hand or not eip.tagged for eip in left):
            # One with a copied mark was bound by hand too, when it was decided to leave it behind.
            copied = all(eip.by_hand or not eip.tagged or eip.copied for eip in left)
            self.race(FREED_SINCE) if self.rebinding or copied else self.bad(LEAK, label)

    def _deletes(self, s: State, claim: Claim, deed: Deed, label: Label) -> None:
        if self._serves(claim, s.pod):
            if deed.seen == s.pod:
                self.bad(DELETES_USED, label)
            else:
                self.race(APPEARED_SINCE)
        if deed.act.rule == "Expire" and not s.long_gone:
            self.race(SHORT_LIFE)


def _same(one: Intent, other: Intent) -> bool:
    """Whether it is the very intent, but for its age."""
    left, right = ((i.action, i.attempt, i.token, i.target, i.by) for i in (one, other))
    return left == right


def abandoned(action: Action) -> bool:
    """Whether the claim is let go and an event tells what is left behind."""
    return isinstance(action, RemoveFinalizer) and any(told.reason == "Abandoned" for told in action.told)
