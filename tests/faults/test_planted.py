"""The machine finds what is planted: every bug, in a copy of the tree, contradicts the invariant that it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.planted import PLANTS, Plant
from tests.faults.planting import copy_tree, planted


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, which each test restores."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.kind)
def test_a_planted_bug_is_found(plant: Plant, tree: Path) -> None:
    way = ["pairs"] if plant.pairs else []
    command = [sys.executable, "-B", "-m", "tests.faults.hunt", plant.scenario, plant.call, *way]
    with planted(plant, tree):
        found = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves

    assert found.returncode == 0, found.stderr
    assert plant.caught_by in found.stdout.split("\n")[0].split(), found.stdout
