"""The kubelets in memory: the life of a pod on its node, and when its IP is whose."""

from __future__ import annotations

import pytest

from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import PODS, Ref
from emulator.cluster.users import GIVE
from shared.core import identity
from shared.core.pod import Pod
from tests.emulator.clusters import Rig, bare_pod, workload

GATES = [{"conditionType": identity.CONDITION}]


def gate(rig: Rig, status: str) -> None:
    patch = {"status": {"conditions": [{"type": identity.CONDITION, "status": status}]}}
    rig.live.api.patch(GIVE, Ref(PODS, "default", "web-0"), patch, "status", strategic=True)


def seen(rig: Rig) -> Pod:
    return Pod.model_validate(rig.pod("web-0"))


def test_a_pod_has_a_node_then_an_ip_and_is_ready() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())

    rig.settle(1)
    early = seen(rig)
    rig.settle(3)

    assert (early.spec.node_name, early.ipv4, early.status.phase) == ("node-0", None, "Pending")
    assert (seen(rig).ipv4, seen(rig).status.phase) == ("10.0.0.2", "Running")
    assert rig.network.held == {"10.0.0.2": seen(rig).uid}
    assert rig.conditions("web-0") == {
        "PodScheduled": "True",
        "Initialized": "True",
        "ContainersReady": "True",
        "Ready": "True",
    }


def test_a_pod_with_a_readiness_gate_is_ready_while_the_gate_is_open() -> None:
    rig = Rig()
    rig.live.apply(bare_pod(readinessGates=GATES))
    rig.settle()
    ready = [rig.conditions("web-0")["Ready"]]
    for status in ("True", "False", "True"):
        gate(rig, status)
        rig.settle(1)
        ready.append(rig.conditions("web-0")["Ready"])

    assert ready == ["False", "True", "False", "True"]
    assert rig.conditions("web-0")["ContainersReady"] == "True"


def test_a_gate_that_is_open_before_the_containers_run_counts() -> None:
    rig = Rig()
    rig.live.apply(bare_pod(readinessGates=GATES))
    rig.settle(1)
    gate(rig, "True")
    rig.settle(5)

    assert rig.conditions("web-0")["Ready"] == "True"


def test_the_ip_of_a_deleted_pod_is_free_when_its_containers_have_ended_and_before_it_is_gone() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle()
    rig.live.delete("Pod", "default", "web-0")

    rig.settle(1)
    draining = (seen(rig).deleting, seen(rig).ended, bool(rig.network.held))
    rig.settle(1.25)
    stopped = (seen(rig).ended, bool(rig.network.held))
    rig.settle(0.5)
    freed = (seen(rig).ended, seen(rig).ipv4, bool(rig.network.held))
    rig.settle(1)

    assert draining == (True, False, True)
    assert stopped == (True, True)
    assert freed == (True, "10.0.0.2", False)
    assert rig.pods() == []


def test_the_next_pod_can_have_the_ip_while_the_old_object_is_still_there() -> None:
    rig = Rig(nodes=1)
    rig.live.apply(bare_pod("web-0"))
    rig.settle()
    rig.live.behaviour.teardown = 10
    rig.live.delete("Pod", "default", "web-0")
    rig.settle(10)
    rig.live.apply(bare_pod("web-1"))
    rig.settle(5)

    assert {name: rig.pod(name)["status"]["podIP"] for name in rig.names()} == {
        "web-0": "10.0.0.2",
        "web-1": "10.0.0.2",
    }


def test_a_pod_that_is_deleted_before_it_runs_never_gets_an_ip() -> None:
    rig = Rig()
    rig.live.behaviour.start = 10
    rig.live.apply(bare_pod())
    rig.settle(1)

    rig.live.delete("Pod", "default", "web-0")
    rig.settle()

    assert rig.pods() == []
    assert (rig.network.held, rig.network.log) == ({}, [])


def test_a_pod_that_is_deleted_by_force_gives_its_ip_back_only_later() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    first = seen(rig)

    rig.live.delete("Pod", "default", "web-0", force=True)
    rig.settle(1)
    still = dict(rig.network.held)
    rig.settle()

    assert still == {"10.0.0.2": first.uid}
    assert seen(rig).uid != first.uid
    assert rig.network.log == ["node-0 10.0.0.2"]
    assert list(rig.network.held.values()) == [seen(rig).uid]


@pytest.mark.parametrize("after", [0.0, 1.0, 2.25, 2.75])
def test_force_in_the_midst_of_a_deletion_frees_the_ip_once(after: float) -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle()
    rig.live.delete("Pod", "default", "web-0")
    rig.settle(after)

    rig.live.delete("Pod", "default", "web-0", force=True)
    rig.settle()

    assert rig.pods() == []
    assert (rig.network.held, rig.network.log) == ({}, ["node-0 10.0.0.2"])


def test_a_pod_that_is_deleted_by_force_before_it_runs_never_gets_an_ip() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle(1)

    rig.live.delete("Pod", "default", "web-0", force=True)
    rig.settle()

    assert (rig.network.held, rig.network.log) == ({}, [])


def test_a_pod_that_a_finalizer_holds_is_taken_down_all_the_same_and_then_left_alone() -> None:
    rig = Rig()
    rig.live.apply({**bare_pod(), "metadata": {"name": "web-0", "finalizers": ["example.com/hold"]}})
    rig.settle()
    rig.live.delete("Pod", "default", "web-0")
    rig.settle()
    held = rig.pod("web-0")
    rig.live.apply(bare_pod("web-1"))
    rig.settle(600)

    assert seen(rig).ended
    assert list(rig.network.held.values()) == [rig.pod("web-1")["metadata"]["uid"]]
    assert rig.pod("web-0") == held
    rig.live.patch("Pod", "default", "web-0", {"metadata": {"finalizers": None}})
    assert rig.names() == ["web-1"]


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_pod_that_completes_stays_without_its_ip(succeeded: bool) -> None:  # noqa: FBT001 - the outcome
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle()

    rig.live.complete_pod("default", "web-0", succeeded=succeeded)
    rig.settle()

    assert seen(rig).status.phase == ("Succeeded" if succeeded else "Failed")
    assert seen(rig).ended
    assert rig.conditions("web-0")["Ready"] == "False"
    assert rig.network.held == {}
    rig.live.delete("Pod", "default", "web-0")
    assert rig.pods() == []


def test_an_evicted_pod_says_so() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle()

    rig.live.evict_pod("default", "web-0")

    assert {rig.pod("web-0")["status"][key] for key in ("phase", "reason")} == {"Failed", "Evicted"}


def test_a_pod_that_is_not_there_cannot_complete() -> None:
    with pytest.raises(Refusal, match="404"):
        Rig().live.complete_pod("default", "web-0")


def test_a_pod_of_the_host_network_has_the_nodes_ip_and_none_of_its_own() -> None:
    rig = Rig()
    rig.live.apply(bare_pod(hostNetwork=True))
    rig.settle()

    assert seen(rig).ipv4 == "10.0.0.1"
    assert rig.network.held == {}
    rig.live.delete("Pod", "default", "web-0")
    rig.settle()
    assert rig.pods() == []
