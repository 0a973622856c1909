"""What an invocation sees and decides, by the real `Picture` and the real `decide`; memoised by what is seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from shared.core import identity
from shared.core.actions import Act, Decision
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import Claim, Metadata
from shared.core.table import Role
from shared.core.world import Outcome, World
from shared.observe import CloudView, ClusterView, Question
from shared.picture import Picture
from shared.ports import Listing
from tests.core.worlds import CLUSTER, ELSEWHERE, NOW, POLICY, TAGS, ago
from tests.core.worlds import claim as build_claim
from tests.model.objects import Claims, eni_of, ip_of, pod_of
from tests.model.plant import Plant
from tests.model.state import BIND, STATUSES, PodFacts

KEY = ("shop", "web-0")
OTHER = 90
"""The number of another claim, and of its EIP."""


class Shown(NamedTuple):
    """An EIP in a listing."""

    slot: int
    owner: int
    status: int
    ip: int
    tagged: bool


class Sight(NamedTuple):
    """All that a decision depends on."""

    slot: int
    claim: int
    pod: PodFacts
    eips: tuple[Shown, ...]
    foreign: int
    """The IP of somebody else's EIP, or, below zero, of another claim's."""
    unlisted: int = 0
    """The EIP that only the interface shows, on the pod's IP."""
    complete: bool = True
    on_interface: bool = True
    outcome: str = ""


@dataclass(frozen=True)
class Decided:
    """A world that was decided, by number."""

    index: int
    world: World
    decision: Decision


class Looks:
    """All worlds that were ever met."""

    def __init__(
        self,
        claims: Claims,
        roles: tuple[Role, ...],
        plant: Plant,
        *,
        static: bool,
        requested: bool,
    ) -> None:
        """No world has been met. `requested`: take is invoked by hand, with the claim's name."""
        self._claims, self._roles, self._plant, self._static = claims, roles, plant, static
        self._requested = requested
        self._numbers: dict[Sight, Decided] = {}
        self.all: list[Decided] = []
        self.fired: Counter[tuple[str, str]] = Counter()

    def decide(self, sight: Sight) -> Decided:
        """What is decided on that."""
        found = self._numbers.get(sight)
        if found is None:
            found = self._numbers[sight] = self._decide(sight)
        return found

    def _decide(self, sight: Sight) -> Decided:
        world, role = self._plant.see(self.world(sight)), self._roles[sight.slot]
        decided = Decided(len(self.all) + 1, world, self._plant.decide(world, role))
        self.all.append(decided)
        self.fired[decided.decision.rule, type(decided.decision).__name__] += 1
        return decided

    def act(self, index: int) -> tuple[Act, World]:
        """The deed that was decided on that world."""
        decided = self.all[index - 1]
        assert isinstance(decided.decision, Act)
        return decided.decision, decided.world

    def world(self, sight: Sight) -> World:
        """The world as the product forms it from a look at cluster and cloud."""
        claim, pod = self._claims.get(sight.claim), pod_of(sight.pod, static=self._static)
        view = ClusterView(everything=True)
        if claim is not None:
            view.claims[KEY] = claim
        if pod is not None:
            view.pods[KEY] = pod
        listed = [_address(one) for one in sight.eips]
        if sight.foreign < 0:
            other = claim_of_another(-sight.foreign)
            view.claims[other.key] = other
            listed.append(_address(Shown(OTHER, OTHER, BIND, -sight.foreign, tagged=True)))
        addresses = Listing(tuple(listed), sight.complete)
        private: tuple[PrivateAddress, ...] = ()
        if pod is not None and pod.ipv4 and not pod.ended and sight.on_interface:
            ip = sight.pod.ip
            on_it = "eip-x" if sight.foreign == ip else f"eip-{sight.unlisted}" if sight.unlisted else None
            private = (PrivateAddress(pod.ipv4, str(eni_of(ip)), None, on_it),)
        picture = Picture(view, CloudView(addresses, Listing(private)), self._question(sight.slot), NOW)
        return picture.world(KEY, Outcome[sight.outcome] if sight.outcome else None)

    def _question(self, slot: int) -> Question:
        asked = frozenset({KEY}) if self._requested and self._roles[slot] is Role.TAKE else frozenset()
        return Question(POLICY, by(slot), requested=asked)


def claim_of_another(ip: int) -> Claim:
    """A claim that has not taken its EIP away yet from the IP."""
    binding = {**ELSEWHERE, "networkInterfaceID": eni_of(ip), "privateIP": ip_of(ip)}
    return build_claim(f"claim-{OTHER}", bindings=[binding], addressID=f"eip-{OTHER}").model_copy(
        update={"metadata": Metadata(name="other-0", namespace="shop", uid=f"claim-{OTHER}")}
    )


def by(slot: int) -> str:
    """The invocation of that slot, by name."""
    return f"run-{slot}"


def _address(one: Shown) -> Address:
    return Address(
        address_id=f"eip-{one.slot}",
        name=identity.mark(CLUSTER, f"claim-{one.owner}"),
        status=AddressStatus(STATUSES[one.status]),
        public_ip=f"1.2.3.{one.slot}",
        bandwidth_mbps=100,
        isp="BGP",
        network_interface_id=eni_of(one.ip),
        private_ip=ip_of(one.ip),
        created_at=ago(7200 - one.slot),
        tags=TAGS if one.tagged else {},
    )
