"""The Deployment and the ReplicaSet controller in memory: how many pods there are, and in what order they change."""

from __future__ import annotations

from tests.emulator.clusters import Rig, changed, workload


def test_a_deployments_pods_are_named_after_their_template() -> None:
    rig = Rig()
    given = workload("Deployment", replicas=2)
    given["spec"]["template"]["metadata"]["annotations"] = {"tke.cloud.tencent.com/eip-attributes": ""}
    rig.live.apply(given)
    rig.settle()

    (owner,) = rig.live.list("ReplicaSet")
    names = rig.names()
    assert len(names) == 2
    assert all(name.startswith(f"{owner['metadata']['name']}-") for name in names)
    pod = rig.pods()[0]
    assert pod["metadata"]["annotations"] == {"tke.cloud.tencent.com/eip-attributes": ""}
    assert pod["metadata"]["labels"] == owner["spec"]["selector"]["matchLabels"]
    assert owner["metadata"]["ownerReferences"][0]["name"] == "web"
    assert rig.live.list("Deployment")[0]["status"] == {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2}


def test_a_pod_of_a_deployment_that_goes_is_replaced_by_one_of_another_name_at_once() -> None:
    rig = Rig()
    rig.live.apply(workload("Deployment"))
    rig.settle()
    (old,) = rig.names()

    rig.live.delete("Pod", "default", old)
    rig.settle(1)
    both = rig.names()
    rig.settle()

    assert len(both) == 2
    assert rig.names() == [name for name in both if name != old]


def test_a_rolling_update_keeps_as_many_pods_ready_as_are_wanted_and_adds_one_at_most() -> None:
    rig = Rig()
    given = workload("Deployment", replicas=3)
    rig.live.apply(given)
    rig.settle()
    rig.live.apply(changed(given))

    seen = []
    for _ in range(120):
        rig.settle(0.25)
        present = [pod for pod in rig.pods() if "deletionTimestamp" not in pod["metadata"]]
        ready = [pod for pod in present if rig.conditions(pod["metadata"]["name"]).get("Ready") == "True"]
        seen.append((len(ready) >= 3, len(present) <= 4))

    assert set(seen) == {(True, True)}
    assert len(rig.names()) == 3
    assert {pod["spec"]["containers"][0]["image"] for pod in rig.pods()} == {"other"}


def test_a_rolling_update_waits_for_a_new_pod_that_does_not_get_ready() -> None:
    rig = Rig(nodes=1, eips=1)
    given = workload("Deployment")
    rig.live.apply(given)
    rig.settle()
    (old,) = rig.names()
    rig.live.apply(changed(given))
    rig.settle(120)

    assert len(rig.names()) == 2
    assert rig.conditions(old)["Ready"] == "True"


def test_an_update_that_is_taken_back_goes_on_with_the_first_replicaset() -> None:
    rig = Rig()
    given = workload("Deployment", replicas=2)
    rig.live.apply(given)
    rig.settle()
    before = rig.names()
    rig.live.apply(changed(given))
    rig.settle(0.5)
    rig.live.apply(given)
    rig.settle(60)

    assert rig.names() == before
    assert sorted(one["spec"]["replicas"] for one in rig.live.list("ReplicaSet")) == [0, 2]


def test_a_deployment_can_be_scaled_up_and_down() -> None:
    rig = Rig()
    rig.live.apply(workload("Deployment"))
    rig.settle()
    (first,) = rig.names()

    rig.live.scale("Deployment", "default", "web", 3)
    rig.settle()
    up = rig.names()
    rig.live.scale("Deployment", "default", "web", 1)
    rig.settle()

    assert len(up) == 3
    assert rig.names() == [first], "the youngest go first"


def test_a_replicaset_gives_up_pods_that_do_not_run_before_those_that_do() -> None:
    rig = Rig(nodes=1, eips=1)
    rig.live.apply(workload("ReplicaSet"))
    rig.settle()
    (running,) = rig.names()
    rig.live.scale("ReplicaSet", "default", "web", 3)
    rig.settle()

    rig.live.scale("ReplicaSet", "default", "web", 1)
    rig.settle()

    assert rig.names() == [running]
