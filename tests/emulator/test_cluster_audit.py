"""The audit log of the cluster in memory beside those of a real apiserver: the same deeds, the same records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import CLAIMS, Object
from emulator.cluster.schema import Installed
from emulator.cluster.users import TAKE
from tests.emulator.clusters import Manifest, Rig, bare_claim, bare_pod

DATA = Path(__file__).parents[1] / "data"
Kind = tuple[object, ...]


def manifest(name: str) -> Manifest:
    loaded: Manifest = yaml.safe_load((DATA / f"{name}.yaml").read_text())
    return loaded


def recorded(trace: str) -> list[Object]:
    return [json.loads(line) for line in (DATA / f"{trace}.jsonl").read_text().splitlines()]


def kinds(records: list[Object], resource: str) -> set[Kind]:
    """What there is to tell from each write of that resource, in each record that is told on it."""
    return {
        (
            record["verb"],
            record["level"],
            record["stage"],
            record["responseStatus"]["code"],
            tuple(sorted(record["objectRef"])),
            record["objectRef"].get("subresource"),
            record.get("requestObject", {}).get("kind"),
            record.get("responseObject", {}).get("kind"),
            tuple(sorted(record)),
        )
        for record in records
        if record.get("objectRef", {}).get("resource") == resource and record["verb"] not in {"get", "list", "watch"}
    }


def test_the_records_of_a_statefulset_that_is_created_are_those_of_a_real_apiserver() -> None:
    rig = Rig()
    rig.live.apply(manifest("statefulset"))
    rig.settle()

    assert kinds(rig.live.audit, "pods") == kinds(recorded("01-statefulset-created"), "pods")
    assert kinds(rig.live.audit, "statefulsets") == kinds(recorded("01-statefulset-created"), "statefulsets")


def test_the_records_of_a_pod_with_a_generated_name_are_those_of_a_real_apiserver() -> None:
    rig = Rig()
    rig.live.apply(manifest("deployment"))
    rig.settle()

    assert kinds(rig.live.audit, "pods") == kinds(recorded("04-deployment-created-generate-name"), "pods")
    created = next(r for r in rig.live.audit if r["objectRef"]["resource"] == "pods")
    assert "name" not in created["objectRef"]
    assert created["responseObject"]["metadata"]["name"] in rig.names()


def test_the_records_of_pods_that_are_deleted_are_those_of_a_real_apiserver() -> None:
    rig = Rig()
    for name in ("statefulset", "deployment"):
        rig.live.apply(manifest(name))
    rig.settle()
    before = len(rig.live.audit)
    rig.live.delete("StatefulSet", "default", "busybox")
    rig.live.delete("Deployment", "default", "web")
    rig.settle()

    mine = {kind for kind in kinds(rig.live.audit[before:], "pods") if kind[0] == "delete"}
    assert mine == kinds(recorded("07-workloads-deleted"), "pods")
    assert kinds(rig.live.audit[before:], "deployments") >= kinds(recorded("07-workloads-deleted"), "deployments")
    collected = next(r for r in rig.live.audit if "garbage-collector" in r["userAgent"] and r["verb"] == "delete")
    assert set(collected["requestObject"]["preconditions"]) == {"uid", "resourceVersion"}
    last = [r["responseStatus"]["code"] for r in rig.live.audit if r["objectRef"].get("name") == "busybox-0"][-3:]
    assert last == [200, 200, 404]


def test_the_records_of_a_claim_are_those_of_a_real_apiserver() -> None:
    rig = Rig()
    rig.live.api.installed = Installed(finalizer_policy=False)
    rig.live.apply(bare_claim(finalizers=["eipclaim.io/release"]))
    rig.live.delete("EIPClaim", "default", "web-0")
    rig.live.patch("EIPClaim", "default", "web-0", {"metadata": {"finalizers": None}})

    assert kinds(rig.live.audit, "eipclaims") == kinds(recorded("06-claim-deleted-by-hand"), "eipclaims")


def test_a_kubelets_patch_tells_the_ip_and_not_the_pod() -> None:
    rig = Rig()
    rig.live.apply(bare_pod())
    rig.settle()

    patch = next(r for r in rig.live.audit if r["objectRef"].get("subresource") == "status")
    assert patch["user"]["username"] == "system:node:node-0"
    assert patch["requestObject"]["status"]["podIP"] == "10.0.0.2"


def test_a_refused_request_is_in_the_log_with_its_reason() -> None:
    rig = Rig()
    with pytest.raises(Refusal):
        rig.live.api.create(TAKE, CLAIMS, bare_claim())
    with pytest.raises(Refusal):
        rig.live.scale("StatefulSet", "default", "absent", 3)

    told = [(r["responseStatus"]["reason"], r["responseStatus"]["code"]) for r in rig.live.audit[-2:]]
    assert told == [("Forbidden", 403), ("NotFound", 404)]
    decisions = [r["annotations"]["authorization.k8s.io/decision"] for r in rig.live.audit[-2:]]
    assert decisions == ["forbid", "allow"]


def test_events_leave_no_record() -> None:
    rig = Rig()
    before = len(rig.live.audit)

    rig.live.apply({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "told"}})

    assert len(rig.live.list("Event")) == 1
    assert len(rig.live.audit) == before


def test_a_namespace_that_is_deleted_is_told_without_the_names_of_its_pods() -> None:
    rig = Rig()
    rig.live.create_namespace("team-a")
    rig.live.apply(bare_pod(namespace="team-a"))
    rig.settle()
    before = len(rig.live.audit)
    rig.live.delete("Namespace", "", "team-a")
    rig.settle()

    told = [
        (r["verb"], r["objectRef"].get("name"), r["user"]["username"], r["responseStatus"]["code"])
        for r in rig.live.audit[before:]
        if r["objectRef"]["resource"] == "pods" and r["verb"].startswith("delete")
    ]
    assert told == [
        ("deletecollection", None, "system:serviceaccount:kube-system:namespace-controller", 200),
        ("delete", "web-0", "system:node:node-0", 200),
        ("delete", "web-0", "system:node:node-0", 404),
    ]
    assert rig.live.get("Namespace", "", "team-a") is None


def test_each_record_is_told_to_whoever_asked() -> None:
    rig = Rig()
    told: list[Object] = []
    rig.live.api.audit.subscribe(told.append)
    before = len(rig.live.audit)

    rig.live.apply(bare_pod())
    rig.settle()

    assert told == rig.live.audit[before:]


def test_two_runs_of_one_seed_leave_the_same_log_and_another_seed_another_one() -> None:
    def run(seed: int) -> list[Object]:
        rig = Rig(seed=seed)
        rig.live.apply(manifest("deployment"))
        rig.settle()
        rig.live.delete("Deployment", "default", "web")
        rig.settle()
        return rig.live.audit

    assert run(7) == run(7)
    assert run(7) != run(8)
