"""Planting a bug in a copy of the tree, hunting for it, and taking it out again."""

from __future__ import annotations

import compileall
import importlib
import os
import py_compile
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.planted import Plant

TREE = Path(__file__).parents[2]
COPIED = ("eipctl", "emulator", "examples", "functions", "shared", "tests")


def copy_tree(into: Path) -> Path:
    """What the machines need, in that folder, compiled; a source that has changed is compiled anew when loaded."""
    for folder in COPIED:
        shutil.copytree(TREE / folder, into / folder, ignore=shutil.ignore_patterns("__pycache__", "data"))
    compileall.compile_dir(into, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    return into


def hunt_in(copy: Path, scenario: str, call: str, *, pairs: bool) -> tuple[set[str], list[str]]:
    """The invariants that the copy's own machine finds contradicted, and what it says: in a process to throw away."""
    for name in [one for one in sys.modules if one.partition(".")[0] in COPIED]:
        del sys.modules[name]
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    machine = importlib.import_module("tests.faults.hunt")
    assert Path(machine.__file__ or "").is_relative_to(copy)
    lines: list[str] = machine.hunt(scenario, call, pairs=pairs)
    return machine.invariants(lines), lines


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
