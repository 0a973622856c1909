"""Where the programs of a control plane are: told, built before, or installed; else they are built from source."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from shared.core.errors import InputRejected

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "CONTROL_PLANE_BINARIES"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
HOW = "controlplane/build builds them (it needs Go; about 5 minutes on two cores, once)"

Binaries = Mapping[str, Path]
"""A program's path by its name."""


def locate(names: Iterable[str] = NAMES) -> Binaries | None:
    """The programs: those of CONTROL_PLANE_BINARIES alone where it is set, else the newest build, else installed ones.

    Installed are those in KUBEBUILDER_ASSETS and on PATH. None unless one of these has them all.
    """
    told = os.environ.get(VARIABLE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "eipclaim", "control-plane")
    built = sorted(cache.glob("*/.complete"), key=lambda one: one.stat().st_mtime, reverse=True)
    installed = os.pathsep.join(filter(None, (os.environ.get("KUBEBUILDER_ASSETS"), os.environ.get("PATH"))))
    places = [told] if told else [*(str(one.parent) for one in built), installed]
    wanted = tuple(names)
    for place in places:
        found = {name: Path(path) for name in wanted if (path := shutil.which(name, path=place))}
        if len(found) == len(wanted):
            return found
    return None


def obtain(say: Callable[[str], None]) -> Binaries:
    """The programs, built where they are nowhere. Raises InputRejected where they cannot be built."""
    found = locate()
    if found:
        return found
    if VARIABLE in os.environ:
        raise InputRejected("NoControlPlane", f"{os.environ[VARIABLE]} ({VARIABLE}) lacks one of: {', '.join(NAMES)}")
    if not shutil.which("go"):
        raise InputRejected("NoControlPlane", f"there is no {NAMES[1]}, and no Go to build it with: {HOW}")
    say(f"building {', '.join(NAMES)}: {HOW}")
    built = subprocess.run([ROOT / "controlplane" / "build"], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    found = locate()
    if built.returncode or not found:
        raise InputRejected("NoControlPlane", "controlplane/build failed: see above")
    return found
