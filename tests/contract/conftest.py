"""Each test of the contract runs in the cluster in memory, and in a real one if there is one.

`CONTRACT_KUBECONFIG` names the kubeconfig of an administrator of a real cluster with all of `deploy/` in it.
Without it a control plane is started from its binaries. Where there are none either, the tests of the real cluster are
not skipped: they are not part of the run, and the head of pytest's report says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eipctl.dev.control_plane import ControlPlane
from tests.contract import apiserver_world, memory_world
from tests.contract.worlds import World
from tests.control_planes import BINARIES, KUBECONFIG

WORLDS = ["memory", *(["apiserver"] if KUBECONFIG or BINARIES else [])]
collect_ignore = [] if "apiserver" in WORLDS else ["test_capacity_policy.py", "test_quota.py", "test_schema.py"]


@pytest.fixture(scope="session")
def administrator(request: pytest.FixtureRequest) -> Path:
    if KUBECONFIG:
        return Path(KUBECONFIG)
    plane: ControlPlane = request.getfixturevalue("plane")
    return plane.admin


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        async with memory_world.open_world() as opened:
            yield opened
    else:
        async with apiserver_world.open_world(request.getfixturevalue("administrator")) as opened:
            yield opened
