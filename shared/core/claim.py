"""The EIPClaim as it stands in the cluster: what it asks for, and all that is remembered between invocations."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from shared.core.durations import valid_duration
from shared.core.identity import ABANDON, FINALIZER, PAUSED
from shared.core.values import WIRE, Model, Moment, NullAs, Strings


class Retention(str, Enum):
    """Whom the EIP outlives: nobody but its pod (`Pod`), or the pod of the name as well (`Static`)."""

    POD = "Pod"
    STATIC = "Static"


class Isp(str, Enum):
    """The line of the EIP; everything but BGP is a single line."""

    BGP = "BGP"
    CMCC = "CMCC"
    CTCC = "CTCC"
    CUCC = "CUCC"


class Phase(str, Enum):
    """Where the claim stands, for people; set by the rule that fired."""

    PENDING = "Pending"
    ALLOCATING = "Allocating"
    BINDING = "Binding"
    BOUND = "Bound"
    UNBINDING = "Unbinding"
    RETAINED = "Retained"
    RELEASING = "Releasing"
    BLOCKED = "Blocked"


class ActionKind(str, Enum):
    """The mutations of the cloud; each has its own intent and its own back-off."""

    ALLOCATE = "Allocate"
    ASSOCIATE = "Associate"
    DISASSOCIATE = "Disassociate"
    RELEASE = "Release"
    SET_BANDWIDTH = "SetBandwidth"


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class OwnerReference:
    """One entry of metadata.ownerReferences."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None


Owners = Annotated[tuple[OwnerReference, ...], NullAs(tuple)]


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Metadata:
    """The part of ObjectMeta that is used."""

    name: str
    namespace: str = ""
    uid: str
    resource_version: str = ""
    generation: int | None = None
    creation_timestamp: Moment | None = None
    deletion_timestamp: datetime | None = None
    """As late as anybody asked for by a grace period: it is there or not, and never reckoned with."""

    annotations: Strings = Field(default_factory=dict)
    labels: Strings = Field(default_factory=dict)
    finalizers: Annotated[tuple[str, ...], NullAs(tuple)] = ()
    owner_references: Owners = ()


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Spec:
    """What the claim asks for. `expire_after` is a duration such as `1h`, or `Never`; None where nothing expires."""

    retention: Retention = Retention.POD
    pod_uid: str | None = Field(default=None, validation_alias="podUID", serialization_alias="podUID")
    bandwidth_mbps: int = Field(default=100, ge=1, le=2000)
    isp: Isp = Isp.BGP
    charge_type: Literal["TRAFFIC_POSTPAID_BY_HOUR", "BANDWIDTH_POSTPAID_BY_HOUR"] = "TRAFFIC_POSTPAID_BY_HOUR"
    expire_after: Annotated[str, AfterValidator(valid_duration)] | None = None


class Intent(Model):
    """A cloud mutation that is about to be sent, or was sent and its outcome is not recorded yet.

    `by` is the request id of the invocation; `accepted` says that the cloud's accepting reply was seen; `target` is the
    EIP's id or, for Associate, the private IP; `parameters` are those of the purchase, replayed only with its token.
    """

    action: ActionKind
    attempt: int = 1
    token: str | None = None
    parameters: dict[str, str | int] = Field(default_factory=dict)
    target: str | None = None
    at: Moment
    by: str
    accepted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Binding:
    """A place where the EIP is, or may be, bound because we asked for it."""

    pod_uid: str = Field(validation_alias="podUID", serialization_alias="podUID")
    node_name: str = ""
    network_interface_id: str = Field(validation_alias="networkInterfaceID", serialization_alias="networkInterfaceID")
    private_ip: str = Field(validation_alias="privateIP", serialization_alias="privateIP")
    at: Moment


class Retry(Model):
    """Back-off of one kind of action: not before `at`, after `failures` refusals in a row."""

    action: ActionKind
    at: Moment
    failures: int = 1


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Condition:
    """A condition in the manner of KEP-1623."""

    type: str
    status: str
    reason: str
    message: str = ""
    last_transition_time: Moment
    observed_generation: int | None = None


# A later release may know words that this one does not, and both may run at once. What no deed depends on is read as if
# it were not there. An intent may be under way: a claim with an unknown one makes no sense to us, and is left alone.


_PHASES = frozenset(phase.value for phase in Phase)
_ACTIONS = frozenset(kind.value for kind in ActionKind)


def _known_phase(value: object) -> object:
    return None if isinstance(value, str) and value not in _PHASES else value


def _known_retry(value: object) -> object:
    """The back-off of one kind of action never holds up another."""
    action = value.get("action") if isinstance(value, dict) else None
    return None if isinstance(action, str) and action not in _ACTIONS else value


class Status(Model):
    """All that is remembered. `attempt` numbers the purchases, so that a burnt or used-up token is never sent again."""

    phase: Annotated[Phase | None, BeforeValidator(_known_phase)] = None
    address_id: str | None = Field(default=None, alias="addressID")
    public_ip: str | None = Field(default=None, alias="publicIP")
    attempt: int = 1
    intent: Intent | None = None
    bindings: Annotated[tuple[Binding, ...], NullAs(tuple)] = ()
    retry: Annotated[Retry | None, BeforeValidator(_known_retry)] = None
    pod_missing_since: Moment | None = None
    expires_at: Moment | None = None
    address_missing_since: Moment | None = None
    conditions: Annotated[tuple[Condition, ...], NullAs(tuple)] = ()
    observed_generation: int | None = None

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type, if it is there."""
        return next((condition for condition in self.conditions if condition.type == kind), None)


class Claim(Model):
    """An EIPClaim: the intent that one pod, or one pod name, has an EIP."""

    metadata: Metadata
    spec: Spec = Field(default_factory=Spec)
    status: Status = Field(default_factory=Status)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name: those of the pod."""
        return self.metadata.namespace, self.metadata.name

    @property
    def uid(self) -> str:
        """The claim's identity: everything in the cloud is derived from it."""
        return self.metadata.uid

    @property
    def deleting(self) -> bool:
        """Whether somebody has deleted it; the finalizer holds it until its EIP is gone."""
        return self.metadata.deletion_timestamp is not None

    @property
    def held(self) -> bool:
        """Whether our finalizer is on it."""
        return FINALIZER in self.metadata.finalizers

    @property
    def paused(self) -> bool:
        """Whether an operator has asked that nothing be done about it."""
        return self.metadata.annotations.get(PAUSED) == "true"

    @property
    def abandon(self) -> bool:
        """Whether an operator has asked to let it go without its EIP."""
        return self.metadata.annotations.get(ABANDON) == "true"
