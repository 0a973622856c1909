"""The objects of `deploy/` in a cluster: server-side apply, the difference by a dry run, and their removal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from eipctl.deployment.changes import Seen
from eipctl.deployment.ports import APPLY, Cluster, Json, Sides, find
from eipctl.dev.binaries import ROOT
from shared.adapters.kubernetes.client import path
from shared.core.errors import Gone, Refused

FOLDER = ROOT / "deploy"
FILES = ("crd.yaml", "rbac.yaml", "admission.yaml")
"""In this order: accounts before what is bound to them, and the policy last."""

MANAGER = "eipctl"
PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "CustomResourceDefinition": "customresourcedefinitions",
    "Namespace": "namespaces",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ServiceAccount": "serviceaccounts",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
POLICIES = frozenset({"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"})
_OURS_TO_IGNORE = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Manifest:
    """One object. Implements Removable."""

    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Such as ClusterRole."""
        return str(self.content["kind"])

    @property
    def name(self) -> str:
        """Such as ClusterRole/eipclaim-give."""
        return f"{self.kind}/{self.content['metadata']['name']}"

    @property
    def where(self) -> str:
        """Its path at the apiserver."""
        api, metadata = str(self.content["apiVersion"]), self.content["metadata"]
        namespace = metadata.get("namespace")
        inside = ("namespaces", namespace) if namespace else ()
        return path(f"/apis/{api}" if "/" in api else f"/api/{api}", *inside, PLURALS[self.kind], metadata["name"])

    async def look(self, sides: Sides) -> Seen:
        """As it is, and as applying it would make it, which a dry run says. Raises Refused where that is forbidden.

        An apiserver below 1.30 knows no admission policies: there they are not wanted.
        """
        try:
            found = await find(sides.cluster, self.where)
        except Refused as error:
            if self.kind in POLICIES and error.reason == "NotServed":
                return Seen(None, None)
            raise
        if found is not None and "deletionTimestamp" in found["metadata"]:
            return Seen(_plain(found), _plain(self.content))
        try:
            wanted = await self._apply(sides.cluster, "&dryRun=All")
        except Gone:  # its namespace is not there yet
            wanted = self.content
        return Seen(None if found is None else _plain(found), _plain(wanted))

    async def there(self, sides: Sides) -> bool:
        """Whether the cluster has it."""
        try:
            return await find(sides.cluster, self.where) is not None
        except Refused as error:
            if error.reason == "NotServed":
                return False
            raise

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Apply it; what other managers say of the same fields yields."""
        del seen
        await self._apply(sides.cluster)

    async def remove(self, sides: Sides) -> None:
        """Delete it, and what it owns after it."""
        try:
            await sides.cluster.send("DELETE", self.where, {"propagationPolicy": "Background"})
        except Gone:
            return
        except Refused as error:
            if error.reason != "NotServed":
                raise

    async def _apply(self, cluster: Cluster, more: str = "") -> Json:
        return await cluster.send("PATCH", f"{self.where}?fieldManager={MANAGER}&force=true{more}", self.content, APPLY)


@cache
def read(*names: str) -> Sequence[Manifest]:
    """All objects of those files of `deploy/` (none named: of those that are installed), as they are applied."""
    texts = (Path(FOLDER, name).read_text(encoding="utf-8") for name in names or FILES)
    return tuple(Manifest(one) for text in texts for one in yaml.safe_load_all(text))


def _plain(content: Json) -> Json:
    """Without what the apiserver keeps for itself."""
    copied: dict[str, Any] = json.loads(json.dumps(content))
    copied.pop("status", None)
    metadata = copied["metadata"]
    for field in _OURS_TO_IGNORE:
        metadata.pop(field, None)
    annotations = {name: value for name, value in metadata.pop("annotations", {}).items() if name != _LAST_APPLIED}
    return {**copied, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}
