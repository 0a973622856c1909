"""Nodes that are drained or deleted while pods with EIPs run on them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dev.clusters import Cluster, address_ids, example, uid

pytestmark = pytest.mark.laptop


def test_from_a_drained_node_a_static_eip_moves_on_and_any_other_is_given_back(cluster: Cluster) -> None:
    moves_on(cluster, lambda node: cluster.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data"))


def test_from_a_deleted_node_a_static_eip_moves_on_and_any_other_is_given_back(cluster: Cluster) -> None:
    """Its machine runs on, and so do its pods, until the controllers delete them as nobody's."""
    moves_on(cluster, lambda node: cluster.delete("node", node))


def test_from_a_lost_machine_a_static_eip_moves_on_and_any_other_is_given_back(cluster: Cluster) -> None:
    """The cloud's controller deletes the node of an instance that is not there any more."""

    def lose(node: str) -> None:
        cluster.terminate_machine(node)
        cluster.delete("node", node)

    moves_on(cluster, lose)


def moves_on(cluster: Cluster, lose: Callable[[str], object]) -> None:
    old = cluster.own_node()
    workloads = example("statefulset.yaml", replicas=1), example("deployment.yaml")
    cluster.apply(*map(cluster.confined, workloads))
    web = cluster.new_pod(but=["busybox-0"])
    static, other = cluster.bound("busybox-0"), cluster.bound(web)
    pod = cluster.get("pod", "busybox-0")
    assert pod["spec"]["nodeName"] == old

    new = cluster.own_node()
    lose(old)
    moved = cluster.successor(pod)
    cluster.ended(other)
    after = cluster.bound("busybox-0")
    successor = cluster.bound(cluster.new_pod(but=["busybox-0", web]))

    assert uid(after) == uid(static)
    assert address_ids([after]) == address_ids([static])
    assert {one["spec"]["nodeName"] for one in cluster.all("pod")} == {new}
    assert successor["status"]["addressID"] != other["status"]["addressID"]
    assert uid(moved) != uid(pod)
