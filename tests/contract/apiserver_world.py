"""A real cluster as a world of the contract: time passes by itself, and what was made is taken away afterwards."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import yaml

from shared.adapters.kubernetes import Access, connect, kubeconfig
from shared.adapters.kubernetes.client import MERGE_PATCH, Client, Limits, open_client, path
from shared.adapters.kubernetes.clock import ApiserverClock
from shared.core.errors import Gone
from shared.core.identity import API_VERSION, GIVE_ACCOUNT, LEASE, SYSTEM_NAMESPACE, TAKE_ACCOUNT
from shared.ports import Cluster
from tests import control_planes
from tests.contract.worlds import Raw, World

T = TypeVar("T")
KINDS = {
    "Pod": ("/api/v1", "pods"),
    "Event": ("/api/v1", "events"),
    "Namespace": ("/api/v1", "namespaces"),
    "Node": ("/api/v1", "nodes"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "ReplicaSet": ("/apis/apps/v1", "replicasets"),
    "StatefulSet": ("/apis/apps/v1", "statefulsets"),
    "EIPClaim": (f"/apis/{API_VERSION}", "eipclaims"),
    "ResourceQuota": ("/api/v1", "resourcequotas"),
}
PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
CAPACITY = Path(__file__).parents[2] / "deploy" / "optional" / "capacity.yaml"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
CLUSTER_SCOPED = {"Namespace", "Node"}
AT_ONCE: Raw = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}


class ApiserverWorld:
    """Implements World."""

    def __init__(self, admin: Client, give: Cluster, take: Cluster, namespace: str) -> None:
        self._admin = admin
        self._outside: list[str] = []
        self._capacity_allowed = False
        self.give, self.take, self.namespace = give, take, namespace

    async def create(self, manifest: Raw) -> Raw:
        kind = manifest["kind"]
        if kind in CLUSTER_SCOPED:
            self._outside.append(self._path(kind, manifest["metadata"]["name"]))
        return raw(await self._admin.write("POST", self._path(kind), manifest))

    async def get(self, kind: str, name: str) -> Raw | None:
        found = await self._admin.find(self._path(kind, name))
        return None if found is None else raw(found)

    async def patch(self, kind: str, name: str, patch: Raw, subresource: str = "") -> Raw:
        where = self._path(kind, name, *([subresource] if subresource else []))
        return raw(await self._admin.write("PATCH", where, patch, MERGE_PATCH))

    async def delete(self, kind: str, name: str) -> None:
        await self._admin.write("DELETE", self._path(kind, name), AT_ONCE)

    async def delete_namespace(self) -> None:
        await self.delete("Namespace", self.namespace)

    async def allow_capacity(self) -> None:
        self._capacity_allowed = True
        for manifest in yaml.safe_load_all(CAPACITY.read_text()):
            where = path(f"/apis/{manifest['apiVersion']}", PLURALS[manifest["kind"]])
            await self._admin.write("POST", where, manifest)
            self._outside.append(path(where, manifest["metadata"]["name"]))

    async def eventually(self, look: Callable[[], Awaitable[T | None]]) -> T:
        return await control_planes.awaited(look)

    async def clear(self) -> None:
        """Take away what was made: finalizers only the account that takes can remove."""
        for claim in (await self.take.list_claims(self.namespace)).items:
            await self.take.patch_claim(claim, {"metadata": {"finalizers": None}})
        for where in (*self._outside, self._path("Namespace", self.namespace)):
            await _delete(self._admin, where)
        if self._capacity_allowed:
            await self.eventually(self._denied)

    async def _denied(self) -> bool | None:
        """Whether the apiserver has noticed that give may not write to nodes any more; the next world relies on it."""
        attributes = {"verb": "patch", "resource": "nodes", "subresource": "status"}
        user = f"system:serviceaccount:{SYSTEM_NAMESPACE}:{GIVE_ACCOUNT}"
        review = {"spec": {"user": user, "resourceAttributes": attributes}}
        answer = raw(await self._admin.write("POST", REVIEWS, {"kind": "SubjectAccessReview", **review}))
        return None if answer["status"]["allowed"] else True

    def _path(self, kind: str, *rest: str) -> str:
        api, plural = KINDS[kind]
        where = () if kind in CLUSTER_SCOPED else ("namespaces", self.namespace)
        return path(api, *where, plural, *rest)


def raw(text: bytes) -> Raw:
    parsed: Raw = json.loads(text)
    return parsed


async def _delete(admin: Client, where: str) -> None:
    try:
        await admin.write("DELETE", where, AT_ONCE)
    except Gone:
        return


async def _account(admin: Client, access: Access, name: str) -> Access:
    """The access of a service account of `deploy/rbac.yaml`, by a token of its own."""
    where = path("/api/v1", "namespaces", SYSTEM_NAMESPACE, "serviceaccounts", name, "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = raw(await admin.write("POST", where, request))["status"]["token"]
    return replace(access, token=token, certificate=None, key=None)


@asynccontextmanager
async def open_world(administrator: Path) -> AsyncIterator[World]:
    """A new namespace in the cluster of that kubeconfig."""
    access = kubeconfig.load(administrator)
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(open_client(access, Limits(), ApiserverClock()))
        give, take = [
            await stack.enter_async_context(connect(await _account(admin, access, account)))
            for account in (GIVE_ACCOUNT, TAKE_ACCOUNT)
        ]
        made = raw(await admin.write("POST", "/api/v1/namespaces", {"metadata": {"generateName": "contract-"}}))
        world = ApiserverWorld(admin, give, take, made["metadata"]["name"])
        lease = path("/apis/coordination.k8s.io/v1", "namespaces", SYSTEM_NAMESPACE, "leases", LEASE)
        await _delete(admin, lease)
        for cluster in (give, take):  # a cluster knows the time from its first reply on
            await cluster.list_claims(world.namespace)
        try:
            yield world
        finally:
            await world.clear()
            await _delete(admin, lease)
