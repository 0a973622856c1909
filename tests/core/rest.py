"""Carries out decisions on one claim, in a cluster and a cloud without faults, until nothing is left to do.

It is for finding worlds from which nothing ever comes to rest; faults, races and lag are not its business.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.core import identity, manifests, outcome
from shared.core.actions import (
    Act,
    Action,
    Allocate,
    Associate,
    CloudAction,
    CreateClaim,
    DeleteClaim,
    Disassociate,
    Publish,
    RejectInput,
    Release,
    RemoveFinalizer,
    Respec,
    SetBandwidth,
    Update,
)
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import Claim, Intent
from shared.core.decide import decide
from shared.core.errors import Conflict
from shared.core.pod import Pod
from shared.core.table import Role
from shared.core.world import Holder, Outcome, World
from tests.core.cases import after, merge, written
from tests.core.worlds import TAGS, eip, world

ROUNDS = 30
"""More deeds of one role upon one claim at one moment run in a circle."""

STEADY = {
    AddressStatus.CREATING: AddressStatus.UNBIND,
    AddressStatus.BINDING: AddressStatus.UNBIND,
    AddressStatus.UNBINDING: AddressStatus.UNBIND,
    AddressStatus.UNKNOWN: AddressStatus.UNBIND,
}


@dataclass
class Simulation:
    """A claim, its pod, and all EIPs; the clock stands still while a role works."""

    claim: Claim | None
    pod: Pod | None
    place: PrivateAddress | None
    addresses: dict[str, Address]
    now: datetime
    start: World
    told: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, w: World) -> Simulation:
        """Begins in that world; what the cloud was at work on has come to an end."""
        there = (a for a in w.mine if a.status is not AddressStatus.OFFLINING)
        addresses = {a.address_id: replace(a, status=STEADY.get(a.status, a.status)) for a in there}
        gone = w.claim is not None and w.claim.deleting and not w.claim.metadata.finalizers
        return cls(None if gone else w.claim, w.pod, w.place, addresses, w.now, w)

    def look(self, known: Outcome | None = None) -> World:
        """What anybody sees."""
        there, policy = self.addresses.values(), self.start.policy
        seen = world(self.claim, self.pod, *there, policy=policy, outcome=known, now=self.now, place=self.place)
        holder = self._holder(seen)
        return seen if holder is None else replace(seen, holder=holder)

    def _holder(self, seen: World) -> Holder | None:
        own = seen.recorded.address_id if seen.recorded is not None else None
        there = (a for a in self.addresses.values() if a.bound and a.address_id != own and seen.at_place(a))
        return next((Holder(address.address_id, will_be_freed=False) for address in there), None)

    def run(self, role: Role) -> int:
        """One invocation: as many deeds as there are. Raises AssertionError if there is no end to them."""
        known: Outcome | None = None
        mine: Intent | None = None
        for count in range(ROUNDS):
            intent = self.claim.status.intent if self.claim is not None else None
            w = self.look(known if intent is not None and intent == mine else None)
            decision = decide(w, role)
            if not isinstance(decision, Act):
                return count
            self.acts.append(f"{role.value} {decision.rule}")
            known, mine = self._do(decision.action, w), getattr(decision.action, "intent", None)
        raise AssertionError(f"there is no end to {self.acts[-ROUNDS:]}")

    def _do(self, action: Action, w: World) -> Outcome | None:
        if isinstance(action, CloudAction):
            return self._send(action)
        self.told.extend(told.message for told in getattr(action, "told", ()))
        if isinstance(action, (Publish, Update, Respec)):
            wrote = written(w, action)
            self.claim, self.pod = wrote.claim, wrote.pod
        elif isinstance(action, CreateClaim):
            manifest = manifests.claim("shop", "web-0", action)
            self.claim = Claim.model_validate(merge(manifest, {"metadata": {"uid": f"claim-of-{len(self.acts)}"}}))
        elif isinstance(action, RejectInput):
            self._reject(action)
        else:
            self._end(action)
        return None

    def _reject(self, action: RejectInput) -> None:
        assert self.pod is not None
        told = {"type": identity.CONDITION, "status": "False", "reason": action.reason, "message": action.message}
        wire = self.pod.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.pod = Pod.model_validate(merge(wire, {"status": {"conditions": [told]}}))

    def _end(self, action: Action) -> None:
        assert self.claim is not None
        assert isinstance(action, (DeleteClaim, RemoveFinalizer))
        metadata = self.claim.metadata
        if isinstance(action, DeleteClaim):
            metadata = replace(metadata, deletion_timestamp=self.now)
        else:
            metadata = replace(metadata, finalizers=())
        going = metadata.deletion_timestamp is not None and not metadata.finalizers
        self.claim = None if going else self.claim.model_copy(update={"metadata": metadata})

    def _send(self, action: CloudAction) -> Outcome | None:
        assert self.claim is not None
        self.claim = after(self.claim, action.status)
        assert self.claim.status.intent == action.intent
        bought = self._buy(action) if isinstance(action, Allocate) else None
        if bought is None and not self._change(action):
            verdict = outcome.failed(action, self.claim, self.now, Conflict("StatusNotPermitted", "not in that state"))
        else:
            verdict = outcome.succeeded(action, self.claim, self.now, bought)
        self.claim = after(self.claim, verdict.changes)
        return verdict.outcome

    def _buy(self, action: Allocate) -> str:
        token, name = str(action.intent.token), str(action.intent.parameters["AddressName"])
        address_id = self.tokens.setdefault(token, f"eip-bought-{len(self.tokens)}")
        self.addresses.setdefault(address_id, eip(address_id, name=name, tags=TAGS, created_at=self.now))
        return address_id

    def _change(self, action: CloudAction) -> bool:
        address = self.addresses[str(getattr(action, "address_id", None))]
        if isinstance(action, SetBandwidth):
            changed: Address | None = replace(address, bandwidth_mbps=action.mbps)
        elif isinstance(action, Associate) and address.unbound:
            eni, ip = action.network_interface_id, action.private_ip
            changed = replace(address, status=AddressStatus.BIND, network_interface_id=eni, private_ip=ip)
        elif isinstance(action, Disassociate) and address.bound:
            changed = replace(address, status=AddressStatus.UNBIND, network_interface_id=None, private_ip=None)
        elif isinstance(action, Release) and address.unbound:
            changed = None
        else:
            return False
        self.addresses.pop(address.address_id)
        if changed is not None:
            self.addresses[address.address_id] = changed
        return True

    def settle(self) -> int:
        """Two hours and more of give and take, every minute at first; says how many deeds the last half hour had."""
        done = 0
        for step in range(24):
            done = self.run(Role.GIVE) + self.run(Role.TAKE) + (done if step == 23 else 0)
            self.now += timedelta(minutes=1 if step < 12 else 15)
        return done
