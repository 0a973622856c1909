"""Arbitrary worlds: any claim, pod and EIPs of a small alphabet, also such as should never come about."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import ActionKind, Claim
from shared.core.pod import Pod
from shared.core.world import Holder, Outcome, Rank, World
from tests.core.worlds import (
    DRAINING,
    ENI,
    INSTANCE,
    IP,
    KEEP,
    NOW,
    PARAMETERS,
    PUBLISHED,
    TAGS,
    TOKEN,
    TOLD,
    Json,
    ago,
    claim,
    conditions,
    eip,
    pod,
    settled,
    with_policy,
    world,
)

IPS = (IP, "10.0.0.7", "10.0.0.9")
ENIS = (ENI, ENI, "eni-0")
UIDS = ("pod-1", "pod-1", "pod-2")
IDS = ("eip-1", "eip-2", "eip-3")
AGES = (None, None, -3600, -30, 0, 1, 59, 60, 119, 120, 300, 301, 3600)
STATUSES = (*AddressStatus, *(AddressStatus.BIND, AddressStatus.UNBIND) * 6)
CONDITIONS: tuple[list[Json], ...] = (
    [],
    conditions("Bound", bound=True, published=True),
    conditions("InUse", "the claim is deleted", bound=True, published=True),
    conditions("TargetTaken", "the pod's IP has 'eip-9', which is not ours to unbind"),
    conditions("Lost", allocated=False),
)
PODS: tuple[Json, ...] = (
    {},
    {},
    {"node": None, "ip": None},
    {"ip": None},
    {"ip": "10.0.0.7"},
    {"deleting": True},
    {"deleting": True, "ip": None},
    {"deleting": True, "status": {"containerStatuses": [{"state": {"terminated": {}}}]}},
    {"phase": "Succeeded"},
    {"attributes": None},
    {"hostNetwork": True},
    {"status": {"startTime": ago(600)}},
    {"status": {"conditions": [{"type": "eipclaim.io/bound", "status": "False", "reason": "Unbound"}]}},
)


class Draw:
    """One world's worth of chance; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        """Nothing is drawn yet."""
        self._random = Random(seed)  # noqa: S311 - nothing here is a secret

    def one(self, *values: object) -> object:
        """One of these."""
        return self._random.choice(values)

    def odds(self, of: int) -> bool:
        """True once in so many times."""
        return self._random.randrange(of) == 0

    def moment(self) -> object:
        """A moment near a limit of time, or none."""
        age = self._random.choice(AGES)
        return None if age is None else ago(age)

    def intent(self) -> Json | None:
        """An intent of any kind, of this invocation or another."""
        if self.odds(2):
            return None
        kind = self._random.choice(list(ActionKind))
        parameters: Json = {ActionKind.ALLOCATE: PARAMETERS, ActionKind.SET_BANDWIDTH: {"mbps": 50}}.get(kind, {})
        return {
            "action": kind.value,
            "attempt": self._random.randint(1, 3),
            "token": TOKEN if kind is ActionKind.ALLOCATE else None,
            "parameters": parameters,
            "target": self.one(*IDS, *IPS),
            "at": self.moment() or NOW,
            "by": self.one("me", "another"),
            "accepted": self.odds(3),
        }

    def binding(self) -> Json:
        """A place."""
        return {
            "podUID": self.one(*UIDS),
            "nodeName": "node-1",
            "networkInterfaceID": self.one(*ENIS),
            "privateIP": self.one(IP, *IPS),
            "at": self.moment() or NOW,
        }

    def claim(self) -> Claim:
        """A claim in any state that its schema allows."""
        retry = {"action": self.one(*(kind.value for kind in ActionKind)), "at": self.moment() or NOW}
        flags = {f"eipclaim.io/{flag}": "true" for flag in ("paused", "abandon") if self.odds(12)}
        given: Json = {
            "static": self.odds(2),
            "deleting": self.odds(3),
            "held": not self.odds(8),
            "annotations": flags,
            "spec": self.one({}, {}, {"bandwidthMbps": 50}, {"isp": "CMCC"}),
            "phase": self.one(None, "Bound", "Blocked", "Binding", "Retained"),
            "addressID": self.one(None, *IDS[:2]),
            "publicIP": self.one(None, "1.2.3.4"),
            "attempt": self._random.randint(1, 3),
            "intent": self.intent(),
            "bindings": [self.binding() for _ in range(self._random.randrange(3))],
            "retry": retry if self.odds(4) else None,
            "podMissingSince": self.moment() if self.odds(3) else None,
            "expiresAt": self.moment() if self.odds(3) else None,
            "addressMissingSince": self.moment() if self.odds(3) else None,
            "conditions": self.one(*CONDITIONS),
            "observedGeneration": self.one(None, 1),
        }
        return claim(**given)

    def pod(self) -> Pod | None:
        """A pod of the name, of any UID and in any state, or none."""
        if self.odds(5):
            return None
        given: Json = {
            "attributes": self.one("", "", '{"Bandwidth": "50"}', '{"ISP": "CMCC"}', "nonsense"),
            "annotations": self.one({}, KEEP, PUBLISHED, {**KEEP, **PUBLISHED}),
            **self._random.choice(PODS),
        }
        return pod(str(self.one(*UIDS)), **given)

    def addresses(self) -> tuple[Address, ...]:
        """EIPs in any state, most of them the claim's."""
        found = []
        for address_id in IDS[: self._random.randrange(4)]:
            status = self._random.choice(STATUSES)
            given: Json = {
                "ip": self.one(IP, *IPS) if status in {AddressStatus.BIND, AddressStatus.BIND_ENI} else None,
                "name": "renamed" if self.odds(8) else None,
                "tags": {} if self.odds(8) else TAGS,
                "bandwidth_mbps": self.one(None, 50, 100),
                "public_ip": self.one("1.2.3.4", "1.2.3.4", ""),
                "created_at": self.moment(),
                "in_arrears": self.odds(8),
            }
            found.append(eip(address_id, status.value, **given))
        return tuple(found)

    def world(self) -> World:
        """Any world; some are well, but for one thing or none."""
        if self.odds(10):
            known: Json = {"publicIP": self.one(None, "1.2.3.4", "1.2.3.4"), "deleting": self.odds(4)}
            bound = eip(ip=IP, bandwidth_mbps=50 if self.odds(3) else 100)
            return world(settled(**known), self._random.choice((TOLD, TOLD, DRAINING)), bound, seen=not self.odds(4))
        its_pod = self.pod()
        place = None
        if its_pod is not None and its_pod.ipv4 is not None and not its_pod.ended and not self.odds(4):
            place = PrivateAddress(its_pod.ipv4, str(self.one(*ENIS)), INSTANCE)
        made = world(
            None if self.odds(10) else self.claim(),
            its_pod,
            *self.addresses(),
            policy=with_policy(
                freeze=self.odds(6),
                release_orphans=self.odds(2),
                max_eips=self.one(None, None, 2),
                max_eips_per_namespace=self.one(None, None, 2),
            ),
            complete=not self.odds(6),
            holder=Holder("eip-9", will_be_freed=self.odds(2)) if self.odds(6) else None,
            rank=None if self.odds(4) else Rank(self._random.randrange(4), self._random.randrange(4)),
            outcome=self.one(None, *Outcome),
            clocks_from=NOW if self.odds(5) else None,
            requested=self.odds(6),
            orphan=self.one(eip(), eip(name="renamed"), eip(status="BIND")) if self.odds(30) else None,
        )
        return replace(made, place=place)


@cache
def some_worlds(count: int) -> tuple[World, ...]:
    """So many worlds, the same ones each time."""
    return tuple(Draw(seed).world() for seed in range(count))
