"""The rights in deploy/rbac.yaml are those that the port needs, for each account, and no more."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from shared.adapters.kubernetes import KubernetesCluster
from shared.adapters.kubernetes.owners import PLURALS
from shared.core import identity
from shared.core.claim import OwnerReference
from shared.ports import Lease
from tests.adapters.kubernetes.objects import CLAIM, NODE, POD, claim, cluster_on, page, pod
from tests.adapters.kubernetes.server import Reply, Request

STEADY = datetime(2026, 11, 24, tzinfo=timezone.utc)

Right = tuple[str, str, str]
Deed = tuple[Callable[[KubernetesCluster], Awaitable[object]], Reply]
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all(Path("deploy/rbac.yaml").read_text()))
OPTIONAL: list[dict[str, Any]] = list(yaml.safe_load_all(Path("deploy/optional/capacity.yaml").read_text()))
EVENT = {"involvedObject": {"namespace": "team"}}

BOTH: list[Deed] = [
    (lambda c: c.list_pods(), page("Pod")),
    (lambda c: c.get_pod("team", "web-0"), Reply(body=pod())),
    (lambda c: c.patch_pod_status(POD, {}, None), Reply(body=pod())),
    (lambda c: c.list_nodes(), page("Node")),
    (lambda c: c.get_node("node-1"), Reply(body=pod())),
    (lambda c: c.list_claims(), page("EIPClaim")),
    (lambda c: c.get_claim("team", "web-0"), Reply(body=claim())),
    (lambda c: c.patch_claim(CLAIM, {}), Reply(body=claim())),
    (lambda c: c.patch_claim_status(CLAIM, {}), Reply(body=claim())),
    (lambda c: c.create_event(EVENT), Reply()),
]
GIVE: list[Deed] = [
    (lambda c: c.create_claim(claim()), Reply(body=claim())),
    *(
        (
            lambda c, api=api, kind=kind: c.get_owner(
                "team", OwnerReference(api_version=api, kind=kind, name="web", uid="u")
            ),
            Reply(body={"metadata": {"name": "web", "uid": "u"}}),
        )
        for api, kind in PLURALS
    ),
]
CAPACITY: list[Deed] = [(lambda c: c.patch_node_status(NODE, {}, {}), Reply(body=pod()))]
TAKE: list[Deed] = [
    (lambda c: c.delete_claim(CLAIM), Reply()),
    (lambda c: c.get_lease(), Reply(body={"metadata": {"name": "l", "uid": "u"}})),
    (lambda c: c.renew_lease(None, "me", STEADY), Reply()),
    (lambda c: c.renew_lease(Lease("1", None), "me", STEADY), Reply()),
]
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}
PATH = re.compile(r"/(?:api|apis/(?P<group>[^/]+))/v[^/]+(?:/namespaces/[^/]+)?/(?P<plural>[^/?]+)(?P<rest>/[^?]+)?")


def needed(request: Request) -> Right:
    """What the apiserver asks RBAC for a request."""
    match = PATH.match(request.path)
    assert match, request.path
    rest = (match["rest"] or "").split("/")[1:]
    verb = "list" if request.method == "GET" and not rest else VERBS[request.method]
    return match["group"] or "", "/".join([match["plural"], *rest[1:]]), verb


async def used(deeds: list[Deed]) -> set[Right]:
    async with cluster_on(*(reply for _, reply in deeds)) as (cluster, server):
        for deed, _ in deeds:
            await deed(cluster)
    return {needed(request) for request in server.requests}


def granted(account: str, documents: list[dict[str, Any]] = DOCUMENTS) -> set[Right]:
    """All rights that some binding gives an account."""
    roles = {(one["kind"], one["metadata"]["name"]): one for one in documents if one["kind"].endswith("Role")}
    found: set[Right] = set()
    for binding in (one for one in documents if one["kind"].endswith("RoleBinding")):
        if {"kind": "ServiceAccount", "name": account, "namespace": identity.SYSTEM_NAMESPACE} in binding["subjects"]:
            for rule in roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]]["rules"]:
                found |= {
                    (group, resource, verb)
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                }
    return found


async def test_give_has_the_rights_that_it_uses_and_no_others() -> None:
    assert granted(identity.GIVE_ACCOUNT) == await used([*BOTH, *GIVE])


async def test_publishing_capacity_needs_one_right_that_is_not_applied_with_the_others() -> None:
    assert granted(identity.GIVE_ACCOUNT, OPTIONAL) == await used(CAPACITY)
    assert granted(identity.TAKE_ACCOUNT, OPTIONAL) == set()


async def test_take_has_the_rights_that_it_uses_and_no_others() -> None:
    """In its own order: the time of a lease is that of an earlier reply."""
    assert granted(identity.TAKE_ACCOUNT) == await used([*BOTH, *TAKE])


def test_the_lease_is_the_only_one_that_can_be_read_or_renewed_and_only_in_our_namespace() -> None:
    (role,) = [one for one in DOCUMENTS if one["kind"] == "Role"]

    assert role["metadata"]["namespace"] == identity.SYSTEM_NAMESPACE
    for rule in role["rules"]:
        assert rule["verbs"] == ["create"] or rule["resourceNames"] == [identity.LEASE]


def test_every_account_and_role_is_there_once_and_in_our_namespace() -> None:
    accounts = [one["metadata"] for one in DOCUMENTS if one["kind"] == "ServiceAccount"]

    assert {one["name"] for one in accounts} == {identity.GIVE_ACCOUNT, identity.TAKE_ACCOUNT}
    assert {one["namespace"] for one in accounts} == {identity.SYSTEM_NAMESPACE}
    assert len({(one["kind"], one["metadata"]["name"]) for one in DOCUMENTS}) == len(DOCUMENTS)
