"""The pod as the apiserver tells of it, and the node it runs on: only the fields that decide about an EIP."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from shared.core.claim import Metadata
from shared.core.values import WIRE, Hint, Model, NullAs

SUPER_NODE_LABEL = "node.kubernetes.io/instance-type"
SUPER_NODE = "eklet"
INSTANCE_LABEL = "cloud.tencent.com/node-instance-id"


class PodState(Enum):
    """A pod as seen from its claim; the words of the decision table."""

    GONE = "gone"
    UNSCHEDULED = "unscheduled"
    EARLY = "early"
    UNSEEN = "unseen"
    LIVE = "live"
    DRAINING = "draining"
    UNWANTED = "unwanted"


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Resources:
    """Requests and limits; the amounts are not interpreted."""

    requests: Annotated[dict[str, str | int | float], NullAs(dict)] = Field(default_factory=dict)
    limits: Annotated[dict[str, str | int | float], NullAs(dict)] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class Container:
    """A container of the pod's spec."""

    resources: Annotated[Resources, NullAs(Resources)] = Field(default_factory=Resources)


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class ReadinessGate:
    """A condition that must be True before the pod is Ready (KEP-580)."""

    condition_type: str


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class PodSpec:
    """The part of the pod's spec that is used."""

    node_name: str | None = None
    host_network: bool | None = None
    containers: Annotated[tuple[Container, ...], NullAs(tuple)] = ()
    readiness_gates: Annotated[tuple[ReadinessGate, ...], NullAs(tuple)] = ()


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class ContainerState:
    """Which of the three states a container is in; only whether it has ended matters."""

    terminated: dict[str, object] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class ContainerStatus:
    """What the kubelet says of one container."""

    state: Annotated[ContainerState, NullAs(ContainerState)] = Field(default_factory=ContainerState)


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class PodCondition:
    """A condition of the pod."""

    type: str
    status: str
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class PodIp:
    """One entry of status.podIPs."""

    ip: str


@dataclass(frozen=True, kw_only=True, slots=True, config=WIRE)
class PodStatus:
    """The part of the pod's status that is used."""

    phase: str | None = None
    start_time: Hint = None
    pod_ip: str | None = Field(default=None, validation_alias="podIP", serialization_alias="podIP")
    pod_ips: Annotated[tuple[PodIp, ...], NullAs(tuple)] = Field(
        default=(), validation_alias="podIPs", serialization_alias="podIPs"
    )
    container_statuses: Annotated[tuple[ContainerStatus, ...], NullAs(tuple)] = ()
    conditions: Annotated[tuple[PodCondition, ...], NullAs(tuple)] = ()


class Pod(Model):
    """A pod."""

    metadata: Metadata
    spec: PodSpec = Field(default_factory=PodSpec)
    status: PodStatus = Field(default_factory=PodStatus)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.metadata.namespace, self.metadata.name

    @property
    def uid(self) -> str:
        """The pod's identity; the name returns, the UID never does."""
        return self.metadata.uid

    @property
    def ipv4(self) -> str | None:
        """The pod's IPv4 address, also where an IPv6 one comes first (dual stack)."""
        first = self.status.pod_ip
        if first and "." in first:
            return first
        return next((entry.ip for entry in self.status.pod_ips if "." in entry.ip), None)

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs any more, though the object is still there.

        All containers ended while deleting is enough: VPC-CNI hands the IP on before the object goes.
        """
        if self.status.phase in {"Succeeded", "Failed"}:
            return True
        statuses = self.status.container_statuses
        return self.deleting and bool(statuses) and all(status.state.terminated is not None for status in statuses)

    @property
    def deleting(self) -> bool:
        """Whether it has been asked to go."""
        return self.metadata.deletion_timestamp is not None

    def gated_by(self, condition: str) -> bool:
        """Whether its readiness waits for that condition."""
        return any(gate.condition_type == condition for gate in self.spec.readiness_gates)

    def condition(self, kind: str) -> PodCondition | None:
        """The condition of that type, if it is there."""
        return next((condition for condition in self.status.conditions if condition.type == kind), None)

    def asks_for(self, resource: str) -> bool:
        """Whether a container requests or is limited by that extended resource."""
        return any(resource in {**c.resources.requests, **c.resources.limits} for c in self.spec.containers)


class NodeSpec(Model):
    """The part of the node's spec that is used."""

    provider_id: str | None = Field(default=None, alias="providerID")


class NodeStatus(Model):
    """The part of the node's status that is used."""

    capacity: Annotated[dict[str, str | int | float], NullAs(dict)] = Field(default_factory=dict)


class Node(Model):
    """The node a pod runs on, for the instance behind it."""

    metadata: Metadata
    spec: NodeSpec = Field(default_factory=NodeSpec)
    status: Annotated[NodeStatus, NullAs(NodeStatus)] = Field(default_factory=NodeStatus)

    @property
    def super_node(self) -> bool:
        """Whether it is a super node (virtual kubelet): its pods' EIPs are the platform's own business."""
        return self.metadata.labels.get(SUPER_NODE_LABEL) == SUPER_NODE

    @cached_property
    def instance_id(self) -> str | None:
        """The CVM's id, from the label or the last element of providerID; None where the node tells no `ins-` id.

        Native nodes may name a machine (`kn-`, `np-`) instead of an instance in either place.
        """
        provider_id = self.spec.provider_id or ""
        found = (self.metadata.labels.get(INSTANCE_LABEL, ""), provider_id.rsplit("/", 1)[-1])
        return next((candidate for candidate in found if candidate.startswith("ins-")), None)
