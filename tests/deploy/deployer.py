"""What a deployment of serverless.yml would send: the file as the command line reads it, through Tencent's toolkit."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from eipctl.dev import serverless
from tests.control_planes import REQUIRED_VARIABLE

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests/data/toolkit-bodies.json"
TOOLKIT = Path(__file__).parent / "toolkit"
PROGRAMS = ("node", "npm")
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
VARIABLE = re.compile(r"\$\{env:(\w+)\}")


@dataclass(frozen=True)
class Request:
    """One request of the toolkit: to the `host` of a service, for an `action`, with a `body`."""

    host: str
    action: str
    version: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Deployments:
    """The requests of the first deployment, and of the same one again."""

    first: Sequence[Request]
    again: Sequence[Request]


def recorded() -> Deployments:
    """The requests as they are kept beside the tests."""
    return _deployments(RECORDED.read_text(encoding="utf-8"))


def _deployments(text: str) -> Deployments:
    told = json.loads(text)
    return Deployments(*([Request(**one) for one in told[name]] for name in ("first", "again")))


def described() -> str:
    """Whether the toolkit can be asked, for the head of a test report."""
    missing = _missing()
    return (
        f"deployment: !!! THE TOOLKIT IS NOT ASKED !!! {missing}"
        if missing
        else "deployment: through Tencent's toolkit"
    )


def resolved(environ: Mapping[str, str]) -> dict[str, Any]:
    """serverless.yml with its variables, as the command line puts them in.

    A variable takes the place of the whole text that it stands in, and one that is not set takes its key along: both by
    the source of the command line's client.
    """
    whole = yaml.safe_load(serverless.FILE.read_text(encoding="utf-8"))
    return {key: _resolved(value, environ) for key, value in whole.items() if _resolved(value, environ) is not None}


def _resolved(value: object, environ: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        items = {key: _resolved(one, environ) for key, one in value.items()}
        return {key: one for key, one in items.items() if one is not None}
    if isinstance(value, list):
        return [_resolved(one, environ) for one in value]
    named = VARIABLE.findall(value) if isinstance(value, str) else []
    return environ.get(named[-1]) if named else value


def deployed(file: Mapping[str, Any], common: Sequence[str] | None = None) -> Deployments:
    """All that the toolkit sends to deploy that file twice.

    `common` are the inputs that a release of the component hands on to each function; None means all of them.
    """
    given = {**copy.deepcopy(dict(file)), "common": common}
    environ = {"PATH": os.environ["PATH"], "NODE_PATH": str(_installed() / "node_modules")}
    done = subprocess.run(  # noqa: S603 - our own program
        ["node", str(TOOLKIT / "bodies.js")],  # noqa: S607 - whichever Node there is
        input=json.dumps(given),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return _deployments(done.stdout)


def _installed() -> Path:
    """Where the toolkit of the lock file is, installed once; two test processes may do so at the same time."""
    lock = (TOOLKIT / "package-lock.json").read_bytes()
    place = ROOT / "build" / f"toolkit-{hashlib.sha256(lock).hexdigest()[:12]}"
    if missing := _missing():
        _left_out(missing)
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=place.parent, prefix="toolkit-"))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(TOOLKIT / name, made)
        npm = subprocess.run(["npm", *INSTALL], cwd=made, capture_output=True, text=True, check=False)  # noqa: S603, S607 - as above
        if npm.returncode == 0:
            with suppress(OSError):  # another process was first, with the same
                made.rename(place)
        shutil.rmtree(made, ignore_errors=True)
        if npm.returncode:
            _left_out(f"npm {' '.join(INSTALL)} failed: {npm.stderr.strip()[-500:]}")
    return place


def _missing() -> str:
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"no {' and no '.join(absent)}: install Node.js 16 or newer" if absent else ""


def _left_out(why: str) -> None:
    if os.environ.get(REQUIRED_VARIABLE):
        pytest.fail(f"the toolkit cannot be asked, and {REQUIRED_VARIABLE} is set: {why}")
    pytest.skip(f"THE TOOLKIT IS NOT ASKED: {why}")


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(asdict(deployed(resolved(serverless.example()))), indent=1) + "\n", encoding="utf-8")
