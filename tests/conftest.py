"""What every test runs under: asyncio alone as the event loop, and properties that draw the same examples each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from eipctl.dev import control_plane
from eipctl.dev.control_plane import ControlPlane
from tests import control_planes
from tests.deploy import deployer
from tests.dev.told import Told

settings.register_profile("deterministic", derandomize=True, database=None, deadline=None)
settings.load_profile("deterministic")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rights", action="store_true", help="fail where a right of deploy/rbac.yaml was not used")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Told(config), "told")


def pytest_report_header() -> list[str]:
    """Says loudly what a run leaves out, so that nobody takes it for more than it is."""
    return [*control_planes.described(), deployer.described()]


@pytest.fixture(scope="session")
def told(pytestconfig: pytest.Config) -> Told:
    """To which each world of real processes is given at its end."""
    plugin = pytestconfig.pluginmanager.get_plugin("told")
    assert isinstance(plugin, Told)
    return plugin


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """A real control plane without a scheduler and without workloads: it only collects and ends things."""
    assert control_planes.BINARIES
    with control_plane.running(control_planes.BINARIES, whole=False) as running:
        yield running


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the functions run on; anyio would try each test on trio as well."""
    return "asyncio"
