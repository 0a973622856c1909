"""The contract of the port about what may be told of a node, with and without `deploy/optional/capacity.yaml`."""

from __future__ import annotations

import pytest

from shared.core.errors import Conflict, Gone, Refused
from shared.core.identity import PUBLISHED
from shared.core.pod import Node
from tests.contract.worlds import Raw, World

NAME, EIP = "contract-node", "tke.cloud.tencent.com/eip"
MANIFEST: Raw = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": NAME, "annotations": {"example.com/kept": "yes"}},
    "spec": {"unschedulable": True},
    "status": {"capacity": {"cpu": "24", "example.com/fpga": "1"}},
}


async def registered(world: World) -> Node:
    await world.create(MANIFEST)
    node = await world.give.get_node(NAME)
    assert node is not None
    return node


async def allowed(world: World) -> Node:
    """A node that give has told its capacity: rights take a moment to be known everywhere."""
    await registered(world)
    await world.allow_capacity()

    async def tell() -> Node | None:
        node = await world.give.get_node(NAME)
        assert node is not None
        try:
            return await world.give.patch_node_status(node, {PUBLISHED: "5"}, {EIP: "5"})
        except (Conflict, Refused):
            return None

    return await world.eventually(tell)


async def test_give_cannot_write_to_nodes_as_it_is_installed(world: World) -> None:
    node = await registered(world)

    with pytest.raises(Refused) as caught:
        await world.give.patch_node_status(node, {PUBLISHED: "5"}, {EIP: "5"})

    assert caught.value.reason == "Denied"


async def test_allowed_to_it_tells_the_capacity_and_nothing_else_changes(world: World) -> None:
    told = await allowed(world)

    assert told == await world.give.get_node(NAME)
    assert told.metadata.annotations == {"example.com/kept": "yes", PUBLISHED: "5"}
    assert told.status.capacity == {"cpu": "24", "example.com/fpga": "1", EIP: "5"}


async def test_take_can_never_write_to_nodes(world: World) -> None:
    node = await allowed(world)

    with pytest.raises(Refused) as caught:
        await world.take.patch_node_status(node, {}, {EIP: "9"})

    assert caught.value.reason == "Denied"


async def test_a_node_is_told_only_as_it_was_read(world: World) -> None:
    node = await allowed(world)
    await world.patch("Node", NAME, {"metadata": {"labels": {"changed": "since"}}})

    with pytest.raises(Conflict):
        await world.give.patch_node_status(node, {PUBLISHED: "9"}, {EIP: "9"})

    await world.delete("Node", NAME)
    with pytest.raises(Gone):
        await world.give.patch_node_status(node, {PUBLISHED: "9"}, {EIP: "9"})
