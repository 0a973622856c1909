"""The Pythons of this machine: which of them is the one that SCF runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def version(python: str) -> tuple[int, int] | None:
    """Its version, as far as byte code goes; None for what does not run: a shim may be there and lead nowhere."""
    asked = [python, "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603 - told by the operator
        return int(told[0]), int(told[1])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def find(wanted: tuple[int, int]) -> str | None:
    """The path of a Python of that version: this one, else one on PATH, else pyenv's."""
    return next((python for python in _candidates(wanted) if version(python) == wanted), None)


def _candidates(wanted: tuple[int, int]) -> Iterator[str]:
    yield sys.executable
    name = f"{wanted[0]}.{wanted[1]}"
    on_path = shutil.which(f"python{name}")
    if on_path:
        yield on_path
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(python) for python in sorted(root.glob(f"versions/{name}*/bin/python"), reverse=True))
