"""The scenarios side by side: they mostly wait, so all are started together, and each test waits for its own.

A scenario is a test that asks for `cluster`, or for `cascading`: a namespace of its own in one of two laptop TKEs,
without and with cascade. Where there are no binaries none is part of the run, and the head of pytest's report says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from eipctl.dev.platform import Pace
from eipctl.dev.world import Options
from shared.observe import FEW
from tests.control_planes import BINARIES
from tests.dev.clusters import Cluster
from tests.dev.laptops import Laptop, laptop
from tests.dev.told import Told

PACE = Pace(max_wait=2.0, tick=6.0)
OPTIONS = {
    "cluster": Options(nodes=12, pace=PACE),
    "cascading": Options(nodes=FEW + 1, pace=PACE, settings={"EIPCLAIM_ENABLE_OWNERREF": "true"}),
}
SIDE_BY_SIDE = 16


@dataclass(frozen=True)
class Stage:
    """Where all scenarios of the run are played."""

    laptops: list[Laptop] = field(default_factory=list)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    plays: dict[str, Future[float]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, told: Told) -> Iterator[Stage]:
    assert BINARIES
    stage = Stage()
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    with ExitStack() as worlds, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for fixture, options in OPTIONS.items():
            scenarios = [item for item in items if fixture in item.fixturenames]
            if scenarios:
                stage.laptops.append(worlds.enter_context(laptop(BINARIES, options)))
            for number, item in enumerate(scenarios):
                cluster = stage.clusters[item.nodeid] = Cluster(stage.laptops[-1], f"scenario-{number + 1}")
                stage.plays[item.nodeid] = pool.submit(_play, item, fixture, cluster)
        yield stage
        for one in stage.laptops:
            told.ends(one.world)


def _play(item: pytest.Function, fixture: str, cluster: Cluster) -> float:
    """The seconds that it took."""
    began = time.monotonic()
    given = item.callspec.params if hasattr(item, "callspec") else {}
    cluster.kubectl("create", "namespace", cluster.namespace)
    try:
        item.function(**{fixture: cluster}, **given)
    finally:
        cluster.delete("namespace", cluster.namespace, "--ignore-not-found")
    return time.monotonic() - began


@pytest.fixture
def played(stage: Stage) -> Stage:
    """When all scenarios are over."""
    futures.wait(stage.plays.values())
    return stage


@pytest.fixture
def cluster(stage: Stage, request: pytest.FixtureRequest) -> Cluster:
    return stage.clusters[request.node.nodeid]


@pytest.fixture
def cascading(stage: Stage, request: pytest.FixtureRequest) -> Cluster:
    return stage.clusters[request.node.nodeid]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a world end in the midst of a request.

    A client that is cancelled while it shakes hands leaves the connection to Python's search for garbage (httpcore's
    `start_tls` closes it for errors alone), which finds it in whatever test comes next.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in ("laptop", "measured")):
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Do not play a scenario again: wait for it."""
    stage = pyfuncitem.funcargs.get("stage")
    if not isinstance(stage, Stage) or pyfuncitem.nodeid not in stage.plays:
        return None
    seconds = stage.plays[pyfuncitem.nodeid].result()
    pyfuncitem.user_properties.append(("seconds", f"{seconds:.1f}"))
    return True
