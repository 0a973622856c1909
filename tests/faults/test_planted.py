"""The machine finds what is planted: every bug, in a copy of the tree, contradicts the invariant that it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.branches import processes
from tests.faults.planted import PLANTS, Plant
from tests.faults.planting import copy_tree, hunt_in, planted


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, which each test restores."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.kind)
def test_a_planted_bug_is_found(plant: Plant, tree: Path) -> None:
    with planted(plant, tree), processes(1) as process:
        found, told = process.apply(hunt_in, (tree, plant.scenario, plant.call), {"pairs": plant.pairs})

    assert plant.caught_by in found, told
