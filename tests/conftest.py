"""What every test runs under: asyncio alone as the event loop, and properties that draw the same examples each time."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from eipctl.dev import control_plane
from eipctl.dev.control_plane import ControlPlane
from tests import control_planes, fuzz
from tests.deploy import deployer
from tests.dev.told import Told

fuzz.load_profile(0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rights", action="store_true", help="fail where a right of deploy/rbac.yaml was not used")
    parser.addoption("--fuzz", type=int, default=0, metavar="N", help="N times as many examples, other ones each time")


def pytest_configure(config: pytest.Config) -> None:
    if times := config.getoption("--fuzz"):
        fuzz.load_profile(times)
        if config.getoption("--hypothesis-seed") is None:
            config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))
    config.pluginmanager.register(Told(config), "told")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Says loudly what a run leaves out, so that nobody takes it for more than it is, and how to repeat it."""
    told = [*control_planes.described(), deployer.described()]
    if times := config.getoption("--fuzz"):
        told.append(f"to repeat this run: --fuzz {times} --hypothesis-seed {config.getoption('--hypothesis-seed')}")
    return told


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
