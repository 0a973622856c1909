"""Claims, pods, nodes and addresses as the wires tell of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from shared.core.actions import Allocate, Publish, ReleaseOrphan, kind, name
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import ActionKind, Claim, Isp, Retention
from shared.core.pod import Node, Pod
from shared.core.values import rfc3339
from shared.core.world import World
from tests.core.worlds import LIVE, NOW, POLICY, Json, claim, eip, made, owning, pod, world

META: Json = {"name": "web-0", "uid": "u"}


def test_what_go_marshals_as_null_is_empty() -> None:
    metadata: Json = {**META, "annotations": None, "labels": None, "finalizers": None, "ownerReferences": None}
    status: Json = {"podIPs": None, "containerStatuses": None, "conditions": None, "podIP": None, "phase": None}
    container: Json = {"resources": {"requests": None, "limits": None}}
    spec: Json = {"containers": [container, {"resources": None}], "readinessGates": None, "nodeName": None}

    read = Pod.model_validate({"metadata": metadata, "spec": spec, "status": status})

    assert read.metadata.annotations == {}
    assert read.metadata.finalizers == ()
    assert read.metadata.owner_references == ()
    assert read.status.conditions == ()
    assert read.spec.readiness_gates == ()
    assert not read.asks_for("tke.cloud.tencent.com/eip")
    assert Pod.model_validate({"metadata": META, "spec": {"containers": None}}).spec.containers == ()
    states: Json = {"containerStatuses": [{"state": None}, {"state": {"terminated": None}}]}
    assert not Pod.model_validate({"metadata": META, "status": states}).ended


def test_a_claim_without_anything_has_the_defaults() -> None:
    bare = Claim.model_validate({"metadata": META, "status": {"bindings": None, "conditions": None}})

    assert bare.spec.retention is Retention.POD
    assert (bare.spec.bandwidth_mbps, bare.spec.isp) == (100, Isp.BGP)
    assert (bare.status.attempt, bare.status.bindings, bare.status.conditions) == (1, (), ())
    assert [bare.held, bare.deleting, bare.paused, bare.abandon] == [False] * 4


def test_a_field_of_another_release_is_ignored() -> None:
    newer = Claim.model_validate({"metadata": META, "spec": {"colour": "red"}, "status": {"mood": {"is": "good"}}})

    assert newer == Claim.model_validate({"metadata": META})


def test_a_phase_and_a_back_off_of_another_release_are_as_good_as_none() -> None:
    """Beside a release, or after one, that knew the phase Kept, claims were unreadable and their pods never served."""
    retry = {"action": "Rename", "at": "2026-01-01T00:00:00Z"}
    newer = Claim.model_validate({"metadata": META, "status": {"phase": "Kept", "addressID": "eip-1", "retry": retry}})

    assert (newer.status.phase, newer.status.retry, newer.status.address_id) == (None, None, "eip-1")


def test_an_intent_of_another_release_is_never_taken_for_none() -> None:
    """It may be under way."""
    intent = {"action": "Rename", "at": "2026-01-01T00:00:00Z", "by": "a later release"}

    with pytest.raises(ValidationError):
        Claim.model_validate({"metadata": META, "status": {"intent": intent}})


@pytest.mark.parametrize(
    "spec",
    [
        {"bandwidthMbps": 0},
        {"bandwidthMbps": 2001},
        {"isp": "BGP2"},
        {"chargeType": "BANDWIDTH_PREPAID_BY_MONTH"},
        {"retention": "Forever"},
        {"expireAfter": "1m"},
    ],
)
def test_nonsense_in_a_claim_is_no_claim(spec: Json) -> None:
    with pytest.raises(ValidationError):
        Claim.model_validate({"metadata": META, "spec": spec})


def test_a_claim_is_a_value() -> None:
    changeable: Any = claim()

    with pytest.raises(ValidationError):
        changeable.spec = owning().spec


@pytest.mark.parametrize(
    ("status", "ip"),
    [
        ({"podIP": "10.0.0.8"}, "10.0.0.8"),
        ({"podIP": "fd00::8", "podIPs": [{"ip": "fd00::8"}, {"ip": "10.0.0.8"}]}, "10.0.0.8"),
        ({"podIP": "10.0.0.8", "podIPs": [{"ip": "10.0.0.8"}, {"ip": "fd00::8"}]}, "10.0.0.8"),
        ({"podIP": "fd00::8", "podIPs": [{"ip": "fd00::8"}]}, None),
        ({"podIP": "", "podIPs": []}, None),
        ({}, None),
    ],
)
def test_the_ipv4_of_a_pod_is_found_in_dual_stack(status: Json, ip: str | None) -> None:
    assert Pod.model_validate({"metadata": META, "status": status}).ipv4 == ip


def containers(*states: str) -> Json:
    """Containers in these states."""
    return {"containerStatuses": [{"state": {state: {}}} for state in states]}


@pytest.mark.parametrize(
    ("reason", "its_pod", "ended"),
    [
        ("running", pod(status=containers("running")), False),
        ("succeeded", pod(phase="Succeeded"), True),
        ("failed, also evicted", pod(phase="Failed"), True),
        ("its node is lost", pod(phase="Unknown", deleting=True), False),
        ("all ended, and it will be restarted", pod(status=containers("terminated")), False),
        ("all ended while deleting", pod(deleting=True, status=containers("terminated", "terminated")), True),
        ("one runs still", pod(deleting=True, status=containers("terminated", "running")), False),
        ("one never began", pod(deleting=True, status=containers("terminated", "waiting")), False),
        ("deleting, and nothing is known of containers", pod(deleting=True), False),
    ],
)
def test_a_pod_has_ended_when_nothing_of_it_runs_any_more(reason: str, its_pod: Pod, *, ended: bool) -> None:
    assert its_pod.ended is ended, reason


def test_a_pod_and_a_claim_have_the_same_key() -> None:
    assert LIVE.key == claim().key == world(claim(), LIVE).key == ("shop", "web-0")


@pytest.mark.parametrize(
    ("labels", "provider_id", "instance"),
    [
        ({}, "qcloud:///800002/ins-12ab", "ins-12ab"),
        ({}, "qcloud:///ap-guangzhou-3/ins-12ab", "ins-12ab"),
        ({}, "tencentcloud://ins-12ab", "ins-12ab"),
        ({}, "tencentcloud://kn-12ab", None),
        ({"cloud.tencent.com/node-instance-id": "ins-34cd"}, "qcloud:///800002/ins-12ab", "ins-34cd"),
        ({"cloud.tencent.com/node-instance-id": "np-34cd"}, "tencentcloud://ins-12ab", "ins-12ab"),
        ({"cloud.tencent.com/node-instance-id": "np-34cd"}, "tencentcloud://kn-12ab", None),
        ({}, None, None),
        ({}, "", None),
    ],
)
def test_the_instance_behind_a_node(labels: dict[str, str], provider_id: str | None, instance: str | None) -> None:
    node = Node.model_validate({"metadata": {**META, "labels": labels}, "spec": {"providerID": provider_id}})

    assert node.instance_id == instance
    assert not node.super_node


def test_every_status_of_the_api_is_steady_or_nothing_to_act_on() -> None:
    kinds = {
        status: (a.bound, a.unbound, a.in_transition) for status in AddressStatus for a in (eip(status=status.value),)
    }

    assert all(sum(kind) == 1 for kind in kinds.values())
    assert {status.value for status, kind in kinds.items() if kind[0]} == {"BIND", "BIND_ENI"}
    assert {status.value for status, kind in kinds.items() if kind[1]} == {"UNBIND"}


def test_an_eip_carries_all_the_tags_or_is_not_ours() -> None:
    tagged = Address("eip-1", "n", AddressStatus.UNBIND, tags={"a": "1", "b": "2", "c": "3"})

    assert tagged.carries({"a": "1", "b": "2"})
    assert tagged.carries({})
    assert not tagged.carries({"a": "1", "b": "3"})
    assert not tagged.carries({"d": "4"})


@pytest.mark.parametrize(
    ("private", "taken"),
    [
        (PrivateAddress("10.0.0.8", "eni-1"), False),
        (PrivateAddress("10.0.0.8", "eni-1", address_id="eip-1"), True),
        (PrivateAddress("10.0.0.8", "eni-1", public_ip="1.2.3.4"), True),
    ],
)
def test_a_private_ip_is_taken_by_any_public_one(private: PrivateAddress, *, taken: bool) -> None:
    assert private.taken is taken


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "2026-11-24T12:00:00Z"),
        (NOW + timedelta(microseconds=999_999), "2026-11-24T12:00:00Z"),
        (datetime(2026, 11, 24, 20, 0, tzinfo=timezone(timedelta(hours=8))), "2026-11-24T12:00:00Z"),
        (datetime(2026, 11, 24, 12, 0), "2026-11-24T12:00:00Z"),  # noqa: DTZ001 - what is tested
    ],
)
def test_moments_are_written_as_kubernetes_does(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


def test_an_action_says_which_api_it_needs_and_what_it_is_called() -> None:
    buy = Allocate(made("Allocate"), {})
    tell = Publish({}, None, {})

    assert (kind(buy), name(buy)) == (ActionKind.ALLOCATE, "Allocate")
    assert (kind(ReleaseOrphan("eip-1")), kind(tell)) == (ActionKind.RELEASE, None)


def test_a_world_without_a_claim_or_a_pod_has_asked_for_nothing() -> None:
    empty = World(namespace="shop", name="web-0", policy=POLICY, now=NOW, invocation="me")
    bound: Any = eip(ip="10.0.0.8")

    assert not empty.asked_for(bound)
    assert not empty.bound_for_this_pod(bound)
    assert not empty.at_place(bound)
    assert not empty.at_pods_ip(bound)
    assert empty.extras == empty.mine == ()
    assert empty.purchase is None


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_moment_that_no_clock_showed_is_nonsense(moment: str) -> None:
    """Somebody with rights on the status wrote it: reckoning with it would overflow, and take the whole batch along."""
    with pytest.raises(ValidationError, match="between 1970 and 2200"):
        claim(expiresAt=moment)


def test_a_moment_that_cannot_be_compared_never_gets_in() -> None:
    """Sorting by age failed for all, where one moment had no offset."""
    midnight = datetime(2026, 1, 1, tzinfo=timezone.utc)

    read = Pod.model_validate(
        {"metadata": {**META, "creationTimestamp": "2026-01-01T00:00:00"}, "status": {"startTime": "2026-01-01"}}
    )

    assert (read.metadata.creation_timestamp, read.status.start_time) == (midnight, midnight)
    with pytest.raises(ValidationError):
        Pod.model_validate({"metadata": {**META, "creationTimestamp": "9999-12-31T23:59:59-14:00"}})


@pytest.mark.parametrize("moment", ["2217-01-01T00:00:00Z", "1759-01-01T00:00:00Z"])
def test_a_grace_period_of_two_centuries_hides_no_pod(moment: str) -> None:
    """The apiserver takes it, and overflows: the pod was unreadable, and its EIP stayed on an IP that was handed on."""
    read = Pod.model_validate({"metadata": {**META, "deletionTimestamp": moment}, "status": {"startTime": moment}})

    assert read.deleting
    assert read.status.start_time is None
