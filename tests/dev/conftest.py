"""One laptop TKE for all scenarios, with fast timers; each scenario has a namespace of its own.

Where there are no binaries the scenarios are not part of the run, and the head of pytest's report says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from eipctl.dev import control_plane
from eipctl.dev.invocations import Invocation
from eipctl.dev.platform import Pace
from eipctl.dev.world import Options, World, running
from tests.control_planes import BINARIES
from tests.dev.clusters import Cluster

OPTIONS = Options(nodes=3, pace=Pace(max_wait=1.0, tick=6.0))
TRANSITION_SECONDS = 0.5
NUMBERS = itertools.count(1)
collect_ignore = [] if BINARIES else ["test_names.py", "test_scenarios.py"]


@pytest.fixture(scope="session")
def invocations() -> list[Invocation]:
    """All there were so far."""
    return []


@pytest.fixture(scope="session")
def world(invocations: list[Invocation]) -> Iterator[World]:
    assert BINARIES
    with control_plane.running(BINARIES) as plane, start_blocking_portal() as portal:
        opened = running(plane, OPTIONS, lambda _: None, invocations.append)
        with portal.wrap_async_context_manager(opened) as world:
            world.cloud.behaviour.transition_seconds = TRANSITION_SECONDS
            yield world


@pytest.fixture
def cluster(world: World) -> Iterator[Cluster]:
    cluster = Cluster(world, f"scenario-{next(NUMBERS)}")
    cluster.kubectl("create", "namespace", cluster.namespace)
    yield cluster
    cluster.kubectl("delete", "namespace", cluster.namespace, "--wait=false", "--ignore-not-found")
