"""The code folder as SCF has it: what the zip holds, read-only, run by a Python that finds nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eipctl.dev.children import with_us

BIND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && unset OLDPWD && exec "$@"'
"""In a mount namespace of its own, whoever runs it: file modes would not hold back root.

The folder is entered anew: the one that it was started in is still the one below the mount.
"""


def unpack(zipped: Path, folder: Path) -> Path:
    """What the zip holds, in that folder, which is made."""
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder


@dataclass(frozen=True)
class Code:
    """An unpacked bundle, and the Python that its byte code is for."""

    folder: Path
    python: str

    def command(self, program: str, *arguments: str) -> Sequence[str]:
        """That program of ours, run without site-packages and without writing byte code, the folder read-only.

        What kills it with us comes behind the namespace: entering one forgets it.
        """
        return [*self._protected, *with_us(), self.python, "-S", "-s", "-B", "-c", program, *arguments]

    def environ(self) -> Mapping[str, str]:
        """How Python finds the code, and what says where it is."""
        folder = str(self.folder)
        return {
            "PYTHONPATH": folder,
            "PYTHONDONTWRITEBYTECODE": "x",
            "USER_CODE_ROOT": f"{folder}/",
            "PWD": folder,
        }

    @property
    def is_protected(self) -> bool:
        """Whether this machine lets it be mounted read-only; where not, the folder is looked over after each run."""
        return bool(self._protected)

    @cached_property
    def _protected(self) -> Sequence[str]:
        unshare = shutil.which("unshare")
        if unshare is None:
            return []
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        command = [unshare, *user, "--mount", "/bin/sh", "-c", BIND, str(self.folder)]
        tried = subprocess.run([*command, "true"], capture_output=True, check=False)  # noqa: S603 - our own
        return command if tried.returncode == 0 else []

    def state(self) -> Mapping[str, tuple[int, int]]:
        """Size and time of each file: where two differ, something was written in between."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): _stamp(path) for path in found}


def _stamp(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns
