"""The cluster on the wire: `connect(access)` opens a `KubernetesCluster`; `kubeconfig` says where and as whom."""

import shared.adapters.kubernetes.lighter  # noqa: F401 - before any other loads aiohttp
from shared.adapters.kubernetes.cluster import KubernetesCluster, connect
from shared.adapters.kubernetes.kubeconfig import Access

__all__ = ["Access", "KubernetesCluster", "connect"]
