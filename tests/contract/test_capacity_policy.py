"""What `deploy/optional/capacity.yaml` lets give change of a node, on a real apiserver: two things, and no third."""

from __future__ import annotations

import itertools

import pytest

from shared.core.errors import Refused
from shared.core.identity import PUBLISHED
from tests.contract.test_capacity import EIP, NAME, allowed
from tests.contract.worlds import World

pytestmark = pytest.mark.parametrize("world", ["apiserver"], indirect=True)


@pytest.mark.parametrize(
    ("annotations", "capacity"),
    [
        (["example.com/kept"], []),
        (["example.com/new"], []),
        ([], ["cpu"]),
        ([], ["example.com/fpga"]),
        ([], ["example.com/gpu"]),
    ],
    ids=str,
)
async def test_nothing_else_of_a_node_can_be_changed(world: World, annotations: list[str], capacity: list[str]) -> None:
    await allowed(world)
    numbers = itertools.count(100)

    async def refused() -> Refused | None:
        """By the policy. It is known a moment after the right, and the right comes and goes with the last test's.

        What changes nothing is not asked about.
        """
        node, value = await world.give.get_node(NAME), str(next(numbers))
        assert node is not None
        try:
            await world.give.patch_node_status(node, dict.fromkeys(annotations, value), dict.fromkeys(capacity, value))
        except Refused as error:
            return error if "ValidatingAdmissionPolicy" in error.message else None
        return None

    error = await world.eventually(refused)

    assert "eipclaim-capacity" in error.message
    node = await world.give.get_node(NAME)
    assert node is not None
    again = await world.give.patch_node_status(node, {PUBLISHED: "7"}, {EIP: "7"})
    assert again.status.capacity[EIP] == "7"
