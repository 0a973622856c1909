"""Objects as the apiserver sends them, and our cluster on a server that answers as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.adapters.kubernetes import Access, KubernetesCluster, connect
from shared.adapters.kubernetes.client import Limits
from shared.core.claim import Claim
from shared.core.pod import Node, Pod
from tests.adapters.kubernetes.server import Reply, Server, serving

Raw = dict[str, Any]
QUICK = Limits(connect_seconds=1.0, seconds=1.0)
TOKEN = "canary.of.the.token"


def pod(name: str = "web-0", **metadata: object) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": "7", **metadata},
        "spec": {"nodeName": "node-1"},
    }


def claim(name: str = "web-0", **metadata: object) -> Raw:
    return {
        "apiVersion": "eipclaim.io/v1alpha1",
        "kind": "EIPClaim",
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": "7", **metadata},
        "spec": {"retention": "Static"},
    }


def page(kind: str, *items: Raw, following: str = "") -> Reply:
    return Reply(body={"kind": f"{kind}List", "metadata": {"continue": following}, "items": list(items)})


CLAIM = Claim.model_validate(claim())
POD = Pod.model_validate(pod())
NODE = Node.model_validate({"metadata": {"name": "node-1", "uid": "uid-node-1", "resourceVersion": "7"}})


@asynccontextmanager
async def cluster_on(*replies: Reply, limits: Limits | None = None) -> AsyncIterator[tuple[KubernetesCluster, Server]]:
    """The cluster behind a server that gives these replies."""
    async with serving(*replies) as server, connect(Access(server.url, token=TOKEN), limits) as cluster:
        yield cluster, server
