"""The machine finds what is planted: every bug, in a copy of the tree, contradicts the invariant that it should."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.planted import PLANTS, Plant

TREE = Path(__file__).parents[2]
COPIED = ("eipctl", "emulator", "examples", "functions", "shared", "tests")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, which each test restores."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in COPIED:
        shutil.copytree(TREE / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "data"))
    return copy


@pytest.mark.exhaustive
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.kind)
def test_a_planted_bug_is_found(plant: Plant, tree: Path) -> None:
    for file, old, new in plant.changes:
        source = (TREE / file).read_text(encoding="utf-8")
        assert source.count(old) == 1, "the code has changed: plant the bug anew"
        (tree / file).write_text(source.replace(old, new), encoding="utf-8")

    way = ["pairs"] if plant.pairs else []
    command = [sys.executable, "-B", "-m", "tests.faults.hunt", plant.scenario, plant.call, *way]
    found = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    for file, _, _ in plant.changes:
        shutil.copyfile(TREE / file, tree / file)

    assert found.returncode == 0, found.stderr
    assert plant.caught_by in found.stdout.split("\n")[0].split(), found.stdout
