"""A real apiserver without anything of ours, and for each test an account of its own; both are left as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from eipctl.dev import control_plane
from eipctl.dev.control_plane import ControlPlane
from tests.control_planes import BINARIES
from tests.deployment import sites
from tests.deployment.sites import Site

COMMANDS = ("command", "doctor", "install", "operator", "teardown")
collect_ignore = [] if BINARIES else [f"test_{name}.py" for name in COMMANDS]


@pytest.fixture(scope="package")
def own_plane() -> Iterator[ControlPlane]:
    """One that no other test needs to have anything of `deploy/` in it."""
    assert BINARIES
    with control_plane.running(BINARIES, whole=False) as running:
        yield running


@pytest.fixture
async def site(own_plane: ControlPlane) -> AsyncIterator[Site]:
    async with sites.opened(own_plane) as opened:
        yield opened
