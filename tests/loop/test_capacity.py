"""Publishing the nodes' room for EIPs in the sweep of allocate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from eipctl.demo.stage import NODES, Stage
from emulator.cluster.nodes import Machine
from emulator.cluster.resources import NODES as NODE_KIND
from emulator.cluster.resources import Ref
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN
from shared.core import identity
from tests.loop.scenes import PREFIX, TICK, pod

RESOURCE = f"{PREFIX}/eip"
ROOM = {"resources": {"limits": {RESOURCE: "1"}, "requests": {RESOURCE: "1"}}}


def with_bare_nodes(*, granted: bool = True, setting: str = "true") -> Stage:
    """A world where nobody publishes the resource."""
    stage = Stage(settings={"EIPCLAIM_PUBLISH_CAPACITY": setting})
    stage.cluster.api.installed = Installed(capacity=granted)
    for name in NODES:
        unpublish(stage, name)
    return stage


def unpublish(stage: Stage, name: str) -> None:
    """Take the resource off a node."""
    patch = {"status": {part: {RESOURCE: None} for part in ("capacity", "allocatable")}}
    stage.cluster.api.patch(ADMIN, Ref(NODE_KIND, "", name), patch, "status")


def room(stage: Stage, part: str = "capacity") -> list[str | None]:
    """What the nodes say."""
    nodes: list[Mapping[str, Any]] = [stage.cluster.get("Node", "", name) or {} for name in NODES]
    return [node["status"][part].get(RESOURCE) for node in nodes]


def test_pods_that_wait_for_the_resource_are_scheduled_once_it_is_published() -> None:
    stage = with_bare_nodes()
    manifest = pod("a")
    stage.cluster.apply({**manifest, "spec": {"containers": [{**manifest["spec"]["containers"][0], **ROOM}]}})

    stage.until_served("a")

    assert room(stage) == room(stage, "allocatable") == ["9", "9", "9"]


def test_it_is_written_once_and_what_another_publishes_is_left_alone() -> None:
    stage = with_bare_nodes()
    stage.cluster.add_node(Machine("other", "ins-other", eips=4, vcpus=8))
    first = stage.scf.invoke("allocate", TICK)
    stage.timeline.advance(1)
    version = stage.cluster.api.store.version

    second = stage.scf.invoke("allocate", TICK)

    assert (first["done"], second["done"]) == ({"PublishCapacity": 3}, {})
    assert stage.cluster.api.store.version == version
    other = stage.cluster.get("Node", "", "other")
    assert other is not None
    assert other["status"]["capacity"][RESOURCE] == "4"
    assert identity.PUBLISHED not in other["metadata"].get("annotations", {})


@pytest.mark.parametrize("setting", ["false", ""])
def test_nothing_is_published_unless_it_is_asked_for(setting: str) -> None:
    stage = with_bare_nodes(setting=setting)

    assert stage.scf.invoke("allocate", TICK)["done"] == {}
    assert room(stage) == [None, None, None]


def test_without_the_right_every_node_is_named_and_pods_are_served_all_the_same() -> None:
    stage = with_bare_nodes(granted=False)
    stage.cluster.apply(pod("a"))

    stage.until_served("a")

    result = stage.scf.invoke("allocate", TICK)
    assert result["failed"] == [{"namespace": "", "name": name, "reason": "Denied"} for name in NODES]


def test_a_node_that_has_grown_says_so() -> None:
    stage = with_bare_nodes()
    stage.cluster.add_node(Machine("grown", "ins-grown", eips=None, vcpus=8))
    stage.scf.invoke("allocate", TICK)
    stage.cluster.api.patch(ADMIN, Ref(NODE_KIND, "", "grown"), {"status": {"capacity": {"cpu": "16"}}}, "status")

    stage.scf.invoke("allocate", TICK)
    stage.timeline.advance(1)

    grown = stage.cluster.get("Node", "", "grown")
    assert grown is not None
    assert grown["status"]["capacity"][RESOURCE] == grown["status"]["allocatable"][RESOURCE] == "3"


def test_many_nodes_take_several_sweeps() -> None:
    stage = with_bare_nodes()
    for number in range(100):
        stage.cluster.add_node(Machine(f"more-{number}", f"ins-{number}", eips=None))

    done = [stage.scf.invoke("allocate", TICK)["done"] for _ in range(3)]

    assert done == [{"PublishCapacity": 100}, {"PublishCapacity": 3}, {}]
