"""What each kind of audit record points to, in every shape in which it may arrive."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.events import Reference, read_record
from tests.events.shapes import SHAPES, Record, record

GIVE = "system:serviceaccount:eipclaim-system:eipclaim-give"
TAKE = "system:serviceaccount:eipclaim-system:eipclaim-take"
NODE = {"spec": {"nodeName": "10.0.1.10"}}
NAMED = {"metadata": {"name": "web-7d-x2x4z", "generateName": "web-7d-"}}


def status(patch: object, verb: str = "patch") -> Record:
    return record(f"{verb} pods/status", level="Request", requestObject=patch)


def claims(verb: str, code: int = 200, part: str = "", name: str | None = "web-0") -> Record:
    return record(f"{verb} eipclaims{part}", code, name=name, group="eipclaim.io", level="Metadata")


def by(username: str) -> Record:
    return {"user": {"username": username}}


def containers(**state: object) -> Record:
    return {"status": {"containerStatuses": [{"name": "log", "state": {"running": {}}}, {"name": "web", **state}]}}


POINTING: list[tuple[str, Record, tuple[str, str | None, str]]] = [
    (
        "a binding gives the pod a node",
        record("create pods/binding", 201, requestObject={"kind": "Binding", "metadata": {"name": "web-0"}}),
        ("Pod", "web-0", "pod bound to a node"),
    ),
    (
        "older schedulers post to the collection of bindings, and the name may be in the body alone",
        record("create bindings", 201, name=None, requestObject={"kind": "Binding", "metadata": {"name": "web-0"}}),
        ("Pod", "web-0", "pod bound to a node"),
    ),
    (
        "a pod created with its node set gets no binding",
        record("create pods", 201, responseObject={"metadata": {"name": "web-0"}, **NODE}),
        ("Pod", "web-0", "pod created on a node"),
    ),
    (
        "a generated name is in the response alone",
        record("create pods", 201, name=None, responseObject={**NAMED, **NODE}),
        ("Pod", "web-7d-x2x4z", "pod created on a node"),
    ),
    (
        "at level Request the pod that was sent has the node",
        record("create pods", 201, level="Request", requestObject=NODE),
        ("Pod", "web-0", "pod created on a node"),
    ),
    (
        "without bodies the node is not known",
        record("create pods", 201, level="Metadata"),
        ("Pod", "web-0", "pod created"),
    ),
    (
        "without bodies a generated name is not known either: all pods of the namespace",
        record("create pods", 201, name=None, level="Metadata"),
        ("Pod", None, "pod created"),
    ),
    (
        "a body cut off on the way counts as missing",
        record("create pods", 201, responseObject='{"metadata":{"name":"web-0"},"spec":{"nodeNa'),
        ("Pod", "web-0", "pod created"),
    ),
    (
        "a part of a body cut off on the way could have held the node",
        record("create pods", 201, responseObject={"spec": '{"nodeNa'}),
        ("Pod", "web-0", "pod created"),
    ),
    (
        "a server-side apply that creates is recorded as a patch",
        record("patch pods", 201, responseObject=NODE),
        ("Pod", "web-0", "pod created on a node"),
    ),
    (
        "annotations edited",
        record("patch pods", requestObject={"metadata": {"annotations": {"a": "b"}}}, responseObject=NAMED),
        ("Pod", "web-0", "pod changed"),
    ),
    ("annotations edited, no bodies", record("patch pods", level="Metadata"), ("Pod", "web-0", "pod changed")),
    ("an update is a change", record("update pods", requestObject=NODE), ("Pod", "web-0", "pod changed")),
    (
        "a delete that succeeded, by the kubelet or anybody",
        record("delete pods", requestObject={"kind": "DeleteOptions", "gracePeriodSeconds": 0}),
        ("Pod", "web-0", "pod deleted"),
    ),
    ("a delete may be accepted for later", record("delete pods", 202), ("Pod", "web-0", "pod deleted")),
    (
        "the namespace controller deletes all pods at once",
        record("deletecollection pods", name=None, level="Request", requestObject={"kind": "DeleteOptions"}),
        ("Pod", None, "pods deleted in namespace"),
    ),
    (
        "an eviction deletes the pod without a record of its own for that",
        record("create pods/eviction", 201, requestObject={"kind": "Eviction", "deleteOptions": {}}),
        ("Pod", "web-0", "pod evicted"),
    ),
    ("the pod got its IP", status({"status": {"podIP": "10.0.0.1"}}), ("Pod", "web-0", "pod status: podIP")),
    ("or its IPs", status({"status": {"podIPs": [{"ip": "10.0.0.1"}]}}), ("Pod", "web-0", "pod status: podIP")),
    (
        "an update carries the whole status",
        status({"metadata": {"name": "web-0"}, "status": {"podIP": "10.0.0.1"}}, "update"),
        ("Pod", "web-0", "pod status: podIP"),
    ),
    ("a Job's end", status({"status": {"phase": "Succeeded"}}), ("Pod", "web-0", "pod status: phase Succeeded")),
    (
        "the garbage collector of pods applies a phase of Failed",
        status({"kind": "Pod", "metadata": {"name": "web-0"}, "status": {"phase": "Failed"}}),
        ("Pod", "web-0", "pod status: phase Failed"),
    ),
    (
        "a container has ended, maybe the last one",
        status(containers(state={"terminated": {"exitCode": 0}})),
        ("Pod", "web-0", "pod status: container terminated"),
    ),
    (
        "annotations can be changed through the status as well",
        status({"metadata": {"uid": "1-2", "annotations": {"a": None}}}),
        ("Pod", "web-0", "pod changed"),
    ),
    ("a status patch whose body is missing", status(None), ("Pod", "web-0", "pod status changed")),
    ("a status patch whose body makes no sense", status(7), ("Pod", "web-0", "pod status changed")),
    ("a status that was cut off", status({"status": '{"podI'}), ("Pod", "web-0", "pod status changed")),
    (
        "a JSON patch that sets the IP",
        status([{"op": "test", "path": "/status/phase"}, {"op": "add", "path": "/status/podIP", "value": "10.0.0.1"}]),
        ("Pod", "web-0", "pod status: podIP"),
    ),
    (
        "a JSON patch that ends a container",
        status([{"op": "add", "path": "/status/containerStatuses/0/state/terminated/exitCode", "value": 0}]),
        ("Pod", "web-0", "pod status: container terminated"),
    ),
    (
        "a JSON patch that takes an annotation away",
        status([{"op": "remove", "path": "/metadata/annotations/a~1b"}]),
        ("Pod", "web-0", "pod changed"),
    ),
    (
        "a JSON patch that copies what is not known",
        status([{"op": "copy", "from": "/metadata/annotations/a", "path": "/status/podIP"}]),
        ("Pod", "web-0", "pod status: podIP"),
    ),
    (
        "a JSON patch of the whole",
        status([{"op": "replace", "path": "", "value": {"status": {"phase": "Failed"}}}]),
        ("Pod", "web-0", "pod status: phase Failed"),
    ),
    ("a claim made by hand", claims("create", 201), ("EIPClaim", "web-0", "claim created")),
    ("a claim with a generated name", claims("create", 201, name=None), ("EIPClaim", None, "claim created")),
    ("a claim made by an apply", claims("patch", 201), ("EIPClaim", "web-0", "claim created")),
    ("a claim patched by hand", claims("patch"), ("EIPClaim", "web-0", "claim changed")),
    ("a claim's status written by another", claims("update", part="/status"), ("EIPClaim", "web-0", "claim changed")),
    ("a claim deleted by hand", claims("delete"), ("EIPClaim", "web-0", "claim deleted")),
    (
        "the namespace controller deletes all claims at once",
        claims("deletecollection", name=None),
        ("EIPClaim", None, "claims deleted in namespace"),
    ),
    (
        "whoever acts in our name is not us",
        claims("patch") | by("admin") | {"impersonatedUser": {"username": GIVE}},
        ("EIPClaim", "web-0", "claim changed"),
    ),
    (
        "an account named like ours in another namespace",
        claims("delete") | by("system:serviceaccount:default:eipclaim-take"),
        ("EIPClaim", "web-0", "claim deleted"),
    ),
    ("a user that nobody knows", claims("delete") | {"user": None}, ("EIPClaim", "web-0", "claim deleted")),
    (
        "a field manager that is called like the parameter of a dry run",
        record("patch pods", requestURI="/api/v1/namespaces/shop/pods/web-0?fieldManager=dryRun"),
        ("Pod", "web-0", "pod changed"),
    ),
    (
        "a pod that is called like a verb",
        record("delete pods", name="get", requestObject={"verb": "get"}),
        ("Pod", "get", "pod deleted"),
    ),
]

SILENT: list[tuple[str, Record]] = [
    ("a pod without a node", record("create pods", 201, responseObject={**NAMED, "spec": {"containers": []}})),
    ("a pod without a node, as it was sent", record("create pods", 201, requestObject={"spec": {"volumes": []}})),
    ("an apply of a pod without a node", record("patch pods", 201, responseObject={"spec": {"containers": []}})),
    ("a binding that came too late", record("create pods/binding", 409)),
    ("a refused pod", record("create pods", 403, responseObject={"kind": "Status"})),
    ("the last delete finds nothing", record("delete pods", 404)),
    ("a disruption budget forbids the eviction", record("create pods/eviction", 429)),
    ("no outcome", record("delete pods", None)),
    ("an outcome of zero", record("delete pods", 0)),
    ("no answer at all", record("delete pods", responseStatus=None)),
    ("a switch of protocol", record("create pods/exec", 101)),
    ("the request as it came in", record("delete pods", stage="RequestReceived")),
    ("a watch that began", record("watch pods", stage="ResponseStarted")),
    ("the apiserver panicked", record("delete pods", stage="Panic")),
    ("a read of pods", record("get pods")),
    ("a list of pods", record("list pods", name=None)),
    ("a watch of claims", record("watch eipclaims", name=None, group="eipclaim.io")),
    ("pods that are metrics", record("delete pods", group="metrics.k8s.io")),
    ("claims of TKE's own component", record("delete eipclaims", group="networking.tke.cloud.tencent.com")),
    ("claims of no group", record("delete eipclaims")),
    ("a Deployment", record("patch deployments", group="apps", requestObject={"a": "pods eipclaims"})),
    ("a node", record("delete nodes")),
    ("a role binding", record("create rolebindings", 201, group="rbac.authorization.k8s.io")),
    ("no resource", record("get ", objectRef=None)),
    ("no resource, written to", record("create ", 201, objectRef=None)),
    ("give's own write of a claim", claims("patch") | by(GIVE)),
    ("take's own delete of a claim", claims("delete") | by(TAKE)),
    ("our own status patch of a pod", status({"metadata": {"annotations": {"a": "b"}}}) | by(GIVE)),
    ("a dry run", record("patch pods", requestURI="/api/v1/namespaces/shop/pods/web-0?fieldManager=me&dryRun=All")),
    ("a dry run in disguise", record("patch pods", requestURI="/api/v1/namespaces/shop/pods/web-0?dry%52un=%41ll")),
    ("a dry run of a delete is in its body", record("delete pods", requestObject={"dryRun": ["All"]})),
    (
        "a dry run of an eviction",
        record("create pods/eviction", 201, requestObject={"deleteOptions": {"dryRun": ["All"]}}),
    ),
    ("a heartbeat of conditions", status({"metadata": {"uid": "1-2"}, "status": {"conditions": [{"type": "Ready"}]}})),
    ("unschedulable", status({"status": {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]}})),
    ("a phase that is not the end", status({"status": {"phase": "Running"}})),
    ("containers that run", status(containers(state={"running": {}, "terminated": None}))),
    (
        "a container that came back after a crash",
        status(containers(lastState={"terminated": {"exitCode": 1}}, state={})),
    ),
    ("the end of an init container", status({"status": {"initContainerStatuses": [{"state": {"terminated": {}}}]}})),
    ("no IP", status({"status": {"podIP": "", "podIPs": []}})),
    (
        "an update of a pod's status repeats its annotations",
        status({"metadata": {"annotations": {"a": "b"}}}, "update"),
    ),
    ("annotations that stay", status({"metadata": {"annotations": {}, "name": "web-0"}})),
    ("a JSON patch of conditions", status([{"op": "replace", "path": "/status/conditions/0/status", "value": "True"}])),
    ("a JSON patch that only tests", status([{"op": "test", "path": "/status/podIP", "value": "10.0.0.1"}])),
    ("a delete of a status is none", record("delete pods/status")),
    ("a shell in a pod", record("create pods/exec", 200)),
    ("a container for debugging", record("patch pods/ephemeralcontainers", requestObject={})),
    ("a resize", record("patch pods/resize", requestObject={})),
    ("a delete through a pod's proxy", record("delete pods/proxy")),
    ("a read of bindings", record("delete bindings")),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("reason", "fields", "expected"), POINTING, ids=[row[0] for row in POINTING])
def test_a_record_that_matters_points_to_its_object_in_every_shape(
    shape: str, reason: str, fields: Record, expected: tuple[Any, str | None, str]
) -> None:
    kind, name, why = expected

    assert read_record(SHAPES[shape](fields)) == Reference(kind, "shop", name, why), reason


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("reason", "fields"), SILENT, ids=[row[0] for row in SILENT])
def test_a_record_that_does_not_matter_points_to_nothing_in_any_shape(shape: str, reason: str, fields: Record) -> None:
    assert read_record(SHAPES[shape](fields)) is None, reason


def test_whose_writes_are_no_news_is_a_parameter() -> None:
    fields = claims("patch") | by("system:serviceaccount:ops:give")

    assert read_record(fields, ours={"system:serviceaccount:ops:give"}) is None
    assert read_record(claims("patch") | by(GIVE), ours=set()) is not None


@pytest.mark.parametrize("shape", ["text", "object", "text with text inside", "text with dotted keys"])
def test_a_code_may_be_a_string(shape: str) -> None:
    fields = record("delete pods", responseStatus={"code": "200"})

    assert read_record(SHAPES[shape](fields)) == Reference("Pod", "shop", "web-0", "pod deleted")
    assert read_record(record("delete pods", responseStatus={"code": "two hundred"})) is None


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "text with dotted keys"])
def test_an_empty_patch_is_no_news_where_it_can_be_told_from_a_missing_one(shape: str) -> None:
    assert read_record(SHAPES[shape](status({}))) is None
