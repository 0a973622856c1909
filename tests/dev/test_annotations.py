"""Annotations that change under a running pod: what follows at once, what at the next pod, and what is refused."""

from __future__ import annotations

import pytest

from tests.dev.clusters import (
    ATTRIBUTES,
    DELETE_POLICY,
    EIP_PUBLIC_IP,
    Cluster,
    Raw,
    address_ids,
    deleting,
    example,
    uid,
)

pytestmark = pytest.mark.laptop


def test_the_bandwidth_follows_the_annotation_of_the_running_pod(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before = cluster.bound("busybox-0")

    cluster.kubectl("annotate", "pod", "busybox-0", "--overwrite", f'{ATTRIBUTES}={{"Bandwidth":"7"}}')
    cluster.eventually("the EIP has that bandwidth", lambda: bandwidth(cluster, before) == 7)
    after = cluster.bound("busybox-0")

    assert after["spec"]["bandwidthMbps"] == 7
    assert address_ids([after]) == address_ids([before])


def bandwidth(cluster: Cluster, claim: Raw) -> int | None:
    address = cluster.address(claim)
    return None if address is None else address.bandwidth


def test_the_bandwidth_of_the_template_follows_with_the_rollout_on_the_same_eip(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before, pod = cluster.bound("busybox-0"), cluster.get("pod", "busybox-0")

    cluster.apply(example("statefulset.yaml", {ATTRIBUTES: '{"Bandwidth":"7"}'}, replicas=1))
    cluster.successor(pod)
    after = cluster.bound("busybox-0")
    cluster.eventually("the EIP has that bandwidth", lambda: bandwidth(cluster, before) == 7)

    assert after["spec"]["bandwidthMbps"] == 7
    assert address_ids([after]) == address_ids([before])


def test_without_never_a_static_claim_ends_with_the_pod_that_runs(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before, pod = cluster.bound("busybox-0"), cluster.get("pod", "busybox-0")

    cluster.kubectl("annotate", "pod", "busybox-0", f"{DELETE_POLICY}-")
    turned = cluster.when("eipc", "busybox-0", "ends with its pod", lambda one: one["spec"]["retention"] == "Pod")

    assert turned["spec"]["podUID"] == uid(pod)
    assert address_ids([cluster.bound("busybox-0")]) == address_ids([before])

    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=0")
    cluster.ended(before)


def test_a_running_pod_that_starts_to_ask_gets_an_eip_and_one_that_stops_loses_it(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", {ATTRIBUTES: None, DELETE_POLICY: None}, replicas=1))
    cluster.eventually("the pod is told what is missing", lambda: cluster.told("AttributesMissing"))
    pod = cluster.get("pod", "busybox-0")
    assert cluster.find("eipc", "busybox-0") is None

    cluster.kubectl("annotate", "pod", "busybox-0", f"{ATTRIBUTES}=")
    claim = cluster.bound("busybox-0")
    assert claim["spec"]["podUID"] == uid(pod)

    cluster.kubectl("annotate", "pod", "busybox-0", f"{ATTRIBUTES}-")
    cluster.ended(claim)
    left = cluster.get("pod", "busybox-0")
    assert uid(left) == uid(pod)
    assert EIP_PUBLIC_IP not in left["metadata"]["annotations"]


def test_a_static_pod_that_stops_asking_loses_its_eip_and_the_claim_keeps_it(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before = cluster.bound("busybox-0")

    cluster.kubectl("annotate", "pod", "busybox-0", f"{ATTRIBUTES}-")
    kept = cluster.retained("busybox-0")
    assert cluster.target(kept) is None

    cluster.kubectl("annotate", "pod", "busybox-0", f"{ATTRIBUTES}=")
    assert address_ids([cluster.bound("busybox-0")]) == address_ids([before])


def test_of_a_deleted_claim_whose_pod_stops_asking_the_pod_says_nothing_any_more(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before = cluster.bound("busybox-0")
    cluster.delete("eipc", "busybox-0")
    cluster.eventually("the pod is told", lambda: cluster.told("InUse"))

    cluster.kubectl("annotate", "pod", "busybox-0", f"{ATTRIBUTES}-")
    cluster.ended(before)

    assert EIP_PUBLIC_IP not in cluster.get("pod", "busybox-0")["metadata"]["annotations"]


def test_a_wrong_value_is_told_once_and_the_right_one_is_served(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", {ATTRIBUTES: '{"Bandwidth":"abc"}'}, replicas=1))
    cluster.eventually("the pod is told", lambda: cluster.told("InvalidBandwidth"))
    cluster.swept(times=2)

    (told,) = [one for one in cluster.all("event") if one["reason"] == "InvalidBandwidth"]
    assert (told["type"], told["count"]) == ("Warning", 1)
    assert told["message"] == "Bandwidth must be a whole number of Mbps, not 'abc'"
    assert cluster.find("eipc", "busybox-0") is None

    cluster.kubectl("annotate", "pod", "busybox-0", "--overwrite", f'{ATTRIBUTES}={{"Bandwidth":"7"}}')
    assert cluster.bound("busybox-0")["spec"]["bandwidthMbps"] == 7


def test_a_wrong_value_under_a_running_pod_is_told_and_changes_nothing(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml", replicas=1))
    before = cluster.bound("busybox-0")

    cluster.kubectl("annotate", "pod", "busybox-0", "--overwrite", f'{ATTRIBUTES}={{"Bandwidth":"abc"}}')
    cluster.eventually("the pod is told", lambda: cluster.told("InvalidBandwidth"))
    cluster.swept(times=2)

    after = cluster.bound("busybox-0")
    assert after["spec"] == before["spec"]
    assert address_ids([after]) == address_ids([before])
    assert not deleting(after)
