"""What the two service accounts may do, asked of the apiserver with their own tokens: all of the manifest, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from eipctl.deployment import manifests
from eipctl.deployment.connecting import open_cluster
from eipctl.deployment.doctor.findings import Patient, Verdict, error, ok
from eipctl.deployment.installation import SERVICE_ACCOUNTS
from eipctl.deployment.ports import Cluster, Json
from eipctl.deployment.tokens import Kubeconfig
from shared.core.errors import InputRejected, Refused
from shared.core.identity import GROUP, LEASE, SYSTEM_NAMESPACE
from shared.core.table import Role

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Right(NamedTuple):
    """A verb on a resource of a group; in all namespaces, or one, and there perhaps on one name only."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        """As RBAC's messages say it."""
        return " ".join(part for part in (self.verb, self.resource, self.name) if part)


DANGEROUS = (
    Right("patch", "pods"),
    Right("update", "pods"),
    Right("create", "pods"),
    Right("delete", "pods"),
    Right("get", "secrets"),
    Right("list", "secrets"),
    Right("create", "serviceaccounts/token"),
    Right("patch", "nodes"),
    Right("create", "clusterrolebindings", "rbac.authorization.k8s.io"),
)
HEARTBEAT = Right("update", "leases", "coordination.k8s.io", SYSTEM_NAMESPACE, LEASE)
THE_OTHERS = {
    Role.GIVE: (Right("delete", "eipclaims", GROUP), HEARTBEAT),
    Role.TAKE: (Right("create", "eipclaims", GROUP),),
}


def granted(account: str) -> Sequence[Right]:
    """All that the manifest grants an account."""
    objects = [one.content for one in manifests.read()]
    roles = {(one["kind"], one["metadata"]["name"]): one for one in objects if one["kind"].endswith("Role")}
    bound = [
        roles[one["roleRef"]["kind"], one["roleRef"]["name"]]
        for one in objects
        if one["kind"].endswith("RoleBinding") and any(subject["name"] == account for subject in one["subjects"])
    ]
    return [
        Right(verb, resource, group, role["metadata"].get("namespace", ""), name)
        for role in bound
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    ]


async def rights(patient: Patient) -> Sequence[Verdict]:
    """Both accounts'."""
    return list(chain(*[await _of(patient, role) for role in Role]))


async def _of(patient: Patient, role: Role) -> Sequence[Verdict]:
    """By the token in the account's secret, at the endpoint that this machine reaches."""
    account, title = SERVICE_ACCOUNTS[role], patient.installation.title(role)
    secret = Kubeconfig(title, account, patient.own.server, patient.own.ca)
    try:
        access = await secret.read(patient.sides)
    except InputRejected as problem:
        return [error(f"the secret {title} holds no kubeconfig that can be used: {problem.message}", "eipctl install")]
    if access is None:
        return [error(f"there is no secret {title}", "eipctl install")]
    here = replace(access, server=patient.own.server, ca=patient.own.ca, tls_server_name=patient.own.tls_server_name)
    async with open_cluster(here) as cluster:
        try:
            lacking = [one for one in granted(account) if not await _may(cluster, one)]
        except Refused as problem:
            return [error(f"the token of {account} is not taken: {problem.message}", "eipctl install")]
        surplus = [one for one in (*DANGEROUS, *THE_OTHERS[role]) if await _may(cluster, one)]
    return _judged(account, lacking, surplus)


def _judged(account: str, lacking: Sequence[Right], surplus: Sequence[Right]) -> Sequence[Verdict]:
    found = []
    if lacking:
        found.append(error(f"{account} may not {', '.join(map(str, lacking))}", "eipctl install"))
    if surplus:
        what = f"{account} may {', '.join(map(str, surplus))}, which it must not"
        found.append(
            error(what, "find the binding that grants it: kubectl get clusterrolebindings,rolebindings -A -o wide")
        )
    return found or [ok(f"{account}: all of deploy/rbac.yaml, nothing dangerous")]


async def _may(cluster: Cluster, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    body: Json = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {name: value for name, value in attributes.items() if value}},
    }
    return bool((await cluster.send("POST", REVIEW, body))["status"]["allowed"])
