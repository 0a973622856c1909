"""The objects that are created: legal, whole, and the same for the same fact."""

from __future__ import annotations

from shared.core import manifests
from shared.core.actions import CreateClaim, Told
from shared.core.claim import Claim, OwnerReference
from tests.core.worlds import AT, LIVE, NOW, claim

SPEC = {"retention": "Pod", "podUID": "pod-1", "bandwidthMbps": 100}


def test_a_claim_is_held_by_our_finalizer_from_its_first_moment() -> None:
    manifest = manifests.claim("shop", "web-0", CreateClaim(SPEC, None))

    assert manifest == {
        "apiVersion": "eipclaim.io/v1alpha1",
        "kind": "EIPClaim",
        "metadata": {"name": "web-0", "namespace": "shop", "finalizers": ["eipclaim.io/release"]},
        "spec": SPEC,
    }


def test_an_owner_is_never_held_up_by_its_claim() -> None:
    owner = OwnerReference(api_version="v1", kind="Pod", name="web-0", uid="pod-1", controller=True)

    manifest = manifests.claim("shop", "web-0", CreateClaim(SPEC, owner))

    assert manifest["metadata"] == {
        "name": "web-0",
        "namespace": "shop",
        "finalizers": ["eipclaim.io/release"],
        "ownerReferences": [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": "web-0",
                "uid": "pod-1",
                "controller": False,
                "blockOwnerDeletion": False,
            }
        ],
    }


def test_a_claim_as_created_is_one_that_is_read() -> None:
    manifest = dict(manifests.claim("shop", "web-0", CreateClaim(SPEC, None)))
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)

    read = Claim.model_validate({**manifest, "metadata": {**metadata, "uid": "claim-1"}})

    assert read.held
    assert read.spec.pod_uid == "pod-1"


def test_an_event_is_about_the_pod_or_the_claim() -> None:
    told = Told("EIPLost", "it is gone", warning=True)

    about_pod, about_claim = manifests.event(told, LIVE, NOW), manifests.event(told, claim(), NOW)

    assert about_pod["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "web-0",
        "namespace": "shop",
        "uid": "pod-1",
    }
    assert about_claim["involvedObject"] == {
        "apiVersion": "eipclaim.io/v1alpha1",
        "kind": "EIPClaim",
        "name": "web-0",
        "namespace": "shop",
        "uid": "claim-1",
    }
    assert about_pod["metadata"] != about_claim["metadata"]
    assert (about_pod["type"], about_pod["reason"], about_pod["message"]) == ("Warning", "EIPLost", "it is gone")
    assert about_pod["firstTimestamp"] == about_pod["lastTimestamp"] == AT


def test_an_event_that_is_no_warning_is_normal() -> None:
    assert manifests.event(Told("AssociatedEIP", "bound"), LIVE, NOW)["type"] == "Normal"


def test_the_same_fact_has_the_same_name_at_any_time() -> None:
    told = Told("EIPLost", "it is gone")

    first = manifests.event(told, LIVE, NOW)
    again = manifests.event(told, LIVE, NOW.replace(hour=15))

    assert first["metadata"] == again["metadata"]
