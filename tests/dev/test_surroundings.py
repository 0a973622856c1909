"""What may differ from cluster to cluster: nodes whose room for EIPs nobody publishes, an older CRD; and looking on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from eipctl.dev.binaries import ROOT
from eipctl.dev.machines import EIPS_EACH
from eipctl.dev.platform import Pace
from eipctl.dev.world import Options
from shared.core.identity import PUBLISHED
from tests import crds
from tests.control_planes import BINARIES
from tests.dev.clusters import ATTRIBUTES, PATIENCE_SECONDS, Cluster, Raw, example
from tests.dev.laptops import Laptop, laptop

pytestmark = pytest.mark.laptop
EIP = "tke.cloud.tencent.com/eip"
OPTIONS = Options(
    nodes=2, pace=Pace(max_wait=2.0, tick=6.0), settings={"EIPCLAIM_PUBLISH_CAPACITY": "true"}, capacity=False
)


@pytest.fixture(scope="module")
def bare() -> Iterator[Laptop]:
    """Its nodes say nothing of EIPs."""
    assert BINARIES
    with laptop(BINARIES, OPTIONS) as opened:
        yield opened


@pytest.fixture
def alone(bare: Laptop, request: pytest.FixtureRequest) -> Cluster:
    """A namespace, which stays."""
    name = request.function.__name__.replace("_", "-")[:60].strip("-")
    cluster = Cluster(bare, name)
    cluster.kubectl("create", "namespace", name)
    # A pod is refused before the controllers have made the account that it runs as.
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", f"--timeout={PATIENCE_SECONDS:.0f}s")
    return cluster


def pod(name: str) -> Raw:
    """One that asks for an EIP by its annotation alone, so that it needs no room."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": {ATTRIBUTES: ""}},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]},
    }


def test_pods_that_ask_for_the_resource_are_scheduled_once_allocate_has_published_it(alone: Cluster) -> None:
    alone.apply(example("statefulset.yaml"))
    alone.eventually("pods wait", lambda: f"Insufficient {EIP}" in "".join(alone.told("FailedScheduling")))

    alone.kubectl("apply", f"--filename={ROOT}/deploy/optional")

    for name in ("busybox-0", "busybox-1"):
        alone.bound(name)
    node = alone.when("node", "node-1", "has room", lambda one: EIP in one["status"]["allocatable"])
    amounts = {node["status"][part][EIP] for part in ("capacity", "allocatable")}
    assert amounts == {str(EIPS_EACH)} == {node["metadata"]["annotations"][PUBLISHED]}


def test_a_served_pod_is_planned_and_explained_with_nothing_but_the_environment_given(
    alone: Cluster, bare: Laptop
) -> None:
    alone.apply(pod("web"))
    claim = alone.bound("web")

    planned = eipctl(bare, "plan")
    told = eipctl(bare, "explain", f"{alone.namespace}/web")

    assert [one["rule"] for one in planned if one["namespace"] == alone.namespace] == ["Settled", "Settled"]
    assert [one["rule"] for one in told["decisions"]] == ["Settled", "Settled"]
    assert told["world"]["addresses"][0]["addressID"] == claim["status"]["addressID"]
    assert "AssociatedEIP" in {one["reason"] for one in told["history"]}


def eipctl(bare: Laptop, *arguments: str) -> Any:  # noqa: ANN401 - it is whatever JSON it prints
    environ = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **bare.world.environ}
    command = [sys.executable, "-m", "eipctl", *arguments, "--output", "json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - ourselves
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_under_a_crd_that_drops_part_of_the_intent_nothing_is_bought_until_it_is_applied_anew(alone: Cluster) -> None:
    install(alone, "intent.parameters")
    alone.apply(pod("web"))
    claim = alone.when("eipc", "web", "says so", lambda one: "OldCRD" in json.dumps(one.get("status", {})))
    bought = [one for one in alone.changes() if one.action == "AllocateAddresses"]

    install(alone)
    served = alone.bound("web")

    assert served["metadata"]["uid"] == claim["metadata"]["uid"]
    since = [one for one in alone.changes() if one.action == "AllocateAddresses"][len(bought) :]
    assert len(since) == 1


def install(cluster: Cluster, *unknown: str) -> None:
    """Apply the CRD without these fields of the status."""
    manifest = json.dumps(crds.without(*unknown))
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=manifest)
