"""The apiserver in memory, where the contract of the port does not reach: namespaces, names, deletions, doors."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import CLAIMS, NAMESPACES, PODS, STATEFULSETS, Object, Ref, ref_of
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN, GIVE, SCHEDULER
from emulator.timeline import Timeline
from tests.emulator.clusters import START, bare_claim, bare_pod, workload

POD = Ref(PODS, "default", "web-0")
CLAIM = Ref(CLAIMS, "default", "web-0")


@pytest.fixture
def api(timeline: Timeline) -> ApiServer:
    return ApiServer(timeline.now)


def bound_pod(api: ApiServer, grace: int = 30) -> Object:
    pod = api.create(ADMIN, PODS, bare_pod(terminationGracePeriodSeconds=grace))
    api.bind(SCHEDULER, pod, "node-0")
    return api.objects(PODS)[0]


def seconds(moment: str) -> float:
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def test_a_generated_name_has_a_suffix_and_is_another_each_time(api: ApiServer) -> None:
    manifest = bare_pod()
    manifest["metadata"] = {"generateName": "web-", "namespace": "default"}

    names = {api.create(ADMIN, PODS, manifest)["metadata"]["name"] for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("web-") and len(name) == 9 for name in names)


def test_metadata_has_whole_seconds(timeline: Timeline) -> None:
    timeline.advance(0.75)

    pod = ApiServer(timeline.now).create(ADMIN, PODS, bare_pod())

    assert seconds(pod["metadata"]["creationTimestamp"]) == START


@pytest.mark.parametrize("known", [True, False])
def test_a_namespace_that_is_not_there_or_terminating_takes_nothing_new(api: ApiServer, known: bool) -> None:  # noqa: FBT001
    if known:
        api.create(ADMIN, NAMESPACES, {"metadata": {"name": "team-a"}})
        api.delete(ADMIN, Ref(NAMESPACES, "", "team-a"))

    with pytest.raises(Refusal) as refusal:
        api.create(ADMIN, PODS, bare_pod(namespace="team-a"))

    assert refusal.value.code == (403 if known else 404)
    assert api.objects(PODS) == ()


def test_what_is_handed_in_may_be_changed_afterwards(api: ApiServer) -> None:
    manifest = bare_pod()
    api.create(ADMIN, PODS, manifest)

    manifest["spec"]["containers"].clear()

    assert api.objects(PODS)[0]["spec"]["containers"]


def test_what_is_no_json_cannot_be_sent(api: ApiServer) -> None:
    with pytest.raises(TypeError):
        api.create(ADMIN, CLAIMS, {**bare_claim(), "spec": {"at": datetime.fromtimestamp(START, timezone.utc)}})


def test_nulls_in_a_manifest_are_dropped(api: ApiServer) -> None:
    made = api.create(ADMIN, CLAIMS, {**bare_claim(), "spec": {"retention": "Pod", "podUID": None}})

    assert made["spec"] == {"retention": "Pod"}


def test_a_put_replaces_the_spec_and_keeps_the_status(api: ApiServer) -> None:
    made = api.create(ADMIN, STATEFULSETS, workload("StatefulSet"))
    told = api.replace(ADMIN, {**made, "status": {"replicas": 1}, "spec": {}}, STATEFULSETS, "status")

    put = api.replace(ADMIN, {**told, "spec": {"replicas": 3}, "status": {}}, STATEFULSETS)

    assert told["spec"] == made["spec"]
    assert (put["spec"], put["status"], put["metadata"]["generation"]) == ({"replicas": 3}, {"replicas": 1}, 2)


def test_a_put_of_an_older_version_is_a_conflict(api: ApiServer) -> None:
    made = api.create(ADMIN, STATEFULSETS, workload("StatefulSet"))
    api.replace(ADMIN, {**made, "spec": {"replicas": 3}}, STATEFULSETS)

    with pytest.raises(Refusal, match="409 Conflict"):
        api.replace(ADMIN, {**made, "spec": {"replicas": 5}}, STATEFULSETS)


def test_metadata_that_the_apiserver_keeps_itself_cannot_be_patched(api: ApiServer) -> None:
    made = api.create(ADMIN, CLAIMS, bare_claim())

    api.patch(ADMIN, CLAIM, {"metadata": {"generation": 7, "creationTimestamp": None, "deletionTimestamp": "soon"}})

    assert api.objects(CLAIMS) == (made,)


def test_an_object_keeps_its_uid(api: ApiServer) -> None:
    api.create(ADMIN, CLAIMS, bare_claim())

    with pytest.raises(Refusal, match="field is immutable"):
        api.patch(ADMIN, CLAIM, {"metadata": {"uid": "another"}})


def test_of_a_pods_spec_only_the_image_can_be_changed(api: ApiServer) -> None:
    api.create(ADMIN, PODS, bare_pod())
    image = {"spec": {"containers": [{"name": "web", "image": "other"}]}}

    patched = api.patch(ADMIN, POD, image, strategic=True)

    assert patched["spec"]["containers"][0]["image"] == "other"
    assert patched["metadata"]["generation"] == 2
    with pytest.raises(Refusal, match="422 Invalid"):
        api.patch(ADMIN, POD, {"spec": {"hostNetwork": True}})


def test_labels_and_finalizers_of_a_pod_are_taken_through_its_status(api: ApiServer) -> None:
    api.create(ADMIN, PODS, bare_pod())
    metadata = {
        "labels": {"a": "b"},
        "finalizers": ["example.com/hold"],
        "ownerReferences": [{"uid": "1", "name": "x"}],
    }

    patched = api.patch(ADMIN, POD, {"metadata": metadata}, "status", strategic=True)

    assert patched["metadata"]["labels"] == {"a": "b"}
    assert patched["metadata"]["finalizers"] == ["example.com/hold"]
    assert "ownerReferences" not in patched["metadata"]


def test_a_pod_is_bound_once_and_by_uid(api: ApiServer) -> None:
    pod = bound_pod(api)

    assert pod["spec"]["nodeName"] == "node-0"
    with pytest.raises(Refusal, match="already assigned"):
        api.bind(SCHEDULER, pod, "node-1")
    with pytest.raises(Refusal, match="another one"):
        api.bind(SCHEDULER, {**pod, "metadata": {**pod["metadata"], "uid": "another"}}, "node-1")


def test_a_running_pod_is_given_its_grace(api: ApiServer) -> None:
    bound_pod(api, grace=45)

    deleted = api.delete(ADMIN, POD)

    assert seconds(deleted["metadata"]["deletionTimestamp"]) == START + 45
    assert (deleted["metadata"]["deletionGracePeriodSeconds"], deleted["metadata"]["generation"]) == (45, 2)
    assert api.objects(PODS) == (deleted,)


def test_a_second_deletion_may_shorten_the_grace_but_not_lengthen_it(api: ApiServer) -> None:
    bound_pod(api)
    first = api.delete(ADMIN, POD)

    assert api.delete(ADMIN, POD, Deletion(grace=60)) == first
    assert api.delete(ADMIN, POD, Deletion(grace=5))["metadata"]["deletionGracePeriodSeconds"] == 5
    api.delete(ADMIN, POD, Deletion(grace=0))
    assert api.objects(PODS) == ()


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_needs_no_grace(api: ApiServer, phase: str) -> None:
    bound_pod(api)
    api.patch(ADMIN, POD, {"status": {"phase": phase}}, "status")

    api.delete(ADMIN, POD)

    assert api.objects(PODS) == ()


def test_a_pod_without_a_node_needs_no_grace(api: ApiServer) -> None:
    api.create(ADMIN, PODS, bare_pod())

    api.delete(ADMIN, POD)

    assert api.objects(PODS) == ()


def test_a_finalizer_holds_a_pod_that_was_deleted_by_force(api: ApiServer) -> None:
    bound_pod(api)
    api.patch(ADMIN, POD, {"metadata": {"finalizers": ["example.com/hold"]}})
    api.delete(ADMIN, POD, Deletion(grace=0))
    assert len(api.objects(PODS)) == 1

    api.patch(ADMIN, POD, {"metadata": {"finalizers": None}})

    assert api.objects(PODS) == ()


def test_the_last_finalizer_does_not_cut_a_pods_grace(api: ApiServer) -> None:
    bound_pod(api)
    api.patch(ADMIN, POD, {"metadata": {"finalizers": ["example.com/hold"]}})
    api.delete(ADMIN, POD)

    api.patch(ADMIN, POD, {"metadata": {"finalizers": None}})

    assert len(api.objects(PODS)) == 1


def test_the_propagation_is_remembered_as_a_finalizer_until_another_is_asked_for(api: ApiServer) -> None:
    api.create(ADMIN, CLAIMS, bare_claim(finalizers=["example.com/hold"]))

    seen = [
        api.delete(ADMIN, CLAIM, Deletion(propagation))["metadata"]["finalizers"]
        for propagation in ("Foreground", None, "Orphan", "Background")
    ]

    held = "example.com/hold"
    assert seen == [[held, "foregroundDeletion"], [held, "foregroundDeletion"], [held, "orphan"], [held]]


def test_a_null_removes_the_whole_status(api: ApiServer) -> None:
    api.create(ADMIN, CLAIMS, bare_claim())
    api.patch(GIVE, CLAIM, {"status": {"phase": "Pending"}}, "status")

    assert "status" not in api.patch(GIVE, CLAIM, {"status": None}, "status")


def test_a_status_that_the_crd_does_not_know_is_dropped_silently(api: ApiServer) -> None:
    api.installed = Installed(unknown_status=frozenset({"intent", "conditions.message"}))
    api.create(ADMIN, CLAIMS, bare_claim())

    patched = api.patch(GIVE, CLAIM, {"status": {"phase": "Pending", "intent": {"action": "Allocate"}}}, "status")

    assert patched["status"] == {"phase": "Pending"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"retention": "Forever"}, "retention is an enum"),
        ({"isp": "XYZ"}, "isp is an enum"),
    ],
)
def test_a_claim_with_a_value_out_of_its_enum_is_refused(api: ApiServer, spec: Object, reason: str) -> None:
    with pytest.raises(Refusal, match="422 Invalid"):
        api.create(ADMIN, CLAIMS, {**bare_claim(), "spec": spec})

    assert api.objects(CLAIMS) == (), reason


def test_a_list_is_in_order_of_names_and_of_one_namespace_or_all(api: ApiServer) -> None:
    api.create(ADMIN, NAMESPACES, {"metadata": {"name": "a-team"}})
    for name, namespace in (("web-1", "default"), ("web-0", "default"), ("web-2", "a-team")):
        api.create(ADMIN, PODS, bare_pod(name, namespace))

    assert [ref_of(PODS, pod).key for pod in api.list(GIVE, PODS)] == [
        ("a-team", "web-2"),
        ("default", "web-0"),
        ("default", "web-1"),
    ]
    assert [ref_of(PODS, pod).key for pod in api.list(GIVE, PODS, "a-team")] == [("a-team", "web-2")]
