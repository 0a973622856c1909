"""The random machine finds planted bugs without being told where to look: in a copy of the tree, from a fixed seed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.planted import PLANTS
from tests.faults.planting import copy_tree, planted

SEEDS = "4"
"""So many from 0 on, of five rounds each: half a minute."""

QUICK = "the intent is written after the effect"
FOUND = {
    "the token does not change with the attempt": "I7",
    "the finalizer comes off while the release is under way": "I5",
    "an orphan's way for a claim's EIP: no intent at all": "I10",
}
"""What chance finds within that, and which invariant shows it first; the matrix and the pairs find every bug."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, which each test restores."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


def hunt(tree: Path) -> str:
    """What the machine says of that tree, if it finds anything."""
    command = [sys.executable, "-B", "-m", "tests.soak", "--rounds", SEEDS]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stderr  # noqa: S603 - ourselves


def hunt_planted(kind: str, tree: Path) -> str:
    """The same of the tree with the bug of that kind in it."""
    with planted(next(one for one in PLANTS if one.kind == kind), tree):
        return hunt(tree)


@pytest.mark.exhaustive
def test_a_bug_that_shows_at_every_purchase_is_found_at_once_and_can_be_replayed(tree: Path) -> None:
    told = hunt_planted(QUICK, tree)

    assert re.search(r"BrokenError: .*\bI10\b", told), told
    assert "replay: python -m tests.soak --rounds 1 --seed 0" in told


@pytest.mark.soak
@pytest.mark.parametrize("kind", FOUND)
def test_so_are_bugs_that_show_under_some_faults_alone(kind: str, tree: Path) -> None:
    told = hunt_planted(kind, tree)

    assert re.search(rf"BrokenError: .*\b{FOUND[kind]}\b", told), told


@pytest.mark.soak
def test_without_a_bug_the_same_seeds_find_nothing(tree: Path) -> None:
    assert hunt(tree) == ""
