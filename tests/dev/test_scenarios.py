"""What people do with pods and claims, on a real control plane, and what becomes of the EIPs."""

from __future__ import annotations

from collections import Counter

import pytest

from eipctl.dev import figures
from eipctl.dev.figures import Record
from eipctl.dev.machines import EIPS_EACH
from tests.dev.clusters import EIP_ID, Cluster, Raw, address_ids, example, job, uid
from tests.dev.conftest import Stage
from tests.dev.laptops import Laptop, failures

pytestmark = pytest.mark.laptop
READY, GATE = "Ready", "eipclaim.io/bound"
FORBIDDEN = 403


def condition(pod: Raw, kind: str) -> str | None:
    return next((one["status"] for one in pod["status"].get("conditions", ()) if one["type"] == kind), None)


def test_tkes_manifest_gives_each_pod_an_eip_and_tells_it(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))

    claims = [cluster.bound(f"busybox-{number}") for number in range(2)]

    assert len(set(address_ids(claims))) == 2
    assert {claim["spec"]["retention"] for claim in claims} == {"Static"}
    annotations = cluster.get("pod", "busybox-0")["metadata"]["annotations"]
    assert annotations[EIP_ID] == claims[0]["status"]["addressID"]
    assert cluster.told("AssociatedEIP")


def test_scaled_down_the_eip_is_kept_unbound_and_scaled_up_it_is_bound_again(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-1")

    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=1")
    kept = cluster.retained("busybox-1")

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
    cluster.ended(before)
    assert cluster.names("eipc") == [new]


def test_a_claim_that_is_deleted_while_its_pod_lives_ends_with_the_pod(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-0")

    cluster.delete("eipc", "busybox-0")
    cluster.eventually("the pod is told", lambda: cluster.told("InUse"))

    assert cluster.target(before) == cluster.get("pod", "busybox-0")["status"]["podIP"]

    cluster.delete("pod", "busybox-0")
    cluster.ended(before)
    after = cluster.bound("busybox-0")

    assert uid(after) != uid(before)
    assert after["status"]["addressID"] != before["status"]["addressID"]


def test_a_claim_that_is_deleted_when_its_pod_is_gone_gives_its_eip_back(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"))
    before = cluster.bound("busybox-1")
    cluster.kubectl("scale", "statefulset", "busybox", "--replicas=1")
    cluster.gone("pod", "busybox-1")

    cluster.delete("eipc", "busybox-1")

    cluster.gone("eipc", "busybox-1")
    assert cluster.address(before) is None


def test_with_its_namespace_everything_goes(cluster: Cluster) -> None:
    cluster.apply(example("statefulset.yaml"), example("deployment.yaml"))
    names = ["busybox-0", "busybox-1", cluster.new_pod(but=["busybox-0", "busybox-1"])]
    claims = [cluster.bound(name) for name in names]

    cluster.delete("namespace", cluster.namespace)

    cluster.gone("namespace", cluster.namespace)
    assert [cluster.address(claim) for claim in claims] == [None] * 3


def test_a_completed_jobs_pod_gives_its_eip_back_though_its_object_stays(cluster: Cluster) -> None:
    cluster.apply(job("once", seconds=3600))
    name = cluster.new_pod()
    before = cluster.bound(name)

    # Not by itself: it would not know when it is bound.
    cluster.kubectl("patch", "pod", name, "--subresource=status", '--patch={"status":{"phase":"Succeeded"}}')
    cluster.gone("eipc", name)

    assert cluster.address(before) is None
    assert cluster.get("pod", name)["status"]["phase"] == "Succeeded"


def test_a_jobs_pod_ends_by_itself_and_one_that_asks_for_nothing_gets_no_eip(cluster: Cluster) -> None:
    cluster.apply(job("brief", seconds=1, eip=False))
    name = cluster.new_pod()

    cluster.when("pod", name, "has ended", lambda pod: bool(pod["status"]["phase"] == "Succeeded"))
    assert cluster.find("eipc", name) is None


def test_a_pod_that_waits_for_its_address_is_ready_only_when_it_is_bound(cluster: Cluster) -> None:
    cluster.apply(example("statefulset-expiring.yaml"))

    cluster.bound("game-0")
    ready = cluster.when("pod", "game-0", "is ready", lambda pod: condition(pod, READY) == "True")

    assert condition(ready, GATE) == "True"
    first = next(one["requestObject"] for one in cluster.audited() if is_start(one, "game-0"))
    assert condition(first, READY) == "False"
    cluster.bound("game-1")


def is_start(record: Record, name: str) -> bool:
    """Whether the kubelet says that the pod runs: it may be bound before anybody has looked."""
    about = record.get("objectRef", {})
    asked = (record["verb"], about.get("resource"), about.get("subresource"), about.get("name"))
    return asked == ("patch", "pods", "status", name) and "podIP" in record["requestObject"]["status"]


def test_the_scheduler_holds_back_a_pod_that_finds_no_room_for_its_eip(cluster: Cluster) -> None:
    cluster.own_node()
    cluster.apply(cluster.confined(example("deployment.yaml", replicas=EIPS_EACH + 1)))

    def full() -> bool:
        return len(cluster.in_phase("Running")) == EIPS_EACH and len(cluster.in_phase("Pending")) == 1

    cluster.eventually("the node is full", full)
    (waiting,) = cluster.in_phase("Pending")
    cluster.when(
        "pod",
        waiting,
        "is told why",
        lambda pod: "Insufficient tke.cloud.tencent.com/eip" in str(pod["status"].get("conditions")),
    )
    assert cluster.find("eipc", waiting) is None

    first = cluster.in_phase("Running")
    cluster.delete("pod", first[0])
    # Its room goes to the pod that waits or to its own successor, whichever the scheduler takes first.
    (come,) = cluster.eventually("another pod runs", lambda: set(cluster.in_phase("Running")) - set(first))
    cluster.bound(come)


def test_when_all_is_over_each_claim_has_bought_one_eip_and_none_is_left(played: Stage) -> None:
    assert played.laptops
    for laptop in played.laptops:
        settles(laptop)

        bought = Counter(one.params["AddressName"] for one in laptop.changes() if one.action == "AllocateAddresses")
        assert set(bought.values()) == {1}


def test_nothing_that_the_functions_asked_for_was_forbidden_and_none_of_them_failed(played: Stage) -> None:
    for laptop in played.laptops:
        records = [record for record in laptop.audited() if figures.is_ours(record)]
        forbidden = [record for record in records if record["responseStatus"]["code"] == FORBIDDEN]

        assert records
        assert [(one["verb"], one["requestURI"]) for one in forbidden if not is_too_late(one)] == []
        assert failures(laptop.invocations) == []


def settles(laptop: Laptop) -> None:
    Cluster(laptop, "default").eventually("every EIP is given back", lambda: not laptop.held())


def is_too_late(record: Record) -> bool:
    """Nothing can be made in a namespace that is going."""
    return "being terminated" in record["responseStatus"].get("message", "")
