"""The ways in which pods and workloads go, and what becomes of their EIPs, without cascade."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from eipctl.dev.account import CLUSTER_ID
from shared.core.identity import mark
from tests.dev.clusters import DELETE_POLICY, Cluster, Raw, address_ids, example, uid

pytestmark = pytest.mark.laptop
PROPAGATIONS = ["background", "foreground", "orphan"]


def evict(cluster: Cluster, pod: str) -> None:
    """As `kubectl drain` does with each pod of a node."""
    metadata = {"name": pod, "namespace": cluster.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{cluster.namespace}/pods/{pod}/eviction"
    cluster.kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(eviction))


WAYS: Mapping[str, Callable[[Cluster, str], None]] = {
    "deleted": lambda cluster, pod: cluster.delete("pod", pod),
    "force-deleted": lambda cluster, pod: cluster.delete("pod", pod, "--force", "--grace-period=0"),
    "deleted-as-orphan": lambda cluster, pod: cluster.delete("pod", pod, "--cascade=orphan"),
    "evicted": evict,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_static_eip_comes_back_with_the_pods_name(cluster: Cluster, way: str) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before = cluster.bound("busybox-0")
    pod = cluster.get("pod", "busybox-0")

    WAYS[way](cluster, "busybox-0")
    cluster.successor(pod)
    after = cluster.bound("busybox-0")

    assert uid(after) == uid(before)
    assert after["status"]["publicIP"] == before["status"]["publicIP"]


@pytest.mark.parametrize("way", WAYS)
def test_a_new_pod_of_a_name_gets_its_eip_after_the_old_ones_is_given_back(cluster: Cluster, way: str) -> None:
    cluster.apply(example("statefulset.yaml", {DELETE_POLICY: None}, replicas=1))
    before = cluster.bound("busybox-0")
    pod = cluster.get("pod", "busybox-0")

    WAYS[way](cluster, "busybox-0")
    cluster.successor(pod)
    after = cluster.bound("busybox-0")

    assert uid(after) != uid(before)
    assert cluster.address(before) is None
    assert released(cluster, before) < bought(cluster, after)


def released(cluster: Cluster, claim: Raw) -> int:
    """The number of the call that gave the claim's EIP back."""
    calls = [one for one in cluster.changes() if one.action == "ReleaseAddresses"]
    return next(one.number for one in calls if claim["status"]["addressID"] in one.params["AddressIds"])


def bought(cluster: Cluster, claim: Raw) -> int:
    """The number of the call that bought the claim's EIP."""
    calls = [one for one in cluster.changes() if one.action == "AllocateAddresses"]
    return next(one.number for one in calls if one.params["AddressName"] == mark(CLUSTER_ID, uid(claim)))


@pytest.mark.parametrize("propagation", PROPAGATIONS[:2])
def test_static_eips_outlive_their_workload_and_the_others_do_not(cluster: Cluster, propagation: str) -> None:
    deployment = example("deployment.yaml")
    cluster.apply(example("statefulset.yaml"), deployment)
    static = [cluster.bound(name) for name in ("busybox-0", "busybox-1")]
    other = cluster.bound(cluster.new_pod(but=["busybox-0", "busybox-1"]))

    cluster.delete("statefulset", "busybox", f"--cascade={propagation}")
    cluster.delete("deployment", "web", f"--cascade={propagation}")
    cluster.ended(other)
    kept = [cluster.retained(name) for name in ("busybox-0", "busybox-1")]

    assert [uid(one) for one in kept] == [uid(one) for one in static]
    assert address_ids(kept) == address_ids(static)
    assert [cluster.target(one) for one in kept] == [None, None]


def test_pods_that_are_left_as_orphans_keep_their_eips_until_they_end_themselves(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1), example("deployment.yaml"))
    web = cluster.new_pod(but=["busybox-0"])
    static, other = cluster.bound("busybox-0"), cluster.bound(web)

    cluster.delete("statefulset", "busybox", "--cascade=orphan")
    cluster.delete("deployment", "web", "--cascade=orphan")
    cluster.eventually("the ReplicaSet is an orphan", lambda: "Deployment" not in owners(cluster, "replicasets"))
    cluster.when("pod", "busybox-0", "is an orphan", lambda pod: "ownerReferences" not in pod["metadata"])

    assert cluster.bound("busybox-0") == static
    assert cluster.bound(web) == other

    cluster.kubectl("delete", "replicasets", "--all", "--wait=false")
    cluster.delete("pod", "busybox-0")

    cluster.ended(other)
    assert uid(cluster.retained("busybox-0")) == uid(static)


def owners(cluster: Cluster, kinds: str) -> str:
    return cluster.kubectl("get", kinds, "--output=jsonpath={.items[*].metadata.ownerReferences[*].kind}")


def test_a_workload_that_is_made_anew_at_once_gets_its_static_eips_back(cluster: Cluster) -> None:
    workload = example("statefulset.yaml")
    cluster.apply(workload)
    names = ["busybox-0", "busybox-1"]
    before = [cluster.bound(name) for name in names]
    pods = [cluster.get("pod", name) for name in names]

    cluster.delete("statefulset", "busybox")
    cluster.apply(workload)
    for pod in pods:
        cluster.successor(pod)
    after = [cluster.bound(name) for name in names]

    assert [uid(one) for one in after] == [uid(one) for one in before]
    assert address_ids(after) == address_ids(before)
