"""Listings: page by page, complete or not, and with objects in them that do not validate."""

from __future__ import annotations

import json

import pytest

from shared.adapters.kubernetes.client import Limits
from shared.core.errors import Ambiguous, Conflict
from shared.ports import Unreadable
from tests.adapters.kubernetes.objects import Raw, claim, cluster_on, page, pod
from tests.adapters.kubernetes.server import Reply, status

EXPIRED = status(410, "Expired", "The provided continue parameter is too old")


async def test_all_pages_are_read_one_after_the_other() -> None:
    pages = (
        page("Pod", pod("a"), pod("b"), following="x/+="),
        page("Pod", pod("c"), following="y"),
        page("Pod", pod("d")),
    )
    async with cluster_on(*pages, limits=Limits(page=2)) as (cluster, server):
        listing = await cluster.list_pods("team")

    assert [one.metadata.name for one in listing.items] == ["a", "b", "c", "d"]
    assert (listing.complete, listing.unreadable) == (True, ())
    assert [asked.path.partition("?")[2] for asked in server.requests] == [
        "limit=2",
        "limit=2&continue=x/%2B%3D",
        "limit=2&continue=y",
    ]


async def test_an_empty_listing_is_complete_also_where_go_writes_null() -> None:
    async with cluster_on(Reply(body={"kind": "PodList", "metadata": {}, "items": None})) as (cluster, _):
        listing = await cluster.list_pods()

    assert (listing.items, listing.complete) == ((), True)


async def test_a_listing_that_the_apiserver_has_forgotten_half_way_is_not_complete() -> None:
    async with cluster_on(page("Pod", pod("a"), following="x"), EXPIRED) as (cluster, _):
        listing = await cluster.list_pods()

    assert ([one.metadata.name for one in listing.items], listing.complete) == (["a"], False)


async def test_a_listing_that_is_expired_from_the_start_has_shown_nothing() -> None:
    async with cluster_on(EXPIRED) as (cluster, _):
        with pytest.raises(Conflict):
            await cluster.list_pods()


async def test_another_refusal_half_way_is_raised() -> None:
    async with cluster_on(page("Pod", pod("a"), following="x"), Reply(500)) as (cluster, _):
        with pytest.raises(Ambiguous):
            await cluster.list_pods()


async def test_a_listing_of_more_pages_than_allowed_is_not_complete() -> None:
    endless = [page("Pod", pod(str(number)), following="more") for number in range(3)]
    async with cluster_on(*endless, limits=Limits(pages=3)) as (cluster, server):
        listing = await cluster.list_pods()

    assert (len(listing.items), listing.complete, len(server.requests)) == (3, False, 3)


async def test_an_object_that_does_not_validate_is_named_and_hides_no_other() -> None:
    bad: Raw = {**claim("bad"), "spec": {"isp": "ACME"}}
    pages = (page("EIPClaim", claim("a"), bad, claim("b"), following="x"), page("EIPClaim", claim("c")))
    async with cluster_on(*pages) as (cluster, _):
        listing = await cluster.list_claims()

    assert [one.metadata.name for one in listing.items] == ["a", "b", "c"]
    assert listing.complete
    (unreadable,) = listing.unreadable
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.namespace, unreadable.name) == ("team", "bad")
    assert unreadable.why.startswith("spec.isp: ")
    assert "ACME" not in unreadable.why


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"kind": "PodList", "metadata": {}}, "a list without items is not an empty list"),
        ({"kind": "NodeList", "metadata": {}, "items": []}, "the list is of another kind"),
        ({"kind": "PodList", "metadata": {}, "items": [{"metadata": {}}]}, "an object without a name is none"),
        ({"kind": "PodList", "metadata": {}, "items": [1]}, "a number is no object"),
        ({"items": []}, "it is not the apiserver's"),
    ],
)
async def test_json_that_is_no_list_of_that_kind_is_no_answer(body: object, reason: str) -> None:
    async with cluster_on(Reply(body=body)) as (cluster, _):
        try:
            listing = await cluster.list_pods()
        except Ambiguous:
            return
    pytest.fail(f"{listing}: {reason}")


async def test_objects_nested_as_deep_as_kubernetes_takes_them_hide_no_other() -> None:
    """pydantic reads 200 levels: one pod with such `managedFields` made every listing of the cluster unreadable."""
    depth = 9_000
    deep = page("Pod", pod("a"), pod("deep", managedFields="@"), pod("b"))
    text = json.dumps(deep.body).replace('"@"', '{"f:[a]\\"":' * depth + "[]" + "}" * depth).encode()
    single = json.dumps(pod("deep", managedFields="@")).replace('"@"', "[" * depth + "]" * depth).encode()
    async with cluster_on(Reply(body=text), Reply(body=single)) as (cluster, _):
        listing = await cluster.list_pods("team")
        alone = await cluster.get_pod("team", "deep")

    assert [one.metadata.name for one in listing.items] == ["a", "deep", "b"]
    assert (listing.complete, listing.unreadable) == (True, ())
    assert alone == listing.items[1]


async def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones() -> None:
    """500 pods of a megabyte each took more memory than a function has."""
    fat = page("Pod", *[pod(str(number)) for number in range(40)])
    lean = [page("Pod", pod(name), following=f"after-{name}") for name in "abcdef"]
    pages = (fat, fat, *lean, fat, page("Pod", pod("g")))
    async with cluster_on(*pages, limits=Limits(page=8, reply=1_000)) as (cluster, server):
        listing = await cluster.list_pods("team")

    assert [one.metadata.name for one in listing.items] == list("abcdefg")
    assert listing.complete
    assert [asked.path.partition("?")[2] for asked in server.requests] == [
        "limit=8",
        "limit=4",
        "limit=2",
        *(f"limit=2&continue=after-{name}" for name in "abcd"),
        "limit=4&continue=after-e",
        "limit=4&continue=after-f",
        "limit=2&continue=after-f",
    ]


async def test_pages_that_are_thrown_away_do_not_count_as_read() -> None:
    fat = page("Pod", *[pod(str(number)) for number in range(40)])
    async with cluster_on(fat, fat, page("Pod", pod("a")), limits=Limits(page=4, pages=1, reply=1_000)) as (cluster, _):
        listing = await cluster.list_pods("team")

    assert listing.complete


async def test_an_object_that_is_too_large_is_no_answer() -> None:
    fat = page("Pod", *[pod(str(number)) for number in range(40)])
    async with cluster_on(fat, limits=Limits(page=1, reply=1_000)) as (cluster, _):
        with pytest.raises(Ambiguous, match="more than 1000 bytes"):
            await cluster.list_pods()
