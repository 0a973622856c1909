"""Where the programs of a control plane are: told, built before, or installed; else they are built from source.

`python -m eipctl.dev.binaries` sees to it that they are there, and says where.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from eipctl.dev import building
from shared.core.errors import InputRejected

ROOT = building.ROOT
VARIABLE = "CONTROL_PLANE_BINARIES"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
HOW = "`make controlplane` builds them (once; minutes on two cores, from about 1 GB of Go modules)"

Binaries = Mapping[str, Path]
"""A program's path by its name."""


def locate(names: Iterable[str] = NAMES) -> Binaries | None:
    """The programs: those of CONTROL_PLANE_BINARIES alone where it is set, else told ones, built ones, installed ones.

    Told are those in KUBEBUILDER_ASSETS, with PATH for what is not there. None unless one of these has them all.
    """
    only, told = os.environ.get(VARIABLE), os.environ.get("KUBEBUILDER_ASSETS")
    path = os.environ.get("PATH", os.defpath)
    places = [only] if only else [f"{told}{os.pathsep}{path}"] * bool(told) + [str(building.cached()), path]
    wanted = tuple(names)
    for place in places:
        found = {name: Path(program) for name in wanted if (program := shutil.which(name, path=place))}
        if len(found) == len(wanted):
            return found
    return None


def obtain(stream: TextIO) -> Binaries:
    """The programs, built where they are nowhere. Raises InputRejected where they cannot be built."""
    found = locate()
    if found:
        return found
    if os.environ.get(VARIABLE):
        raise InputRejected("NoControlPlane", f"{os.environ[VARIABLE]} ({VARIABLE}) lacks one of: {', '.join(NAMES)}")
    print(f"building {', '.join(NAMES)}: once, minutes on two cores", file=stream, flush=True)
    building.build(stream)
    found = locate()
    if not found:
        raise AssertionError("the build has them all")
    return found


def main() -> int:
    """Say where they are, building them where need be."""
    try:
        print(obtain(sys.stderr)["kube-apiserver"].parent)
    except InputRejected as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
