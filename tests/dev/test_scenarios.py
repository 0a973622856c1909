"""What people do with pods and claims, on a real control plane, and what becomes of the EIPs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from eipctl.dev.invocations import Invocation
from eipctl.dev.machines import EIPS_EACH
from eipctl.dev.world import World
from tests.dev.clusters import Cluster, Raw, example, job

pytestmark = pytest.mark.laptop
READY, GATE = "Ready", "eipclaim.io/bound"
FORBIDDEN = 403


def condition(pod: Raw, kind: str) -> str | None:
    return next((one["status"] for one in pod["status"].get("conditions", ()) if one["type"] == kind), None)


def when(cluster: Cluster, what: str, kind: str, name: str, holds: Callable[[Raw], bool]) -> Raw:
    """The object once that holds."""

    def look() -> Raw | None:
        found = cluster.find(kind, name)
        return found if found and holds(found) else None

    return cluster.eventually(f"{name} {what}", look)


def test_tkes_manifest_gives_each_pod_an_eip_and_tells_it(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))

    claims = [cluster.bound(f"busybox-{number}") for number in range(2)]

    assert len({claim["status"]["addressID"] for claim in claims}) == 2
    assert {claim["spec"]["retention"] for claim in claims} == {"Static"}
    annotations = cluster.get("pod", "busybox-0")["metadata"]["annotations"]
    assert annotations["tke.cloud.tencent.com/eip-id"] == claims[0]["status"]["addressID"]
    assert "AssociatedEIP" in cluster.kubectl("get", "events")


@pytest.mark.parametrize("how", [[], ["--force", "--grace-period=0"]], ids=["deleted", "force-deleted"])
def test_a_static_eip_comes_back_with_the_pods_name(cluster: Cluster, how: list[str]) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-0")
    pod = cluster.get("pod", "busybox-0")

    cluster.kubectl("delete", "pod", "busybox-0", "--wait=false", *how)
    cluster.successor(pod)
    after = cluster.bound("busybox-0")

    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["publicIP"] == before["status"]["publicIP"]


def test_scaled_down_the_eip_is_kept_unbound_and_scaled_up_it_is_bound_again(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-1")

    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=1")
    kept = when(cluster, "is retained", "eipc", "busybox-1", lambda claim: claim["status"]["phase"] == "Retained")

    assert cluster.target(kept) is None
    assert kept["status"]["expiresAt"]

    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=2")
    after = cluster.bound("busybox-1")

    assert after["status"]["publicIP"] == before["status"]["publicIP"]
    assert "expiresAt" not in after["status"]


def test_a_rolling_update_buys_a_new_eip_and_gives_the_old_one_back(cluster: Cluster) -> None:
    cluster.apply(example("deployment.yaml"))
    old = cluster.new_pod()
    before = cluster.bound(old)

    cluster.kubectl("set", "env", "deployment/web", "VERSION=2")
    new = cluster.new_pod(but=[old])
    after = cluster.bound(new)

    assert after["status"]["addressID"] != before["status"]["addressID"]
    cluster.gone("eipc", old)
    cluster.released(before["status"]["addressID"])
    assert cluster.names("eipc") == [new]


def test_a_claim_that_is_deleted_while_its_pod_lives_ends_with_the_pod(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-0")

    cluster.kubectl("delete", "eipc", "busybox-0", "--wait=false")
    cluster.eventually("the pod is told", lambda: "InUse" in cluster.kubectl("get", "events"))

    assert cluster.target(before) == cluster.get("pod", "busybox-0")["status"]["podIP"]

    cluster.kubectl("delete", "pod", "busybox-0", "--wait=false")
    cluster.released(before["status"]["addressID"])
    after = cluster.bound("busybox-0")

    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["addressID"] != before["status"]["addressID"]


def test_a_claim_that_is_deleted_when_its_pod_is_gone_gives_its_eip_back(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-1")
    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=1")
    cluster.gone("pod", "busybox-1")

    cluster.kubectl("delete", "eipc", "busybox-1", "--wait=false")

    cluster.gone("eipc", "busybox-1")
    assert cluster.address(before["status"]["addressID"]) is None


def test_with_its_namespace_everything_goes(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"), example("deployment.yaml"))
    names = ["busybox-0", "busybox-1", cluster.new_pod(but=["busybox-0", "busybox-1"])]
    addresses = [cluster.bound(name)["status"]["addressID"] for name in names]

    cluster.kubectl("delete", "namespace", cluster.namespace, "--wait=false")

    cluster.gone("namespace", cluster.namespace)
    assert [cluster.address(one) for one in addresses] == [None] * 3


def test_a_completed_jobs_pod_gives_its_eip_back_though_its_object_stays(cluster: Cluster) -> None:
    cluster.apply(job("once", seconds=8))
    name = cluster.new_pod()
    before = cluster.bound(name)

    cluster.gone("eipc", name)

    assert cluster.address(before["status"]["addressID"]) is None
    assert cluster.get("pod", name)["status"]["phase"] == "Succeeded"


def test_a_pod_that_waits_for_its_address_is_ready_only_when_it_is_bound(cluster: Cluster) -> None:
    cluster.apply(example("statefulset-expiring.yaml"))
    waiting = when(cluster, "runs", "pod", "game-0", lambda pod: pod["status"]["phase"] == "Running")

    assert condition(waiting, READY) == "False"

    cluster.bound("game-0")
    ready = when(cluster, "is ready", "pod", "game-0", lambda pod: condition(pod, READY) == "True")
    assert condition(ready, GATE) == "True"
    cluster.bound("game-1")


def test_the_scheduler_holds_back_a_pod_that_finds_no_room_for_its_eip(cluster: Cluster) -> None:
    workload = example("deployment.yaml")
    workload["spec"]["replicas"] = EIPS_EACH + 1
    workload["spec"]["template"]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "node-3"}
    cluster.apply(workload)

    def full() -> bool:
        return len(cluster.in_phase("Running")) == EIPS_EACH and len(cluster.in_phase("Pending")) == 1

    cluster.eventually("the node is full", full)
    (waiting,) = cluster.in_phase("Pending")
    assert "Insufficient tke.cloud.tencent.com/eip" in str(cluster.get("pod", waiting)["status"]["conditions"])
    assert cluster.find("eipc", waiting) is None

    cluster.kubectl("delete", "pod", cluster.in_phase("Running")[0], "--wait=false")
    cluster.bound(waiting)


def test_nothing_that_the_functions_asked_for_was_forbidden_and_none_of_them_failed(
    world: World, cluster: Cluster, invocations: list[Invocation]
) -> None:
    cluster.apply(example("statefulset.yaml"))
    cluster.bound("busybox-0")

    forbidden = [
        record for record in audited(world) if is_ours(record) and record["responseStatus"]["code"] == FORBIDDEN
    ]

    assert [(one["verb"], one["requestURI"]) for one in forbidden if not is_too_late(one)] == []
    assert [one for one in invocations if one.error or "error" in (one.result or {})] == []


def audited(world: World) -> list[Raw]:
    return [json.loads(line) for line in world.plane.audit_log.read_text().splitlines()]


def is_ours(record: Raw) -> bool:
    username: str = record["user"]["username"]
    return username.startswith("system:serviceaccount:eipclaim-system:")


def is_too_late(record: Raw) -> bool:
    """Nothing can be made in a namespace that is going."""
    return "being terminated" in record["responseStatus"].get("message", "")
