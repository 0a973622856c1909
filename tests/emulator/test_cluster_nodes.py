"""Nodes in memory that are lost, come back, or are taken out of the cluster."""

from __future__ import annotations

from tests.emulator.clusters import Rig, bare_pod, workload


def lost() -> Rig:
    """The only pod, web-0, is on a node that has just fallen silent; another node has room."""
    rig = Rig()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    rig.live.lose_node("node-0")
    return rig


def test_the_pods_of_a_lost_node_stay_even_after_they_were_asked_to_go() -> None:
    rig = lost()
    rig.live.apply(bare_pod("elsewhere"))

    rig.settle(200)
    before = "deletionTimestamp" in rig.pod("web-0")["metadata"]
    rig.settle(600)

    assert not before
    assert "deletionTimestamp" in rig.pod("web-0")["metadata"]
    assert rig.pod("web-0")["status"]["phase"] == "Running"
    assert "deletionTimestamp" not in rig.pod("elsewhere")["metadata"]
    assert len(rig.network.held) == 2


def test_force_makes_room_for_the_next_pod_while_the_old_one_may_still_run() -> None:
    rig = lost()
    rig.live.delete("Pod", "default", "web-0", force=True)
    rig.settle()

    assert rig.pod("web-0")["spec"]["nodeName"] == "node-1"
    assert sorted(rig.network.held) == ["10.0.0.2", "10.1.0.2"]


def test_a_node_that_comes_back_takes_down_what_has_been_forced_away() -> None:
    rig = lost()
    rig.live.delete("Pod", "default", "web-0", force=True)
    rig.settle()

    rig.live.recover_node("node-0")
    rig.settle()

    assert rig.network.log == ["node-0 10.0.0.2"]
    assert list(rig.network.held) == ["10.1.0.2"]


def test_a_node_that_comes_back_in_time_keeps_its_pods() -> None:
    rig = lost()
    before = rig.pod("web-0")["metadata"]["uid"]
    rig.settle(100)
    rig.live.recover_node("node-0")
    rig.settle(600)

    assert rig.pod("web-0")["metadata"]["uid"] == before
    assert "deletionTimestamp" not in rig.pod("web-0")["metadata"]


def test_a_node_that_comes_back_late_lets_its_pods_go() -> None:
    rig = lost()
    before = rig.pod("web-0")["metadata"]["uid"]
    rig.settle(400)
    rig.live.recover_node("node-0")
    rig.settle()

    assert rig.pod("web-0")["metadata"]["uid"] != before
    assert rig.conditions("web-0")["Ready"] == "True"


def test_what_a_node_was_about_to_do_when_it_was_lost_is_not_done() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle(1)
    rig.live.lose_node("node-0")
    rig.settle()
    nothing = dict(rig.network.held)
    rig.live.recover_node("node-0")
    rig.settle()

    assert nothing == {}
    assert rig.conditions("web-0")["Ready"] == "True"


def test_a_pod_on_a_lost_node_cannot_be_seen_to_complete() -> None:
    rig = lost()
    rig.live.complete_pod("default", "web-0")

    assert rig.pod("web-0")["status"]["phase"] == "Running"


def test_the_pods_of_a_node_that_is_taken_out_go_and_come_back_elsewhere() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()

    rig.live.remove_node("node-0")
    rig.settle()

    assert rig.pod("web-0")["spec"]["nodeName"] == "node-1"
    assert rig.live.get("Node", "", "node-0") is None


def test_a_node_that_was_taken_out_is_not_asked_to_let_its_pods_go() -> None:
    rig = lost()
    rig.live.remove_node("node-0")
    rig.settle(600)

    assert [node["metadata"]["name"] for node in rig.live.list("Node")] == ["node-1"]
    assert rig.pod("web-0")["spec"]["nodeName"] == "node-1"
