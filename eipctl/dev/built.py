"""The bundle of this tree as SCF would unpack it, built where it is not there yet, into a cache outside the repository.

Packages are kept by their lock, code by its sources, so that a changed line costs seconds. An entry is in the cache
whole or not at all: any number may run at once. What was not used for a week goes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from eipctl import bundle, pythons
from eipctl.bundle import ROOT, SCF, Target
from eipctl.dev.box import Code, unpack

UNUSED_SECONDS = 7 * 24 * 3600.0
MAKERS = ("bundle.py", "sbom.py", "dev/built.py")


def python() -> tuple[str, Target]:
    """SCF's Python where there is one, else this one, for which the same packages are taken."""
    found = pythons.find(SCF.version)
    return (found, SCF) if found else (sys.executable, Target(sys.version_info[:2]))


def obtain(stream: TextIO) -> Code:
    """The unpacked bundle and what runs it. Raises InputRejected where a package cannot be had."""

    def say(what: str) -> None:
        print(f"bundle: {what}", file=stream, flush=True)

    runs, target = python()
    if target is not SCF:
        name = ".".join(map(str, target.version))
        say(f"!!! FOR PYTHON {name} !!! there is no Python 3.10, which SCF runs: install one to run what is deployed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eipclaim" / "bundle"
    made_by = [ROOT / "eipctl" / name for name in MAKERS]
    packages = cache / f"packages-{_key(runs, [bundle.LOCK, *made_by])}"
    sources = [*(ROOT / "functions").glob("*.py"), *(ROOT / "shared").rglob("*.py"), ROOT / "LICENSE"]
    code = cache / f"code-{_key(packages.name, sources)}"
    if not code.is_dir():
        _whole(packages, lambda new: bundle.install(runs, new, target, say))
        say("code, zip")
        _whole(code, lambda new: _zip(runs, packages, new))
    _use(cache, {packages, code})
    return Code(code / "code", runs)


def _zip(runs: str, packages: Path, new: Path) -> None:
    """The zip, and what is unpacked of it."""
    with TemporaryDirectory(dir=new.parent, prefix="new-") as place:
        folder = Path(shutil.copytree(packages, Path(place, "bundle")))
        bundle.add_own(runs, folder)
        new.mkdir()
        bundle.pack(folder, new / "eipclaim.zip")
    unpack(new / "eipclaim.zip", new / "code")


def _key(start: str, files: Iterable[Path]) -> str:
    key = hashlib.sha256(start.encode())
    for file in sorted(files):
        key.update(f"{file.relative_to(ROOT)}\0".encode())
        key.update(hashlib.sha256(file.read_bytes()).digest())
    return key.hexdigest()[:16]


def _whole(folder: Path, make: Callable[[Path], object]) -> None:
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix="new-") as place:
        new = Path(place, "made")
        make(new)
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another one was faster
                raise


def _use(cache: Path, used: Iterable[Path]) -> None:
    for folder in used:
        with suppress(FileNotFoundError):  # the packages of code that was there already
            os.utime(folder)
    for folder in cache.iterdir():
        with suppress(FileNotFoundError):  # somebody else tidies up too
            if time.time() - folder.stat().st_mtime > UNUSED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
