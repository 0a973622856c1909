"""The port `Cluster` on the apiserver in memory: what a function sees of it, under the rights of its service account.

It has the errors of the port's docstrings, and passes every manifest and patch through JSON as the wire does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.refusals import NAMESPACE_TERMINATING, Refusal
from emulator.cluster.resources import CLAIMS, EVENTS, LEASES, NODES, PODS, Object, Ref, Resource, served
from emulator.cluster.timestamps import micro_timestamp, moment
from emulator.cluster.users import User
from shared.core import identity
from shared.core.claim import Claim, OwnerReference
from shared.core.errors import Conflict, EipclaimError, Gone, InputRejected, Refused
from shared.core.pod import Node, Pod
from shared.ports import Json, Lease, Listing, Owner, Unreadable

T = TypeVar("T")
M = TypeVar("M", Pod, Claim, Node)

_LEASE = Ref(LEASES, identity.SYSTEM_NAMESPACE, identity.LEASE)


class Parsed:
    """Models of objects that were read before, by resourceVersion. May be shared by the ports of one cluster."""

    def __init__(self) -> None:
        """Nothing read so far."""
        self._models: dict[tuple[type, str, str], tuple[str, Any]] = {}
        self._listings: dict[tuple[type, str | None], tuple[int, Any]] = {}

    def model(self, kind: type[M], thing: Object) -> M | Unreadable:
        """The model of that object, or what is wrong with it."""
        metadata = thing["metadata"]
        namespace, name, version = metadata.get("namespace", ""), metadata["name"], metadata["resourceVersion"]
        known = self._models.get((kind, namespace, name))
        if known is None or known[0] != version:
            known = (version, _validated(kind, thing, namespace, name))
            self._models[kind, namespace, name] = known
        model: M | Unreadable = known[1]
        return model

    def listing(self, kind: type[M], namespace: str | None, version: int, things: tuple[Object, ...]) -> Listing[M]:
        """All of those objects; `version` is the one at which any of their kind last changed."""
        known = self._listings.get((kind, namespace))
        if known is None or known[0] != version:
            models = [self.model(kind, thing) for thing in things]
            readable = tuple(model for model in models if not isinstance(model, Unreadable))
            unreadable = tuple(model for model in models if isinstance(model, Unreadable))
            known = (version, Listing(readable, unreadable=unreadable))
            self._listings[kind, namespace] = known
        listing: Listing[M] = known[1]
        return listing


def _validated(kind: type[M], thing: Object, namespace: str, name: str) -> M | Unreadable:
    try:
        return kind.model_validate(thing)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Unreadable(namespace, name, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


class MemoryCluster:
    """Implements `shared.ports.Cluster`. Each request takes `latency` seconds, or lets the other tasks run at least."""

    def __init__(self, api: ApiServer, user: User, latency: float = 0.0, parsed: Parsed | None = None) -> None:
        """The cluster as that user reaches it."""
        self._api = api
        self._user = user
        self._latency = latency
        self._parsed = parsed or Parsed()

    def now(self) -> datetime:
        """The apiserver's time."""
        return moment(self._api.clock())

    async def list_pods(self, namespace: str | None = None) -> Listing[Pod]:
        """All pods."""
        return await self._list(Pod, PODS, namespace)

    async def list_claims(self, namespace: str | None = None) -> Listing[Claim]:
        """All claims."""
        return await self._list(Claim, CLAIMS, namespace)

    async def list_nodes(self) -> Listing[Node]:
        """All nodes."""
        return await self._list(Node, NODES, None)

    async def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod as it is now."""
        return await self._get(Pod, Ref(PODS, namespace, name))

    async def get_claim(self, namespace: str, name: str) -> Claim | None:
        """The claim as it is now."""
        return await self._get(Claim, Ref(CLAIMS, namespace, name))

    async def get_node(self, name: str) -> Node | None:
        """The node as it is now."""
        return await self._get(Node, Ref(NODES, "", name))

    async def get_owner(self, namespace: str, reference: OwnerReference) -> Owner | None:
        """The owner and its own controller."""
        resource = served(reference.api_version, reference.kind)
        if resource is None:
            return None
        ref = Ref(resource, namespace if resource.namespaced else "", reference.name)
        try:
            found = await self._ask(lambda: self._api.find(self._user, ref))
        except Refused:
            return None
        if found is None or found["metadata"]["uid"] != reference.uid:
            return None
        above = [OwnerReference(**one) for one in found["metadata"].get("ownerReferences", ())]
        return Owner(reference, next((owner for owner in above if owner.controller), None))

    async def create_claim(self, manifest: Json) -> Claim:
        """The claim as created."""
        return self._readable(Claim, await self._ask(lambda: self._api.create(self._user, CLAIMS, manifest)))

    async def patch_claim(self, claim: Claim, patch: Json) -> Claim:
        """The claim after a merge patch of metadata or spec."""
        return await self._patch_claim(claim, patch, "")

    async def patch_claim_status(self, claim: Claim, status: Json) -> Claim:
        """The claim after a merge patch of its status."""
        return await self._patch_claim(claim, {"status": status}, "status")

    async def delete_claim(self, claim: Claim) -> None:
        """Asks for the claim's deletion."""
        deletion = Deletion(uid=claim.uid, resource_version=claim.metadata.resource_version)
        await self._ask(lambda: self._api.delete(self._user, Ref(CLAIMS, *claim.key), deletion))

    async def patch_pod_status(self, pod: Pod, annotations: Mapping[str, str | None], condition: Json | None) -> Pod:
        """The pod after a patch of annotations and one condition."""
        patch: dict[str, Any] = {"metadata": {"uid": pod.uid}}
        if annotations:
            patch["metadata"]["annotations"] = dict(annotations)
        if condition is not None:
            patch["status"] = {"conditions": [condition]}
        ref = Ref(PODS, *pod.key)
        patched = await self._ask(lambda: self._api.patch(self._user, ref, patch, "status", strategic=True))
        return self._readable(Pod, patched)

    async def patch_node_status(self, node: Node, annotations: Mapping[str, str], capacity: Mapping[str, str]) -> Node:
        """The node after a merge patch of annotations and capacity."""
        metadata = {"resourceVersion": node.metadata.resource_version, "annotations": dict(annotations)}
        patch = {"metadata": metadata, "status": {"capacity": dict(capacity)}}
        ref = Ref(NODES, "", node.metadata.name)
        return self._readable(Node, await self._ask(lambda: self._api.patch(self._user, ref, patch, "status")))

    async def create_event(self, manifest: Json) -> None:
        """Tells an event."""
        try:
            await self._ask(lambda: self._api.create(self._user, EVENTS, manifest))
        except Conflict:
            return

    async def get_lease(self) -> Lease | None:
        """The reclaim sweep's Lease."""
        found = await self._ask(lambda: self._api.find(self._user, _LEASE))
        if found is None:
            return None
        spec = found.get("spec", {})
        renewed, acquired = (spec.get(key) for key in ("renewTime", "acquireTime"))
        version = found["metadata"]["resourceVersion"]
        return Lease(version, _read(renewed) if renewed else None, _read(acquired) if acquired else None)

    async def renew_lease(self, lease: Lease | None, holder: str, steady_since: datetime) -> None:
        """Writes the time of now into the Lease."""
        metadata = {"name": _LEASE.name, "namespace": _LEASE.namespace}
        acquired = micro_timestamp(steady_since.timestamp())
        spec = {"holderIdentity": holder, "acquireTime": acquired, "renewTime": micro_timestamp(self._api.clock())}
        manifest = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata, "spec": spec}
        if lease is None:
            await self._ask(lambda: self._api.create(self._user, LEASES, manifest))
            return
        renewed = {**manifest, "metadata": {**metadata, "resourceVersion": lease.resource_version}}
        await self._ask(lambda: self._api.replace(self._user, renewed, LEASES))

    async def _list(self, kind: type[M], resource: Resource, namespace: str | None) -> Listing[M]:
        things = await self._ask(lambda: self._api.list(self._user, resource, namespace))
        return self._parsed.listing(kind, namespace, self._api.store.changed(resource), things)

    async def _get(self, kind: type[M], ref: Ref) -> M | None:
        found = await self._ask(lambda: self._api.find(self._user, ref))
        return None if found is None else self._readable(kind, found)

    async def _patch_claim(self, claim: Claim, patch: Json, subresource: str) -> Claim:
        given: Any = patch.get("metadata", {})
        conditional = {**patch, "metadata": {**given, "resourceVersion": claim.metadata.resource_version}}
        ref = Ref(CLAIMS, *claim.key)
        return self._readable(
            Claim, await self._ask(lambda: self._api.patch(self._user, ref, conditional, subresource))
        )

    def _readable(self, kind: type[M], thing: Object) -> M:
        model = self._parsed.model(kind, thing)
        if isinstance(model, Unreadable):
            raise InputRejected("Unreadable", model.why)
        return model

    async def _ask(self, request: Callable[[], T]) -> T:
        """The answer of the apiserver. Waits first, so that the answer is not older than its time."""
        await asyncio.sleep(self._latency)
        try:
            return request()
        except Refusal as refusal:
            raise _error(refusal) from refusal


def _read(renewed_at: str) -> datetime:
    """The time of a lease; Python 3.10 does not know the Z."""
    return datetime.fromisoformat(renewed_at.replace("Z", "+00:00"))


def _error(refusal: Refusal) -> EipclaimError:
    """What the refusal means to the caller."""
    if refusal.code == 404 or refusal.cause in {NAMESPACE_TERMINATING, "metadata.uid"}:  # noqa: PLR2004 - HTTP's
        return Gone("Gone", refusal.message)
    if refusal.code == 409:  # noqa: PLR2004 - HTTP's
        return Conflict("Conflict", refusal.message)
    return Refused("Denied" if refusal.code == 403 else "Invalid", refusal.message)  # noqa: PLR2004 - HTTP's
