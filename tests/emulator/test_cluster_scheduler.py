"""The scheduler in memory: where pods go, and which stay behind."""

from __future__ import annotations

import pytest

from emulator.cluster.behaviour import Behaviour
from emulator.cluster.nodes import Machine
from tests.emulator.clusters import Rig, bare_pod, workload


def nodes(rig: Rig) -> dict[str, str | None]:
    return {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in rig.pods()}


def test_pods_are_spread_over_the_nodes() -> None:
    rig = Rig(nodes=3)
    rig.live.apply(workload("StatefulSet", replicas=4))
    rig.settle()

    assert list(nodes(rig).values()) == ["node-0", "node-1", "node-2", "node-0"]


def test_a_pod_that_no_node_has_an_eip_for_stays_pending_until_there_is_one() -> None:
    rig = Rig(nodes=1, eips=2)
    rig.live.apply(workload("StatefulSet", replicas=3))
    rig.settle()
    waiting = nodes(rig)
    told = rig.conditions("web-2")

    rig.live.add_node(Machine("node-7", "ins-7"))
    rig.settle()

    assert waiting["web-2"] is None
    assert told == {"PodScheduled": "False"}
    assert nodes(rig)["web-2"] == "node-7"
    assert rig.conditions("web-2")["PodScheduled"] == "True"


def test_a_pod_that_waits_is_told_so_once() -> None:
    rig = Rig(nodes=0)
    rig.live.apply(bare_pod())
    rig.settle()
    told = rig.pod("web-0")

    rig.live.apply(bare_pod("web-1"))
    rig.settle()

    assert rig.pod("web-0") == told


def test_a_pod_that_has_ended_takes_no_room() -> None:
    rig = Rig(nodes=1, eips=1)
    rig.live.apply(bare_pod("web-0"))
    rig.settle()
    rig.live.apply(bare_pod("web-1"))
    rig.settle()

    rig.live.complete_pod("default", "web-0")
    rig.settle()

    assert nodes(rig) == {"web-0": "node-0", "web-1": "node-0"}


def test_cores_and_memory_are_not_counted() -> None:
    rig = Rig(nodes=1)
    resources = {"requests": {"cpu": "900", "memory": "4Ti"}}
    rig.live.apply(bare_pod(containers=[{"name": "web", "resources": resources}]))
    rig.settle()

    assert nodes(rig) == {"web-0": "node-0"}


def test_a_pod_without_a_container_that_asks_for_anything_fits_everywhere() -> None:
    rig = Rig(nodes=1, eips=0)
    rig.live.apply(bare_pod(containers=[{"name": "web", "resources": None}]))
    rig.settle()

    assert nodes(rig) == {"web-0": "node-0"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"schedulerName": "nobody"}, "it is another scheduler's"),
        ({"nodeName": "node-1"}, "it has a node already"),
    ],
)
def test_pods_that_are_not_its_own_are_left_alone(spec: dict[str, str], reason: str) -> None:
    rig = Rig()
    rig.live.apply(bare_pod(**spec))
    rig.settle()

    assert nodes(rig)["web-0"] == spec.get("nodeName"), reason
    assert "PodScheduled" not in rig.conditions("web-0"), reason


def test_a_cordoned_or_silent_node_gets_no_pods() -> None:
    rig = Rig(nodes=3)
    rig.live.patch("Node", "", "node-0", {"spec": {"unschedulable": True}})
    rig.live.lose_node("node-1")
    rig.live.apply(workload("StatefulSet", replicas=2))
    rig.settle()

    assert set(nodes(rig).values()) == {"node-2"}


@pytest.mark.parametrize("wander", [True, False])
def test_a_pod_that_comes_back_may_be_sent_to_another_node(wander: bool) -> None:  # noqa: FBT001 - a knob
    rig = Rig(behaviour=Behaviour(wander=wander))
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    seen = [nodes(rig)["web-0"]]
    for _ in range(2):
        rig.live.delete("Pod", "default", "web-0")
        rig.settle()
        seen.append(nodes(rig)["web-0"])

    assert seen == (["node-0", "node-1", "node-0"] if wander else ["node-0"] * 3)
