"""Planting a bug in a copy of the tree, and taking it out again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.planted import Plant

TREE = Path(__file__).parents[2]
COPIED = ("eipctl", "emulator", "examples", "functions", "shared", "tests")


def copy_tree(into: Path) -> Path:
    """What the machines need, in that folder."""
    for folder in COPIED:
        shutil.copytree(TREE / folder, into / folder, ignore=shutil.ignore_patterns("__pycache__", "data"))
    return into


@contextmanager
def planted(plant: Plant, copy: Path) -> Iterator[None]:
    """The copy with that bug in it. Fails where the code that it stands in has changed."""
    for file, old, new in plant.changes:
        source = (TREE / file).read_text(encoding="utf-8")
        assert source.count(old) == 1, "the code has changed: plant the bug anew"
        (copy / file).write_text(source.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        for file, _, _ in plant.changes:
            shutil.copyfile(TREE / file, copy / file)
