"""How long pods wait for their EIPs and what they cost: with the wait of CLS as deployed, and with a short one.

In the second run the log service waits for nothing: each record is delivered as soon as it is read.
"""

from __future__ import annotations

import time

import pytest

from eipctl.dev import figures
from eipctl.dev.figures import Figures
from eipctl.dev.platform import Pace
from eipctl.dev.world import Options
from tests.control_planes import BINARIES
from tests.dev.clusters import Cluster, example
from tests.dev.laptops import laptop
from tests.dev.told import Told

pytestmark = pytest.mark.measured
GROUPS, EACH = 8, 3
GROUP_SECONDS = 2.0
NODES = 5
"""With room for one pod more."""
IDLE_SECONDS = figures.MINUTE_SECONDS + figures.SETTLING_SECONDS


def deploy(cluster: Cluster) -> None:
    """A few pods at a time, until all are bound."""
    cluster.apply(example("deployment.yaml", replicas=0))
    for group in range(1, GROUPS + 1):
        cluster.kubectl("scale", "deployment/web", f"--replicas={group * EACH}")
        time.sleep(GROUP_SECONDS)
    names = cluster.eventually(
        "all pods are there", lambda: names if len(names := cluster.names("pod")) == GROUPS * EACH else None
    )
    for name in names:
        cluster.bound(name)


def check(found: Figures) -> None:
    assert len(found.waits) == GROUPS * EACH
    assert min(found.waits) > 0
    assert found.bound is not None
    assert found.bound.requests > 1
    assert found.bound.calls > 1


def test_as_deployed_and_then_idle(told: Told) -> None:
    assert BINARIES
    with laptop(BINARIES, Options(NODES, Pace())) as deployed:
        cluster = Cluster(deployed, "default")
        deploy(cluster)
        time.sleep(IDLE_SECONDS)
        # Up to a record that is so long after the last change, and nobody says when the next one comes.
        cluster.eventually("a minute was idle", lambda: figures.of(deployed.world).idle)
        found = figures.of(deployed.world)
    told.counted(f"CLS waits 3 s: {found}")

    check(found)
    assert found.idle is not None
    assert found.idle.requests > 1
    assert found.idle.calls > 1


def test_without_any_wait_of_the_log_service(told: Told) -> None:
    assert BINARIES
    with laptop(BINARIES, Options(NODES, Pace(max_wait=0.0))) as deployed:
        deploy(Cluster(deployed, "default"))
        found = figures.of(deployed.world)
    told.counted(f"CLS does not wait: {found}")

    check(found)
