"""The StatefulSet controller in memory: which pods there are, under which names, and when."""

from __future__ import annotations

import pytest

from emulator.cluster.behaviour import Behaviour
from tests.emulator.clusters import Rig, bare_pod, changed, workload


def uids(rig: Rig) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in rig.pods()}


def starts(rig: Rig) -> list[str]:
    """The names in the order in which the pods were created."""
    return [
        record["responseObject"]["metadata"]["name"]
        for record in rig.live.audit
        if record["verb"] == "create"
        and record["objectRef"]["resource"] == "pods"
        and not record["objectRef"].get("subresource")
    ]


def test_an_ordered_statefulset_starts_the_next_pod_when_the_last_is_ready() -> None:
    rig = Rig(behaviour=Behaviour(start=5))
    rig.live.apply(workload("StatefulSet", replicas=3))

    rig.settle(1)
    alone = rig.names()
    rig.settle(60)

    assert alone == ["web-0"]
    assert rig.names() == ["web-0", "web-1", "web-2"]
    status = rig.live.list("StatefulSet")[0]["status"]
    assert status == {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3}


def test_a_parallel_statefulset_starts_all_pods_at_once() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet", replicas=3, podManagementPolicy="Parallel"))

    rig.settle(1)

    assert rig.names() == ["web-0", "web-1", "web-2"]


def test_a_pod_of_a_statefulset_comes_back_under_its_name_only_when_the_old_one_is_gone() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet", replicas=2))
    rig.settle()
    before = uids(rig)

    rig.live.delete("Pod", "default", "web-0")
    rig.settle(1)
    during = uids(rig)
    rig.settle()

    assert during == before
    assert uids(rig)["web-0"] != before["web-0"]
    assert uids(rig)["web-1"] == before["web-1"]
    assert rig.conditions("web-0")["Ready"] == "True"


def test_a_pod_of_a_statefulset_that_has_ended_is_made_anew() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    before = uids(rig)

    rig.live.evict_pod("default", "web-0")
    rig.settle()

    assert set(uids(rig)) == {"web-0"}
    assert uids(rig) != before


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_statefulset_that_is_scaled_down_loses_its_last_pods(policy: str) -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet", replicas=3, podManagementPolicy=policy))
    rig.settle()

    rig.live.scale("StatefulSet", "default", "web", 1)
    rig.settle(1)
    leaving = [name for name in rig.names() if "deletionTimestamp" in rig.pod(name)["metadata"]]
    rig.settle()

    assert leaving == (["web-2"] if policy == "OrderedReady" else ["web-1", "web-2"])
    assert rig.names() == ["web-0"]


def test_a_statefulset_with_a_new_template_replaces_its_pods_from_the_last_one_down() -> None:
    rig = Rig()
    given = workload("StatefulSet", replicas=3)
    rig.live.apply(given)
    rig.settle()
    rig.live.apply(changed(given))
    rig.settle(60)

    assert starts(rig) == ["web-0", "web-1", "web-2", "web-2", "web-1", "web-0"]
    assert {pod["spec"]["containers"][0]["image"] for pod in rig.pods()} == {"other"}


def test_a_parallel_statefulset_too_replaces_its_pods_one_by_one() -> None:
    rig = Rig()
    given = workload("StatefulSet", replicas=3, podManagementPolicy="Parallel")
    rig.live.apply(given)
    rig.settle()
    rig.live.apply(changed(given))

    leaving = set()
    for _ in range(120):
        rig.settle(0.25)
        ready = [name for name in rig.names() if rig.conditions(name).get("Ready") == "True"]
        leaving.add(3 - len(ready))

    assert leaving == {0, 1}
    assert {pod["spec"]["containers"][0]["image"] for pod in rig.pods()} == {"other"}


def test_a_statefulset_that_is_updated_on_delete_leaves_its_pods_alone() -> None:
    rig = Rig()
    given = workload("StatefulSet", updateStrategy={"type": "OnDelete"})
    rig.live.apply(given)
    rig.settle()
    rig.live.apply(changed(given))
    rig.settle()

    assert starts(rig) == ["web-0"]


def test_a_statefulset_waits_for_a_name_that_somebody_elses_pod_has() -> None:
    rig = Rig()
    rig.live.apply(bare_pod("web-0"))
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    theirs = uids(rig)

    rig.live.delete("Pod", "default", "web-0")
    rig.settle()

    assert list(theirs) == ["web-0"]
    assert uids(rig)["web-0"] != theirs["web-0"]
