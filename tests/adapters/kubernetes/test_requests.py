"""What goes over the wire for each method of the port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

import anyio
import pytest

from shared.adapters.kubernetes import KubernetesCluster
from shared.core.claim import Claim, OwnerReference
from shared.core.errors import Conflict, InputRejected
from shared.core.pod import Pod
from shared.ports import Lease
from tests.adapters.kubernetes.objects import CLAIM, NODE, POD, TOKEN, claim, cluster_on, page, pod
from tests.adapters.kubernetes.server import Reply, status

STEADY = datetime(2026, 11, 24, tzinfo=timezone.utc)

CLAIMS = "/apis/eipclaim.io/v1alpha1/namespaces/team/eipclaims"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/eipclaim-system/leases"
Deed = Callable[[KubernetesCluster], Awaitable[object]]

READS: list[tuple[Deed, Reply, str]] = [
    (lambda c: c.list_pods(), page("Pod"), "/api/v1/pods?limit=500"),
    (lambda c: c.list_pods("team"), page("Pod"), "/api/v1/namespaces/team/pods?limit=500"),
    (lambda c: c.list_claims(), page("EIPClaim"), "/apis/eipclaim.io/v1alpha1/eipclaims?limit=500"),
    (lambda c: c.list_claims("team"), page("EIPClaim"), f"{CLAIMS}?limit=500"),
    (lambda c: c.list_nodes(), page("Node"), "/api/v1/nodes?limit=500"),
    (lambda c: c.get_pod("team", "web-0"), Reply(body=pod()), "/api/v1/namespaces/team/pods/web-0"),
    (lambda c: c.get_claim("team", "web-0"), Reply(body=claim()), f"{CLAIMS}/web-0"),
    (lambda c: c.get_node("10.0.0.1"), Reply(body={**pod(), "kind": "Node"}), "/api/v1/nodes/10.0.0.1"),
    (lambda c: c.get_lease(), Reply(body={**pod(), "kind": "Lease"}), f"{LEASES}/eipclaim-reclaim"),
]


@pytest.mark.parametrize(("read", "reply", "path"), READS, ids=[path for _, _, path in READS])
async def test_a_read_asks_for_json_as_the_account_and_from_no_cache(read: Deed, reply: Reply, path: str) -> None:
    async with cluster_on(reply) as (cluster, server):
        await read(cluster)

    (asked,) = server.requests
    assert (asked.method, asked.path, asked.text) == ("GET", path, b"")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept"] == "application/json"


async def test_a_claim_is_created_in_its_namespace() -> None:
    manifest = {**claim(), "metadata": {"name": "web-0", "namespace": "team"}}
    async with cluster_on(Reply(201, claim())) as (cluster, server):
        made = await cluster.create_claim(manifest)

    (asked,) = server.requests
    assert (asked.method, asked.path, asked.body) == ("POST", CLAIMS, manifest)
    assert made == CLAIM


async def test_a_claim_is_patched_on_its_resource_version_and_the_reply_is_told() -> None:
    async with cluster_on(Reply(body=claim(resourceVersion="8"))) as (cluster, server):
        patched = await cluster.patch_claim(CLAIM, {"metadata": {"finalizers": []}, "spec": {"isp": None}})

    (asked,) = server.requests
    assert (asked.method, asked.path) == ("PATCH", f"{CLAIMS}/web-0")
    assert asked.headers["content-type"] == "application/merge-patch+json"
    assert asked.body == {"metadata": {"finalizers": [], "resourceVersion": "7"}, "spec": {"isp": None}}
    assert patched.metadata.resource_version == "8"


async def test_the_status_of_a_claim_is_patched_on_its_resource_version() -> None:
    async with cluster_on(Reply(body=claim())) as (cluster, server):
        await cluster.patch_claim_status(CLAIM, {"phase": "Bound", "intent": None})

    (asked,) = server.requests
    assert (asked.method, asked.path) == ("PATCH", f"{CLAIMS}/web-0/status")
    assert asked.headers["content-type"] == "application/merge-patch+json"
    assert asked.body == {"metadata": {"resourceVersion": "7"}, "status": {"phase": "Bound", "intent": None}}


async def test_the_events_of_one_name_are_asked_for() -> None:
    async with cluster_on(page("Event")) as (cluster, server):
        text = await cluster.events("team", "web-0")

    assert server.requests[0].path == (
        "/api/v1/namespaces/team/events?fieldSelector=involvedObject.name%3Dweb-0&limit=500"
    )
    assert b'"items"' in text


async def test_a_node_is_told_its_capacity_on_its_resource_version() -> None:
    async with cluster_on(Reply(body={"metadata": {"name": "node-1", "uid": "u"}})) as (cluster, server):
        await cluster.patch_node_status(NODE, {"eipclaim.io/published-eips": "5"}, {"tke.cloud.tencent.com/eip": "5"})

    (asked,) = server.requests
    assert (asked.method, asked.path) == ("PATCH", "/api/v1/nodes/node-1/status")
    assert asked.headers["content-type"] == "application/merge-patch+json"
    assert asked.body == {
        "metadata": {"resourceVersion": "7", "annotations": {"eipclaim.io/published-eips": "5"}},
        "status": {"capacity": {"tke.cloud.tencent.com/eip": "5"}},
    }


async def test_a_claim_that_was_never_read_is_not_written() -> None:
    """A merge patch with an empty resourceVersion would be done whatever the claim has become."""
    unread = Claim.model_validate(claim(resourceVersion=""))
    async with cluster_on() as (cluster, server):
        with pytest.raises(Conflict):
            await cluster.patch_claim(unread, {})
        with pytest.raises(Conflict):
            await cluster.patch_claim_status(unread, {})
        with pytest.raises(Conflict):
            await cluster.delete_claim(unread)

    assert server.requests == []


async def test_a_claim_is_deleted_on_its_uid_and_resource_version_its_dependents_in_the_background() -> None:
    async with cluster_on(Reply(body=claim())) as (cluster, server):
        await cluster.delete_claim(CLAIM)

    (asked,) = server.requests
    assert (asked.method, asked.path) == ("DELETE", f"{CLAIMS}/web-0")
    assert asked.body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "uid-web-0", "resourceVersion": "7"},
        "propagationPolicy": "Background",
    }


async def test_a_pod_is_patched_by_its_uid_in_one_strategic_merge() -> None:
    condition = {"type": "eipclaim.io/bound", "status": "True", "reason": "Bound", "message": ""}
    async with cluster_on(Reply(body=pod()), Reply(body=pod())) as (cluster, server):
        patched = await cluster.patch_pod_status(POD, {"a": "b", "gone": None}, condition)
        await cluster.patch_pod_status(POD, {}, None)

    whole, empty = server.requests
    assert (whole.method, whole.path) == ("PATCH", "/api/v1/namespaces/team/pods/web-0/status")
    assert whole.headers["content-type"] == "application/strategic-merge-patch+json"
    assert whole.body == {
        "metadata": {"uid": "uid-web-0", "annotations": {"a": "b", "gone": None}},
        "status": {"conditions": [condition]},
    }
    assert empty.body == {"metadata": {"uid": "uid-web-0", "annotations": {}}, "status": {}}
    assert patched == POD


async def test_an_event_is_told_in_the_namespace_of_what_it_is_about_and_twice_is_no_error() -> None:
    manifest = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "team"}, "reason": "Bound"}
    async with cluster_on(Reply(201), status(409, "AlreadyExists")) as (cluster, server):
        await cluster.create_event(manifest)
        await cluster.create_event(manifest)

    assert [(asked.method, asked.path) for asked in server.requests] == [
        ("POST", "/api/v1/namespaces/team/events"),
        ("POST", "/api/v1/namespaces/team/events"),
    ]
    assert server.requests[0].body == manifest


async def test_an_event_that_the_apiserver_is_in_conflict_about_is_an_error() -> None:
    async with cluster_on(status(409, "Conflict")) as (cluster, _):
        with pytest.raises(Conflict):
            await cluster.create_event({"involvedObject": {"namespace": "team"}})


async def test_the_first_lease_is_made_and_the_next_one_takes_its_place_if_it_is_still_the_same() -> None:
    lease = {"kind": "Lease", "metadata": {"name": "eipclaim-reclaim", "uid": "u", "resourceVersion": "41"}}
    spec = {"holderIdentity": "first", "renewTime": "2026-11-24T05:00:00.250000Z"}
    replies = (
        status(404, "NotFound", details={"name": "eipclaim-reclaim"}),
        Reply(201),
        Reply(body={**lease, "spec": spec}),
        Reply(),
    )
    async with cluster_on(*replies) as (cluster, server):
        absent = await cluster.get_lease()
        await cluster.renew_lease(absent, "first", STEADY)
        found = await cluster.get_lease()
        await cluster.renew_lease(found, "second", STEADY)

    _, made, _, renewed = server.requests
    assert absent is None
    assert found is not None
    assert found.resource_version == "41"
    assert found.renewed_at is not None
    assert found.renewed_at.isoformat() == "2026-11-24T05:00:00.250000+00:00"
    assert (made.method, made.path) == ("POST", LEASES)
    assert made.body["metadata"] == {"name": "eipclaim-reclaim", "namespace": "eipclaim-system"}
    assert (renewed.method, renewed.path) == ("PUT", f"{LEASES}/eipclaim-reclaim")
    assert renewed.body["metadata"]["resourceVersion"] == "41"
    assert renewed.body["spec"]["holderIdentity"] == "second"
    assert renewed.body["spec"]["renewTime"].startswith("2026-11-24T05:00:0")
    assert renewed.body["spec"]["renewTime"].endswith("Z")


async def test_a_lease_that_nobody_has_renewed_has_no_time() -> None:
    lease = {"kind": "Lease", "metadata": {"name": "eipclaim-reclaim", "uid": "u", "resourceVersion": "41"}}
    async with cluster_on(Reply(body=lease)) as (cluster, _):
        assert await cluster.get_lease() == Lease("41", None)


async def test_what_stands_in_a_name_stays_in_the_name() -> None:
    hostile = "../../secrets?x=%2e#\n"
    async with cluster_on(status(404, "NotFound", details={"name": "x"})) as (cluster, server):
        assert await cluster.get_pod("team", hostile) is None

    (asked,) = server.requests
    assert asked.path == "/api/v1/namespaces/team/pods/..%2F..%2Fsecrets%3Fx=%252e%23%0A"


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_name_that_is_another_path_is_never_asked_for(name: str) -> None:
    async with cluster_on() as (cluster, server):
        with pytest.raises(InputRejected):
            await cluster.get_pod("team", name)
        with pytest.raises(InputRejected):
            await cluster.list_claims(name)
        with pytest.raises(InputRejected):
            await cluster.create_claim({"metadata": {"namespace": name}})
        other = Pod.model_validate(pod(name))
        with pytest.raises(InputRejected):
            await cluster.patch_pod_status(other, {}, None)
        reference = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name=name, uid="u")
        assert await cluster.get_owner("team", reference) is None

    assert server.requests == []


async def test_forty_reads_at_once_share_the_connections() -> None:
    async with cluster_on(*[Reply(body=pod())] * 40) as (cluster, server), anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(cluster.get_pod, "team", "web-0")

    assert len(server.requests) == 40
    assert len({asked.connection for asked in server.requests}) <= 16


@pytest.mark.parametrize("told", ["soon", "0001-01-01T00:00:00.000000Z", 10**30, ["2026"], {"at": 1}])
async def test_a_lease_whose_times_make_no_sense_tells_none_and_can_be_renewed(told: object) -> None:
    """It stopped every sweep of reclaim, and nothing would have mended it but a hand."""
    metadata = {"name": "eipclaim-reclaim", "uid": "u", "resourceVersion": "41"}
    lease = {"kind": "Lease", "metadata": metadata, "spec": {"renewTime": told, "acquireTime": told}}
    async with cluster_on(Reply(body=lease), Reply()) as (cluster, server):
        found = await cluster.get_lease()
        await cluster.renew_lease(found, "next", STEADY)

    assert found == Lease("41", None, None)
    assert (server.requests[1].method, server.requests[1].path) == ("PUT", f"{LEASES}/eipclaim-reclaim")
