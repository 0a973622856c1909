"""The apiserver behind the Cluster port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from shared.adapters.kubernetes.client import (
    MERGE_PATCH,
    STRATEGIC_MERGE_PATCH,
    TOO_LARGE,
    Client,
    Json,
    Limits,
    open_client,
    path,
)
from shared.adapters.kubernetes.clock import ApiserverClock
from shared.adapters.kubernetes.forms import CLAIMS, NODES, PODS, Kind, LeaseObject, T, read_object, read_page
from shared.adapters.kubernetes.kubeconfig import Access
from shared.adapters.kubernetes.owners import Owners
from shared.adapters.kubernetes.session import Renew
from shared.core.claim import Claim, OwnerReference
from shared.core.errors import Ambiguous, Conflict, InputRejected
from shared.core.identity import LEASE, SYSTEM_NAMESPACE
from shared.core.pod import Node, Pod
from shared.ports import Lease, Listing, Owner, Unreadable

LEASES = "/apis/coordination.k8s.io/v1"

STEADY = 5
"""So many pages have to fit before a larger one is asked for: one that does not fit is thrown away."""


class KubernetesCluster:
    """One cluster, with the rights of one account. Implements `shared.ports.Cluster`; made by `connect`."""

    def __init__(self, client: Client, clock: ApiserverClock) -> None:
        """The clock is the one that the client keeps."""
        self._client = client
        self._clock = clock
        self._owners = Owners(client)

    def now(self) -> datetime:
        """The apiserver's time, in UTC. Raises Unavailable before its first reply."""
        return self._clock.now()

    async def list_pods(self, namespace: str | None = None) -> Listing[Pod]:
        """All pods of one namespace or of all."""
        return await self._list(PODS, namespace)

    async def list_claims(self, namespace: str | None = None) -> Listing[Claim]:
        """All claims of one namespace or of all. Raises Refused where the CRD is not installed."""
        return await self._list(CLAIMS, namespace)

    async def list_nodes(self) -> Listing[Node]:
        """All nodes."""
        return await self._list(NODES, None)

    async def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod, read from etcd and not from the apiserver's cache."""
        return await self._get(PODS, namespace, name)

    async def get_claim(self, namespace: str, name: str) -> Claim | None:
        """The claim, read likewise."""
        return await self._get(CLAIMS, namespace, name)

    async def get_node(self, name: str) -> Node | None:
        """The node."""
        return await self._get(NODES, None, name)

    async def get_owner(self, namespace: str, reference: OwnerReference) -> Owner | None:
        """The owner, if it is there under that UID and may be read."""
        return await self._owners.find(namespace, reference)

    async def create_claim(self, manifest: Json) -> Claim:
        """The claim as created."""
        where = _path(CLAIMS, _namespace(manifest["metadata"]))
        return _written(CLAIMS, await self._client.write("POST", where, manifest))

    async def patch_claim(self, claim: Claim, patch: Json) -> Claim:
        """The claim after a merge patch on its resourceVersion."""
        return await self._patch(claim, patch)

    async def patch_claim_status(self, claim: Claim, status: Json) -> Claim:
        """The claim after a merge patch of its status on its resourceVersion."""
        return await self._patch(claim, {"status": dict(status)}, "status")

    async def delete_claim(self, claim: Claim) -> None:
        """Asks for its deletion."""
        preconditions = {"uid": claim.uid, "resourceVersion": _version(claim)}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": "Background",
        }
        await self._client.write("DELETE", _path(CLAIMS, *claim.key), options)

    async def patch_pod_status(self, pod: Pod, annotations: Mapping[str, str | None], condition: Json | None) -> Pod:
        """The pod after one strategic merge patch, which its UID makes hold for this pod alone."""
        metadata = {"uid": pod.uid, "annotations": dict(annotations)}
        status = {"conditions": [dict(condition)]} if condition else {}
        where = _path(PODS, *pod.key, "status")
        patch = {"metadata": metadata, "status": status}
        return _written(PODS, await self._client.write("PATCH", where, patch, STRATEGIC_MERGE_PATCH))

    async def patch_node_status(self, node: Node, annotations: Mapping[str, str], capacity: Mapping[str, str]) -> Node:
        """The node after a merge patch of its status, which takes annotations too, on its resourceVersion."""
        metadata = {"resourceVersion": _version(node), "annotations": dict(annotations)}
        patch = {"metadata": metadata, "status": {"capacity": dict(capacity)}}
        where = _path(NODES, None, node.metadata.name, "status")
        return _written(NODES, await self._client.write("PATCH", where, patch, MERGE_PATCH))

    async def create_event(self, manifest: Json) -> None:
        """Tells an event in the namespace of what it is about; being told already is no error."""
        where = path("/api/v1", "namespaces", _namespace(manifest["involvedObject"]), "events")
        try:
            await self._client.write("POST", where, manifest)
        except Conflict as error:
            if error.reason != "AlreadyExists":
                raise

    async def events(self, namespace: str, name: str) -> bytes:
        """The list of events about objects of that name, as it came. No part of the port: the functions never ask."""
        query: dict[str, object] = {"fieldSelector": f"involvedObject.name={name}", "limit": self._client.limits.page}
        return await self._client.read(path("/api/v1", "namespaces", namespace, "events"), query)

    async def get_lease(self) -> Lease | None:
        """The reclaim sweep's Lease."""
        text = await self._client.find(path(LEASES, "namespaces", SYSTEM_NAMESPACE, "leases", LEASE))
        if text is None:
            return None
        lease = read_object(text, "Lease", LeaseObject)
        return Lease(lease.metadata.resource_version, lease.spec.renew_time, lease.spec.acquire_time)

    async def renew_lease(self, lease: Lease | None, holder: str, steady_since: datetime) -> None:
        """Writes the time of now into it, or makes it."""
        metadata = {"name": LEASE, "namespace": SYSTEM_NAMESPACE}
        if lease is not None:
            metadata["resourceVersion"] = lease.resource_version
        manifest = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": {
                "holderIdentity": holder,
                "acquireTime": steady_since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "renewTime": self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        }
        leases = path(LEASES, "namespaces", SYSTEM_NAMESPACE, "leases")
        if lease is None:
            await self._client.write("POST", leases, manifest)
        else:
            await self._client.write("PUT", path(leases, LEASE), manifest)

    async def _patch(self, claim: Claim, patch: Json, *subresource: str) -> Claim:
        metadata = {**_mapping(patch.get("metadata")), "resourceVersion": _version(claim)}
        where = _path(CLAIMS, *claim.key, *subresource)
        return _written(CLAIMS, await self._client.write("PATCH", where, {**patch, "metadata": metadata}, MERGE_PATCH))

    async def _get(self, kind: Kind[T], namespace: str | None, name: str) -> T | None:
        text = await self._client.find(_path(kind, namespace, name))
        return None if text is None else read_object(text, kind.name, kind.form)

    async def _list(self, kind: Kind[T], namespace: str | None) -> Listing[T]:
        """Never with a resourceVersion: it would let the apiserver answer from a cache that may be old."""
        items: list[T] = []
        unreadable: list[Unreadable] = []
        limits = self._client.limits
        query: dict[str, object] = {}
        size, steady, read = limits.page, 0, 0
        while read < limits.pages:
            try:
                text = await self._client.read(_path(kind, namespace), {"limit": size, **query})
            except Conflict as error:
                if error.reason != "Expired" or not query:
                    raise
                break
            except Ambiguous as error:
                if error.reason != TOO_LARGE or size == 1:
                    raise
                size, steady = size // 2, 0
                continue
            read, steady = read + 1, steady + 1
            if steady == STEADY:
                size, steady = min(size * 2, limits.page), 0
            found, broken, following = read_page(text, kind)
            items.extend(found)
            unreadable.extend(broken)
            if not following:
                return Listing(tuple(items), complete=True, unreadable=tuple(unreadable))
            query["continue"] = following
        return Listing(tuple(items), complete=False, unreadable=tuple(unreadable))


def _path(kind: Kind[T], namespace: str | None, *rest: str) -> str:
    where = ("namespaces", namespace) if namespace is not None else ()
    return path(kind.api, *where, kind.plural, *rest)


def _mapping(part: object) -> Mapping[str, object]:
    return part if isinstance(part, Mapping) else {}


def _namespace(part: object) -> str:
    return str(_mapping(part).get("namespace") or "")


def _version(thing: Claim | Node) -> str:
    """Its resourceVersion; an empty one would make the apiserver do the write unconditionally."""
    if not thing.metadata.resource_version:
        raise Conflict("NoVersion", "what has no resourceVersion was not read from the apiserver")
    return thing.metadata.resource_version


def _written(kind: Kind[T], text: bytes) -> T:
    """What the apiserver replied to a write that it has done."""
    try:
        return read_object(text, kind.name, kind.form)
    except InputRejected as error:
        raise Ambiguous(error.reason, error.message) from error


@asynccontextmanager
async def connect(
    access: Access, limits: Limits | None = None, renew: Renew | None = None
) -> AsyncIterator[KubernetesCluster]:
    """The cluster behind that access, with connections of its own, closed at the end.

    Nothing is asked before the first use. `renew` reads the access anew; it is asked once, when the apiserver does not
    take the first one. Raises InputRejected for certificates that cannot be loaded.
    """
    clock = ApiserverClock()
    async with open_client(access, limits or Limits(), clock, renew) as client:
        yield KubernetesCluster(client, clock)
