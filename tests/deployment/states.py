"""What a cluster and an account hold, to be compared before and after."""

from __future__ import annotations

import json
from typing import Any

from eipctl.deployment import manifests
from eipctl.deployment.ports import Cluster, Json
from emulator.cloud import Cloud as EmulatedCloud
from shared.adapters.kubernetes import kubeconfig
from shared.adapters.kubernetes.client import path
from shared.core.errors import Gone, Refused

Raw = dict[str, Any]
PAGES = {"Page": 1, "Rp": 200}

LISTED = {
    **manifests.PLURALS,
    "Lease": "leases",
    "Secret": "secrets",
    "Pod": "pods",
    "Node": "nodes",
}
APIS = {
    **dict.fromkeys(("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"), "/apis/rbac.authorization.k8s.io/v1"),
    **dict.fromkeys(manifests.POLICIES, "/apis/admissionregistration.k8s.io/v1"),
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1",
    "Lease": "/apis/coordination.k8s.io/v1",
}


async def cluster(port: Cluster) -> Raw:
    """All objects of the kinds that an installation makes or may touch."""
    return {kind: await _all(port, kind) for kind in LISTED}


def account(cloud: EmulatedCloud) -> Raw:
    """What an account holds, as its APIs tell it; of the kubeconfigs in its secrets, where they lead."""
    return {
        "addresses": [one.address_id for one in cloud.holdings()],
        "tags": cloud.call("tag", "GetTags", {"MaxResults": 200})["Tags"],
        "roles": [_role(cloud, one["RoleName"]) for one in cloud.call("cam", "DescribeRoleList", PAGES)["List"]],
        "policies": [
            [one["PolicyName"], cloud.call("cam", "GetPolicy", {"PolicyId": one["PolicyId"]})["PolicyDocument"]]
            for one in cloud.call("cam", "ListPolicies", {**PAGES, "Scope": "Local"})["List"]
        ],
        "secrets": [
            [one.name, one.status, *(kubeconfig.read(value.text).server for value in one.versions.values())]
            for one in cloud.secrets
        ],
        "functions": [
            [one.name, one.retries, one.ttl_seconds, one.reserved_mb, sorted(map(str, one.triggers))]
            for one in cloud.functions
        ],
        "deliveries": [[topic.topic_id, one.function] for topic in cloud.topics for one in topic.deliveries],
    }


def _role(cloud: EmulatedCloud, name: str) -> Raw:
    told = cloud.call("cam", "GetRole", {"RoleName": name})["RoleInfo"]["PolicyDocument"]
    attached = cloud.call("cam", "ListAttachedRolePolicies", {**PAGES, "RoleName": name})["List"]
    return {"name": name, "trust": told, "attached": [one["PolicyName"] for one in attached]}


async def _all(cluster: Cluster, kind: str) -> Raw:
    try:
        listed = await cluster.send("GET", path(APIS.get(kind, "/api/v1"), LISTED[kind]))
    except (Gone, Refused):
        return {}
    return {f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}": _still(one) for one in listed["items"]}


def _still(one: Json) -> Raw:
    """A lease is renewed by whoever holds it: it counts only that there is one."""
    told = {"metadata", "status", *(["spec"] if "renewTime" in one.get("spec", {}) else [])}
    kept: Raw = {name: value for name, value in one.items() if name not in told}
    return {**kept, "labels": one["metadata"].get("labels"), "annotations": one["metadata"].get("annotations")}


def dumped(state: Raw) -> str:
    """For a readable difference."""
    return json.dumps(state, indent=1, sort_keys=True)
