"""Garbage collection and the end of namespaces in memory."""

from __future__ import annotations

import pytest

from emulator.cluster.resources import Object
from tests.emulator.clusters import Manifest, Rig, bare_claim, bare_pod, workload

HOLD = "example.com/hold"


def owned(owner: Object, *, blocks: bool = False) -> list[Manifest]:
    metadata = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"]}
    return [{**reference, "uid": metadata["uid"], "blockOwnerDeletion": blocks}]


def deployed() -> Rig:
    rig = Rig()
    rig.live.apply(workload("Deployment"))
    rig.settle()
    return rig


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
def test_in_the_background_the_owner_goes_first_and_its_pods_after_it(kind: str) -> None:
    rig = Rig()
    rig.live.apply(workload(kind))
    rig.settle()

    rig.live.delete(kind, "default", "web")

    assert rig.live.list(kind) == ()
    assert len(rig.names()) == 1
    rig.settle()
    assert (rig.pods(), rig.live.list("ReplicaSet")) == ([], ())


def test_in_the_foreground_the_owner_waits_for_all_below_it() -> None:
    rig = deployed()
    rig.live.delete("Deployment", "default", "web", "Foreground")

    rig.settle(3)
    waiting = [rig.live.list(kind)[0]["metadata"]["finalizers"] for kind in ("Deployment", "ReplicaSet")]
    rig.settle()

    assert waiting == [["foregroundDeletion"], ["foregroundDeletion"]]
    assert [rig.live.list(kind) for kind in ("Deployment", "ReplicaSet", "Pod")] == [(), (), ()]


def test_orphans_stay_and_belong_to_nobody() -> None:
    rig = Rig()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()
    before = rig.pod("web-0")["metadata"]["uid"]

    rig.live.delete("StatefulSet", "default", "web", "Orphan")
    rig.settle()

    assert rig.live.list("StatefulSet") == ()
    assert rig.pod("web-0")["metadata"]["uid"] == before
    assert "ownerReferences" not in rig.pod("web-0")["metadata"]


def test_a_claim_goes_with_its_pod() -> None:
    rig = Rig()
    pod = rig.live.apply(bare_pod())
    rig.live.apply(bare_claim(ownerReferences=owned(pod)))
    rig.settle()

    rig.live.delete("Pod", "default", "web-0")
    rig.settle(1)
    during = len(rig.live.list("EIPClaim"))
    rig.settle()

    assert during == 1
    assert rig.live.list("EIPClaim") == ()


def test_a_claim_that_is_held_does_not_hold_a_pod_that_it_does_not_block() -> None:
    rig = Rig()
    pod = rig.live.apply(bare_pod())
    rig.live.apply(bare_claim(ownerReferences=owned(pod), finalizers=[HOLD]))
    rig.settle()

    rig.live.delete("Pod", "default", "web-0", "Foreground")
    rig.settle()

    assert rig.pods() == []
    (claim,) = rig.live.list("EIPClaim")
    assert (claim["metadata"]["finalizers"], "deletionTimestamp" in claim["metadata"]) == ([HOLD], True)


def test_what_is_being_deleted_already_is_not_deleted_again() -> None:
    rig = Rig()
    pod = rig.live.apply(bare_pod())
    rig.live.apply(bare_claim(ownerReferences=owned(pod), finalizers=[HOLD]))
    rig.live.delete("Pod", "default", "web-0")
    rig.settle()
    rig.live.apply(workload("StatefulSet"))
    rig.settle()

    deletions = [
        record
        for record in rig.live.audit
        if record["verb"] == "delete" and record["objectRef"]["resource"] == "eipclaims"
    ]
    assert len(deletions) == 1


def test_a_dependent_that_blocks_holds_its_owner_in_the_foreground() -> None:
    rig = Rig()
    pod = rig.live.apply(bare_pod())
    rig.live.apply(bare_claim(ownerReferences=owned(pod, blocks=True), finalizers=[HOLD]))
    rig.settle()
    rig.live.delete("Pod", "default", "web-0", "Foreground")
    rig.settle()
    waiting = rig.names()

    rig.live.patch("EIPClaim", "default", "web-0", {"metadata": {"finalizers": None}})
    rig.settle()

    assert waiting == ["web-0"]
    assert (rig.pods(), rig.live.list("EIPClaim")) == ([], ())


def test_an_owner_that_waits_does_not_keep_what_has_another_owner() -> None:
    rig = Rig()
    leaving, staying = rig.live.apply(bare_pod("web-0")), rig.live.apply(bare_pod("web-1"))
    references = owned(leaving, blocks=True) + owned(staying)
    rig.live.apply(bare_claim(ownerReferences=references))
    rig.settle()

    rig.live.delete("Pod", "default", "web-0", "Foreground")
    rig.settle()

    assert rig.names() == ["web-1"]
    (claim,) = rig.live.list("EIPClaim")
    assert claim["metadata"]["ownerReferences"] == owned(staying)
    assert "deletionTimestamp" not in claim["metadata"]


def test_a_namespace_ends_when_the_last_thing_that_is_held_in_it_is_let_go() -> None:
    rig = Rig()
    rig.live.create_namespace("team-a")
    rig.live.apply({**bare_claim(), "metadata": {"name": "web-0", "namespace": "team-a", "finalizers": [HOLD]}})
    rig.live.apply(bare_claim("elsewhere"))
    rig.settle()
    rig.live.delete("Namespace", "", "team-a")
    rig.settle()
    held = rig.live.get("Namespace", "", "team-a")

    rig.live.patch("EIPClaim", "team-a", "web-0", {"metadata": {"finalizers": None}})
    rig.settle()

    assert held is not None
    assert held["status"] == {"phase": "Terminating"}
    assert rig.live.get("Namespace", "", "team-a") is None
    assert [claim["metadata"]["name"] for claim in rig.live.list("EIPClaim")] == ["elsewhere"]
