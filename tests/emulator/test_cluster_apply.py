"""What an administrator does to workloads in memory: apply, again and with changes, and take the namespace away."""

from __future__ import annotations

from tests.emulator.clusters import Rig, bare_pod, changed, workload


def test_replicas_that_the_manifest_does_not_give_stay_as_they_were_scaled() -> None:
    rig = Rig()
    given = workload("Deployment", replicas=None)
    rig.live.apply(given)
    rig.settle()
    one = len(rig.names())
    rig.live.scale("Deployment", "default", "web", 2)

    rig.live.apply(changed(given))
    rig.settle(60)

    assert (one, len(rig.names())) == (1, 2)


def test_what_a_manifest_no_longer_has_is_taken_off_the_template() -> None:
    rig = Rig()
    given = workload("StatefulSet")
    given["spec"]["template"]["metadata"]["annotations"] = {"policy": "Never", "kept": "yes"}
    rig.live.apply(given)
    given["spec"]["template"]["metadata"]["annotations"] = {"kept": "yes"}
    given["metadata"]["labels"] = {"team": "a"}

    applied = rig.live.apply(given)

    assert applied["spec"]["template"]["metadata"]["annotations"] == {"kept": "yes"}
    assert applied["metadata"]["labels"] == {"team": "a"}
    assert applied["metadata"]["generation"] == 2
    assert rig.live.apply(given) == applied


def test_of_a_pod_that_is_applied_again_labels_and_annotations_follow() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    changed_pod = bare_pod()
    changed_pod["metadata"]["labels"] = {"team": "a"}

    assert rig.live.apply(changed_pod)["metadata"]["labels"] == {"team": "a"}
    assert len(rig.pods()) == 1


def test_a_workload_in_a_namespace_that_goes_makes_no_more_pods() -> None:
    rig = Rig()
    rig.live.create_namespace("team-a")
    for kind in ("StatefulSet", "Deployment"):
        given = workload(kind, name=kind.lower())
        given["metadata"]["namespace"] = "team-a"
        rig.live.apply(given)
    rig.settle()
    rig.live.delete("Namespace", "", "team-a")
    for pod in rig.live.list("Pod", "team-a"):
        rig.live.delete("Pod", "team-a", pod["metadata"]["name"], force=True)

    rig.settle()

    assert rig.pods() == []
    assert rig.live.get("Namespace", "", "team-a") is None
    assert 403 in {r["responseStatus"]["code"] for r in rig.live.audit}, "they tried, and were refused"
