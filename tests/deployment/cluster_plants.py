"""Faults to plant in the cluster of a healthy installation; leaving one mends it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from eipctl.deployment.doctor.rights import Right
from eipctl.deployment.manifests import Manifest, read
from shared.adapters.kubernetes.client import MERGE_PATCH
from shared.core import identity
from tests import crds
from tests.contract.worlds import claim
from tests.control_planes import awaited
from tests.deployment.sites import Planting, Site, now

RBAC = "/apis/rbac.authorization.k8s.io/v1"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{identity.SYSTEM_NAMESPACE}/leases/{identity.LEASE}"
CONFIG = "/api/v1/namespaces/kube-system/configmaps"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
CLAIMS = f"/apis/{identity.API_VERSION}/namespaces/default/eipclaims"


def manifest(name: str) -> Manifest:
    return next(one for one in read() if one.name == name)


@asynccontextmanager
async def old_crd(site: Site) -> AsyncIterator[Mapping[str, str]]:
    one = manifest("CustomResourceDefinition/eipclaims.eipclaim.io")
    found = await site.admin("GET", one.where)
    older = {**crds.without("intent.token"), "metadata": found["metadata"]}
    await site.admin("PUT", one.where, older)
    yield {}
    found = await site.admin("GET", one.where)
    await site.admin("PUT", one.where, {**crds.current(), "metadata": found["metadata"]})


def noticed(account: str, right: Right, *, allowed: bool) -> Callable[[Planting], Planting]:
    """A planting after which an account has that right or lacks it, until its end.

    The apiserver learns of roles and bindings by watching them, so each time it is asked until it judges so.
    """

    def of(planting: Planting) -> Planting:
        @asynccontextmanager
        async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
            async with planting(site) as variables:
                await awaited(lambda: judged(site, account, right, allowed=allowed))
                yield variables
            await awaited(lambda: judged(site, account, right, allowed=not allowed))

        return plant

    return of


async def judged(site: Site, account: str, right: Right, *, allowed: bool) -> bool | None:
    resource, _, subresource = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource}
    user = f"system:serviceaccount:{identity.SYSTEM_NAMESPACE}:{account}"
    body = {"kind": "SubjectAccessReview", "spec": {"user": user, "resourceAttributes": attributes}}
    return True if (await site.admin("POST", REVIEWS, body))["status"]["allowed"] is allowed else None


def deleted(name: str) -> Planting:
    """An object of deploy/ is deleted."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        await site.admin("DELETE", manifest(name).where)
        yield {}
        await site.install()

    return plant


without_binding = noticed(identity.TAKE_ACCOUNT, Right("delete", "eipclaims", identity.GROUP), allowed=False)(
    deleted(f"ClusterRoleBinding/{identity.TAKE_ACCOUNT}")
)


@noticed(identity.GIVE_ACCOUNT, Right("patch", "pods/status"), allowed=False)
@asynccontextmanager
async def too_few_rights(site: Site) -> AsyncIterator[Mapping[str, str]]:
    one = manifest("ClusterRole/eipclaim-give")
    rules = [rule for rule in one.content["rules"] if rule["resources"] != ["pods/status"]]
    await site.admin("PATCH", one.where, {"rules": rules}, MERGE_PATCH)
    yield {}
    await site.install()


@noticed(identity.TAKE_ACCOUNT, Right("patch", "pods"), allowed=True)
@asynccontextmanager
async def too_many_rights(site: Site) -> AsyncIterator[Mapping[str, str]]:
    subject = {"kind": "ServiceAccount", "name": identity.TAKE_ACCOUNT, "namespace": identity.SYSTEM_NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "planted"}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}]
    await site.admin("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "planted"}, "rules": rules})
    binding = {"metadata": {"name": "planted"}, "roleRef": role, "subjects": [subject]}
    await site.admin("POST", f"{RBAC}/clusterrolebindings", binding)
    yield {}
    for plural in ("clusterrolebindings", "clusterroles"):
        await site.admin("DELETE", f"{RBAC}/{plural}/planted")


def masquerading(site: Site) -> AbstractAsyncContextManager[Mapping[str, str]]:
    return _masquerading(site, json.dumps({"NonMasqueradeCIDRs": ["10.0.0.0/8"], "MasqLinkLocal": True}))


def masquerading_unreadably(site: Site) -> AbstractAsyncContextManager[Mapping[str, str]]:
    return _masquerading(site, "since: 2026-02-30")


@asynccontextmanager
async def _masquerading(site: Site, config: str) -> AsyncIterator[Mapping[str, str]]:
    body = {"metadata": {"name": "ip-masq-agent-config"}, "data": {"config": config}}
    await site.admin("POST", CONFIG, body)
    yield {}
    await site.admin("DELETE", f"{CONFIG}/ip-masq-agent-config")


@asynccontextmanager
async def late_sweep(site: Site) -> AsyncIterator[Mapping[str, str]]:
    late = now() - timedelta(minutes=6)
    body = {"spec": {"renewTime": late.isoformat(timespec="microseconds").replace("+00:00", "Z")}}
    await site.admin("PATCH", LEASE, body, MERGE_PATCH)
    yield {}
    await site.sweep()


@asynccontextmanager
async def no_sweep(site: Site) -> AsyncIterator[Mapping[str, str]]:
    await site.admin("DELETE", LEASE)
    yield {}
    await site.sweep()


@asynccontextmanager
async def blocked(site: Site) -> AsyncIterator[Mapping[str, str]]:
    made = claim("web-0")
    made["metadata"].pop("finalizers")
    await site.admin("POST", CLAIMS, made)
    at = now().isoformat(timespec="seconds").replace("+00:00", "Z")
    condition = {
        "type": "Allocated",
        "status": "False",
        "reason": "DailyQuota",
        "message": "",
        "lastTransitionTime": at,
    }
    status = {"status": {"phase": "Blocked", "conditions": [condition]}}
    await site.admin("PATCH", f"{CLAIMS}/web-0/status", status, MERGE_PATCH)
    yield {}
    await site.admin("DELETE", f"{CLAIMS}/web-0")
