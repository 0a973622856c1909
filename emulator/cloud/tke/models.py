"""The account's Kubernetes clusters. They come and go by the console only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.cloud.errors import CloudError

DEFAULT_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: {cluster}, cluster: {{server: "https://{cluster}.ccs.tencent-cloud.com"}}}}]
users: [{{name: {identity}, user: {{}}}}]
contexts: [{{name: {cluster}, context: {{cluster: {cluster}, user: {identity}}}}}]
current-context: {cluster}
"""
"""What a caller gets of a cluster with no access of that kind: it names a host that nobody reaches."""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Where a cluster's audit log goes."""

    logset_id: str
    topic_id: str


@dataclass(slots=True)
class Cluster:
    """A cluster, and the kubeconfigs of its private and its public access."""

    cluster_id: str
    vpc_id: str
    name: str
    version: str
    created_at: float
    audit: AuditLog | None = None
    nodes: int = 0
    status: str = "Running"
    private: str | None = field(default=None, repr=False)
    public: str | None = field(default=None, repr=False)
    own: dict[str, str] = field(default_factory=dict, repr=False)
    """By identity, the kubeconfig of callers whose certificate is another than that of `private`."""

    def kubeconfig(self, identity: str, *, public: bool) -> str:
        """What that caller gets."""
        given = self.public if public else self.own.get(identity, self.private)
        return given or DEFAULT_KUBECONFIG.format(cluster=self.cluster_id, identity=identity)


class Clusters:
    """All clusters, by id."""

    def __init__(self) -> None:
        """None."""
        self._by_id: dict[str, Cluster] = {}

    def __iter__(self) -> Iterator[Cluster]:
        """In order of creation."""
        return iter(self._by_id.values())

    def add(self, cluster: Cluster) -> None:
        """Have that cluster, in place of another of its id."""
        self._by_id[cluster.cluster_id] = cluster

    def get(self, cluster_id: str) -> Cluster | None:
        """The cluster, if there is one."""
        return self._by_id.get(cluster_id)

    def find(self, cluster_id: str) -> Cluster:
        """The cluster. Raises CloudError if there is none."""
        cluster = self.get(cluster_id)
        if cluster is None:
            raise CloudError("InternalError.ClusterNotFound", f"There is no cluster {cluster_id}.")
        return cluster

    def remove(self, cluster_id: str) -> None:
        """Have the cluster gone. Raises CloudError if there is none."""
        del self._by_id[self.find(cluster_id).cluster_id]
