"""Where the objects are that own pods: the well-known workloads by table, others by discovery."""

from __future__ import annotations

from shared.adapters.kubernetes.client import Client, path
from shared.adapters.kubernetes.forms import Discovery, Owned, read_object
from shared.core.claim import OwnerReference
from shared.core.errors import Gone, InputRejected, Refused
from shared.ports import Owner

PLURALS = {
    ("apps/v1", "ReplicaSet"): "replicasets",
    ("apps/v1", "Deployment"): "deployments",
    ("apps/v1", "StatefulSet"): "statefulsets",
    ("apps/v1", "DaemonSet"): "daemonsets",
    ("batch/v1", "Job"): "jobs",
    ("batch/v1", "CronJob"): "cronjobs",
}


class Owners:
    """The owners of pods, with what discovery told in this invocation."""

    def __init__(self, client: Client) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._discovered: dict[str, Discovery] = {}

    async def find(self, namespace: str, reference: OwnerReference) -> Owner | None:
        """The owner, if it is there under that UID and may be read.

        The reference is what whoever made the pod wrote into it: nonsense in it leads nowhere, and to no error.
        """
        try:
            resource = await self._path(namespace, reference)
            text = await self._client.read(resource) if resource else None
        except (Gone, InputRejected, Refused):
            return None
        if text is None:
            return None
        found = read_object(text, reference.kind, Owned).metadata
        if found.uid != reference.uid:
            return None
        return Owner(reference, next((owner for owner in found.owner_references if owner.controller), None))

    async def _path(self, namespace: str, reference: OwnerReference) -> str | None:
        version = path("/apis" if "/" in reference.api_version else "/api", *reference.api_version.split("/"))
        plural = PLURALS.get((reference.api_version, reference.kind))
        if plural:
            return path(version, "namespaces", namespace, plural, reference.name)
        for served in (await self._discover(version)).resources:
            if served.kind == reference.kind and "/" not in served.name:
                where = ("namespaces", namespace) if served.namespaced else ()
                return path(version, *where, served.name, reference.name)
        return None

    async def _discover(self, version: str) -> Discovery:
        if version not in self._discovered:
            text = await self._client.read(version)
            self._discovered[version] = read_object(text, "APIResourceList", Discovery)
        return self._discovered[version]
