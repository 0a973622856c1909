"""One frozen picture of everything that decides about one claim: what `decide` looks at, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property

from shared.core.address import Address, PrivateAddress
from shared.core.claim import ActionKind, Claim, Intent, Retention
from shared.core.pod import Node, Pod, PodState
from shared.core.policy import Policy, Rejection, Request, wants

IN_FLIGHT = timedelta(seconds=60)
"""A younger intent may still have a sender: a function lives at most 55 s and sends within 20 s of its intent."""

GRACE = timedelta(seconds=120)
"""For how long the cloud's listings may lack what was just bought, and how far apart two looks prove an absence."""

UNSEEN_FOR_TOO_LONG = timedelta(minutes=5)

# Tuples: a set would have each member hashed by Python code, for each row of each world.
OVER = (PodState.GONE, PodState.UNWANTED)
NEEDY = (PodState.EARLY, PodState.UNSEEN, PodState.LIVE)
IN_PLACE = (PodState.UNSEEN, PodState.LIVE, PodState.DRAINING)


class Outcome(Enum):
    """What this invocation itself learned of the intent that stands in the claim. Nothing (None) means unknown."""

    ACCEPTED = "accepted"
    NOT_DONE = "not done"


@dataclass(frozen=True)
class Holder:
    """The EIP of somebody else on the private IP that ours should go to."""

    address_id: str
    will_be_freed: bool
    """It belongs to another claim that knows the place as its own, so a Disassociate of ours takes it away."""


@dataclass(frozen=True)
class Rank:
    """How many claims are older than this one, on a complete list: in the cluster, and in its namespace."""

    in_cluster: int
    in_namespace: int


@dataclass(frozen=True)
class World:
    """Claim, pod, addresses, policy and now.

    The cluster was read first, then the cloud; for `orphan` the other way round (docs/design.md: absence needs proof).
    """

    namespace: str
    name: str
    policy: Policy
    now: datetime
    invocation: str
    claim: Claim | None = None
    pod: Pod | None = None
    node: Node | None = None
    asked: Request | Rejection | None = None
    place: PrivateAddress | None = None
    recorded: Address | None = None
    marked: tuple[Address, ...] = ()
    complete: bool = True
    holder: Holder | None = None
    rank: Rank | None = None
    unreadable: str = ""
    """What is wrong with a claim of that name that is there but makes no sense."""
    outcome: Outcome | None = None
    clocks_from: datetime | None = None
    requested: bool = False
    orphan: Address | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of claim and pod."""
        return self.namespace, self.name

    @cached_property
    def state(self) -> PodState:
        """The pod as seen from its claim; most rows ask for it."""
        pod = self.pod
        if pod is None or pod.ended or self._is_another_pods_claim(pod):
            return PodState.GONE
        if not (isinstance(self.asked, Request) or wants(pod, self.node, self.policy)):
            return PodState.UNWANTED
        if pod.deleting:
            return PodState.DRAINING
        if not pod.spec.node_name:
            return PodState.UNSCHEDULED
        if pod.ipv4 is None:
            return PodState.EARLY
        return PodState.UNSEEN if self.place is None else PodState.LIVE

    def _is_another_pods_claim(self, pod: Pod) -> bool:
        claim = self.claim
        return claim is not None and claim.spec.retention is Retention.POD and claim.spec.pod_uid not in (None, pod.uid)

    @property
    def over(self) -> bool:
        """Whether the pod needs no EIP any more."""
        return self.state in OVER

    @property
    def needy(self) -> bool:
        """Whether the pod should have an EIP now or as soon as it has an IP."""
        return self.state in NEEDY

    @property
    def live(self) -> bool:
        """Whether the pod has an IP that an EIP can be bound to."""
        return self.state is PodState.LIVE

    @property
    def intent(self) -> Intent | None:
        """The mutation that may be under way."""
        return self.claim.status.intent if self.claim else None

    @property
    def purchase(self) -> Intent | None:
        """The purchase that may be under way.

        An intent without its token or its parameters is none: we never send one, nor what an older CRD leaves of it.
        """
        intent = self.intent
        if intent is None or intent.action is not ActionKind.ALLOCATE or intent.token is None:
            return None
        return intent if intent.parameters else None

    def younger(self, intent: Intent | None, age: timedelta) -> bool:
        """Whether there is such an intent and it is younger than that."""
        return intent is not None and self.now - intent.at < age

    @property
    def mine(self) -> tuple[Address, ...]:
        """All EIPs that are this claim's: with its mark, and the recorded one."""
        recorded = self.recorded
        return self.marked if recorded is None or self.marks(recorded) else (recorded, *self.marked)

    @property
    def extras(self) -> tuple[Address, ...]:
        """EIPs with this claim's mark beside the recorded one."""
        recorded = self.claim.status.address_id if self.claim else None
        return tuple(address for address in self.marked if address.address_id != recorded)

    def marks(self, address: Address) -> bool:
        """Whether the EIP carries our two tags and this claim's mark: otherwise it is not ours to change."""
        return any(address.address_id == ours.address_id for ours in self.marked)

    def at_place(self, address: Address) -> bool:
        """Whether the EIP is bound where the pod is now."""
        place = self.place
        return (
            place is not None
            and address.private_ip == place.ip
            and address.network_interface_id in (None, place.network_interface_id)
        )

    def at_pods_ip(self, address: Address) -> bool:
        """Whether the EIP is at the pod's IP, as far as can be told while no interface shows that IP."""
        if self.place is not None:
            return self.at_place(address)
        return self.pod is not None and address.private_ip is not None and address.private_ip == self.pod.ipv4

    def asked_for(self, address: Address) -> bool:
        """Whether the EIP is at a place where we asked it to be."""
        bindings = self.claim.status.bindings if self.claim else ()
        return any(
            binding.private_ip == address.private_ip
            and address.network_interface_id in (None, binding.network_interface_id)
            for binding in bindings
        )

    def bound_for_this_pod(self, address: Address) -> bool:
        """Whether a binding at that place was made for the pod of this UID."""
        if self.claim is None or self.pod is None:
            return False
        uid = self.pod.uid
        return any(b.pod_uid == uid and b.private_ip == address.private_ip for b in self.claim.status.bindings)
