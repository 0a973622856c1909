"""The chain of controllers above a pod, as far as it can be followed."""

from __future__ import annotations

import pytest

from shared.core.claim import OwnerReference
from shared.core.errors import Ambiguous
from tests.adapters.kubernetes.objects import Raw, cluster_on
from tests.adapters.kubernetes.server import Reply, status

SERVED = {
    "kind": "APIResourceList",
    "groupVersion": "example.com/v1",
    "resources": [
        {"name": "gameserversets/status", "kind": "GameServerSet", "namespaced": True},
        {"name": "gameserversets", "kind": "GameServerSet", "namespaced": True},
        {"name": "fleets", "kind": "Fleet", "namespaced": False},
    ],
}


def reference(api_version: str, kind: str, name: str = "web") -> OwnerReference:
    return OwnerReference(api_version=api_version, kind=kind, name=name, uid="uid-web", controller=True)


def owner(kind: str, *above: Raw, uid: str = "uid-web") -> Reply:
    return Reply(body={"kind": kind, "metadata": {"name": "web", "uid": uid, "ownerReferences": list(above)}})


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("apps/v1", "ReplicaSet", "/apis/apps/v1/namespaces/team/replicasets/web"),
        ("apps/v1", "Deployment", "/apis/apps/v1/namespaces/team/deployments/web"),
        ("apps/v1", "StatefulSet", "/apis/apps/v1/namespaces/team/statefulsets/web"),
        ("apps/v1", "DaemonSet", "/apis/apps/v1/namespaces/team/daemonsets/web"),
        ("batch/v1", "Job", "/apis/batch/v1/namespaces/team/jobs/web"),
        ("batch/v1", "CronJob", "/apis/batch/v1/namespaces/team/cronjobs/web"),
    ],
)
async def test_a_well_known_workload_is_read_where_it_is(api_version: str, kind: str, path: str) -> None:
    async with cluster_on(owner(kind)) as (cluster, server):
        found = await cluster.get_owner("team", reference(api_version, kind))

    assert found is not None
    assert (found.reference, found.controller) == (reference(api_version, kind), None)
    assert [asked.path for asked in server.requests] == [path]


async def test_the_controller_above_is_the_one_that_says_so() -> None:
    above: Raw = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "uid-above"}
    bystander = {**above, "kind": "Other", "uid": "uid-bystander"}
    async with cluster_on(owner("ReplicaSet", bystander, {**above, "controller": True})) as (cluster, _):
        found = await cluster.get_owner("team", reference("apps/v1", "ReplicaSet"))

    assert found is not None
    assert found.controller == OwnerReference(**{**above, "controller": True})


async def test_another_kind_is_looked_up_once_and_read_where_it_is_served() -> None:
    replies = (Reply(body=SERVED), owner("GameServerSet"), owner("Fleet"))
    async with cluster_on(*replies) as (cluster, server):
        assert await cluster.get_owner("team", reference("example.com/v1", "GameServerSet")) is not None
        assert await cluster.get_owner("team", reference("example.com/v1", "Fleet")) is not None
        assert await cluster.get_owner("team", reference("example.com/v1", "Unknown")) is None

    assert [asked.path for asked in server.requests] == [
        "/apis/example.com/v1",
        "/apis/example.com/v1/namespaces/team/gameserversets/web",
        "/apis/example.com/v1/fleets/web",
    ]


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ((owner("ReplicaSet", uid="uid-of-the-next"),), "another object has the name now"),
        ((status(404, "NotFound", details={"name": "web"}),), "it is not there"),
        ((status(403, "Forbidden", details={"name": "web"}),), "it may not be read"),
    ],
)
async def test_an_owner_that_cannot_be_seen_is_none(replies: tuple[Reply, ...], reason: str) -> None:
    async with cluster_on(*replies) as (cluster, _):
        assert await cluster.get_owner("team", reference("apps/v1", "ReplicaSet")) is None, reason


@pytest.mark.parametrize(
    ("api_version", "path"),
    [("gone.example.com/v1", "/apis/gone.example.com/v1"), ("v1", "/api/v1"), ("a/b/c", "/apis/a/b/c")],
)
async def test_a_version_that_is_not_served_has_no_owners(api_version: str, path: str) -> None:
    async with cluster_on(Reply(404, b"404 page not found")) as (cluster, server):
        assert await cluster.get_owner("team", reference(api_version, "Thing")) is None

    assert [asked.path for asked in server.requests] == [path]


@pytest.mark.parametrize("api_version", ["", "..", "../v1", "a/..", "/"])
async def test_nonsense_in_a_pods_owner_reference_leads_nowhere(api_version: str) -> None:
    async with cluster_on() as (cluster, server):
        assert await cluster.get_owner("team", reference(api_version, "Thing")) is None

    assert server.requests == []


async def test_an_owner_without_an_answer_is_not_absent() -> None:
    async with cluster_on(Reply(500)) as (cluster, _):
        with pytest.raises(Ambiguous):
            await cluster.get_owner("team", reference("apps/v1", "ReplicaSet"))
