"""The two ports: everything the loop may ask of a cluster and of the cloud.

Adapters implement them for the wire, `emulator.cluster` in memory. All times are aware datetimes by the apiserver's
clock. Both raise only errors of `shared.core.errors`. A read raises `Unavailable`, `Throttled`, `Refused` or
`Ambiguous` when it has no answer; absence is never an error of a read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.core.address import Address, PrivateAddress
from shared.core.claim import ActionKind, Claim, OwnerReference
from shared.core.pod import Node, Pod

Json = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Unreadable:
    """An object that is there but does not validate, and the first thing that is wrong with it, in one line."""

    namespace: str
    name: str
    why: str


@dataclass(frozen=True)
class Listing(Generic[T]):
    """What a listing showed, and whether it is all there is.

    A list that ended early (410, page limit, a total that changed) is not complete: nothing may be concluded from what
    it lacks. An object that does not validate is left out of `items` and named in `unreadable`: one claim written by
    hand with nonsense in it must not hide the others.
    """

    items: tuple[T, ...]
    complete: bool = True
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class Owner:
    """An object in a pod's chain of controllers: itself as a reference, and its own controller."""

    reference: OwnerReference
    controller: OwnerReference | None


@dataclass(frozen=True)
class Lease:
    """The heartbeat of the reclaim sweep (coordination.k8s.io/v1)."""

    resource_version: str
    renewed_at: datetime | None
    steady_since: datetime | None = None
    """Since when the sweeps have come without a long gap (spec.acquireTime)."""


class Cluster(Protocol):
    """The apiserver. Every write is conditional; a write without an answer raises `Ambiguous`."""

    def now(self) -> datetime:
        """The apiserver's time: its newest `Date` header plus the time that has passed here since."""
        ...

    async def list_pods(self, namespace: str | None = None) -> Listing[Pod]:
        """All pods, 500 a page, of one namespace or of all."""
        ...

    async def list_claims(self, namespace: str | None = None) -> Listing[Claim]:
        """All claims, 500 a page, of one namespace or of all."""
        ...

    async def list_nodes(self) -> Listing[Node]:
        """All nodes, 500 a page."""
        ...

    async def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod as it is now, never from a cache. Raises `InputRejected` where it does not validate."""
        ...

    async def get_claim(self, namespace: str, name: str) -> Claim | None:
        """The claim as it is now, never from a cache. Raises `InputRejected` where it does not validate."""
        ...

    async def get_node(self, name: str) -> Node | None:
        """The node as it is now."""
        ...

    async def get_owner(self, namespace: str, reference: OwnerReference) -> Owner | None:
        """The object that the reference names, if it is there under that UID and we may read its kind."""
        ...

    async def create_claim(self, manifest: Json) -> Claim:
        """The claim as created.

        Raises `Conflict` where one of that name is there already, `Gone` in a namespace that is terminating.
        """
        ...

    async def patch_claim(self, claim: Claim, patch: Json) -> Claim:
        """The claim after a merge patch of metadata or spec, made only on the resourceVersion of `claim`.

        Raises `Conflict` when it has changed since, `Gone` when it is not there any more.
        """
        ...

    async def patch_claim_status(self, claim: Claim, status: Json) -> Claim:
        """The claim after a merge patch of its status; a None removes a field. Raises as `patch_claim`."""
        ...

    async def delete_claim(self, claim: Claim) -> None:
        """Asks for its deletion, with UID and resourceVersion as preconditions. Raises as `patch_claim`."""
        ...

    async def patch_pod_status(self, pod: Pod, annotations: Mapping[str, str | None], condition: Json | None) -> Pod:
        """The pod after one strategic merge patch of annotations (None removes) and of one condition, by type.

        It holds only for the pod of that UID: raises `Gone` for another one of the name, or none.
        """
        ...

    async def patch_node_status(self, node: Node, annotations: Mapping[str, str], capacity: Mapping[str, str]) -> Node:
        """The node after a merge patch of annotations and capacity, made only on the resourceVersion of `node`.

        Raises `Conflict` when it has changed since, `Gone` when it is not there any more, `Refused` without the right.
        """
        ...

    async def create_event(self, manifest: Json) -> None:
        """Tells an event (v1). An event of that name being there already is no error."""
        ...

    async def get_lease(self) -> Lease | None:
        """The reclaim sweep's Lease, if it was ever made."""
        ...

    async def renew_lease(self, lease: Lease | None, holder: str, steady_since: datetime) -> None:
        """Writes now and `steady_since` into it, or makes it. Raises `Conflict` if another was quicker."""
        ...


class Cloud(Protocol):
    """The EIP API. Mutations keep under the rate limit and are sent once; what failed is the caller's to judge."""

    async def addresses(self, ids: Collection[str]) -> Listing[Address]:
        """All EIPs with this cluster's tag and, asked for by id, those of `ids` that are not among them.

        An id of `ids` that is not in a complete listing does not exist.
        """
        ...

    async def named_addresses(self, ids: Collection[str]) -> Listing[Address]:
        """The EIPs of these ids alone; one that is not in a complete listing does not exist."""
        ...

    async def private_addresses(self, ips: Collection[str]) -> Listing[PrivateAddress]:
        """The network interfaces' entries of these private IPs in the cluster's VPC."""
        ...

    def rate(self, action: ActionKind) -> float:
        """Calls a second that this API takes from us at present."""
        ...

    async def allocate(self, parameters: Mapping[str, str | int], token: str, within: float) -> str:
        """The id of the bought EIP, which may still be CREATING.

        Like all mutations it waits at most `within` seconds for its turn, and raises `Throttled` if that is too short.
        """
        ...

    async def associate(self, address_id: str, network_interface_id: str, private_ip: str, within: float) -> None:
        """Returns when the binding has been accepted; BINDING follows."""
        ...

    async def disassociate(self, address_id: str, within: float) -> None:
        """Returns when the unbinding has been accepted; UNBINDING follows."""
        ...

    async def release(self, address_id: str, within: float) -> None:
        """Returns when the release has been accepted; OFFLINING follows. There is no way back."""
        ...

    async def set_bandwidth(self, address_id: str, mbps: int, within: float) -> None:
        """Returns when the change of the peak bandwidth has been accepted."""
        ...
