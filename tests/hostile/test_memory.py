"""The worst inputs in a process of their own: with everything that is loaded they fit a function of 256 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.peak import SCENES

pytestmark = pytest.mark.no_cover

CEILING = 192
"""MiB: three quarters of what serverless.yml gives a function."""


@pytest.mark.parametrize("name", SCENES)
def test_the_worst_inputs_fit_a_function(name: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.hostile.peak", name]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    told = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(f"{name}: {told['before']:.0f} MiB before, {told['peak']:.0f} at most\n")  # pytest -s shows it

    assert told["peak"] < CEILING
