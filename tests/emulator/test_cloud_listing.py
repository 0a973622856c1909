"""DescribeAddresses: pages, filters, and a view that lags behind."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.timeline import Timeline


def listed(cloud: Cloud, *filters: tuple[str, list[str]], **params: object) -> dict[str, Any]:
    if filters:
        params["Filters"] = [{"Name": name, "Values": values} for name, values in filters]
    return cloud.call("vpc", "DescribeAddresses", params)


def names(cloud: Cloud, *filters: tuple[str, list[str]], **params: object) -> list[str]:
    return [address["AddressName"] for address in listed(cloud, *filters, **params)["AddressSet"]]


def test_a_page_has_20_eips_even_when_more_are_asked_for_by_id(cloud: Cloud) -> None:
    cloud.behaviour.rate_limits = False
    ids = cloud.console.buy(30)
    by_id = listed(cloud, AddressIds=ids)

    assert (by_id["TotalCount"], len(by_id["AddressSet"])) == (30, 20)
    assert len(listed(cloud, AddressIds=ids, Limit=100)["AddressSet"]) == 30
    assert [len(listed(cloud, Offset=offset)["AddressSet"]) for offset in (0, 20, 40)] == [20, 10, 0]
    assert listed(cloud, Limit=0)["TotalCount"] == 30


def test_pages_put_together_are_all_eips_once_in_order_of_purchase(cloud: Cloud) -> None:
    ids = cloud.console.buy(250)
    pages = [listed(cloud, Offset=offset, Limit=100)["AddressSet"] for offset in (0, 100, 200)]

    assert [address["AddressId"] for page in pages for address in page] == ids


def test_the_newest_can_come_first_so_that_a_purchase_moves_the_pages(cloud: Cloud) -> None:
    cloud.behaviour.newest_first = True
    ids = cloud.console.buy(4)
    first = listed(cloud, Limit=2)["AddressSet"]
    cloud.console.buy()
    second = listed(cloud, Limit=2, Offset=2)["AddressSet"]

    assert [address["AddressId"] for address in (*first, *second)] == [ids[3], ids[2], ids[2], ids[1]]


def test_an_id_that_does_not_exist_is_not_listed(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    reply = listed(cloud, AddressIds=["eip-00000000", address_id])

    assert reply["TotalCount"] == 1


@pytest.mark.parametrize(
    ("filters", "expected", "reason"),
    [
        ([("address-name", ["web-0"])], ["web-0"], "by name"),
        ([("address-name", ["web-0", "web-1"])], ["web-0"], "only the first name counts"),
        ([("tag:team", ["blue"])], ["web-0", "web-1"], "by tag"),
        ([("tag:team", ["blue", "red"])], ["web-0", "web-1", "web-2"], "any of the values"),
        ([("tag:team", ["blue"]), ("tag:tier", ["back"])], ["web-1"], "all of the filters"),
        ([("tag-key", ["tier"])], ["web-1", "web-2"], "by key of a tag"),
        ([("tag-value", ["red"])], ["web-2"], "by value of a tag"),
        ([("tag:color", ["blue"])], [], "a tag that nothing has"),
        ([("address-status", ["BIND"])], ["web-0", "web-1"], "by state"),
        ([("address-status", ["UNBIND", "CREATING"])], ["web-2"], "by any of two states"),
        ([("private-ip-address", ["10.9.0.1", "10.9.0.2"])], ["web-0"], "only the first private IP counts"),
        ([("network-interface-id", ["@eni"])], ["web-0", "web-1"], "by interface"),
        ([("instance-id", ["ins-12345678"])], ["web-0", "web-1"], "by instance"),
        ([("instance-type", ["CVM"]), ("address-isp", ["BGP"])], ["web-0", "web-1"], "by kind"),
        ([("is-arrears", ["TRUE"])], ["web-2"], "unpaid"),
        ([("address-type", ["EIP"]), ("address-ip", ["198.18.0.2"])], ["web-1"], "by public IP"),
        ([("dedicated-cluster-id", ["cluster-1"])], [], "a filter that nothing here fits"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_filters_find_what_fits_all_of_them(
    cloud: Cloud, filters: list[tuple[str, list[str]]], expected: list[str], reason: str
) -> None:
    interface = cloud.console.create_interface(cloud.console.create_instance("ins-12345678"))
    tags = ({"team": "blue"}, {"team": "blue", "tier": "back"}, {"team": "red", "tier": "front"})
    ids = [cloud.console.buy(name=f"web-{at}", tags=tags[at])[0] for at in range(3)]
    for at in (0, 1):
        cloud.console.bind(ids[at], interface, cloud.console.assign_ip(interface, f"10.9.0.{at + 1}"))
    cloud.console.set_arrears(ids[2])
    asked = [(name, [interface if value == "@eni" else value for value in values]) for name, values in filters]

    assert names(cloud, *asked) == expected, reason
    assert names(cloud, *asked) == expected, "asked a second time"


def test_filters_follow_every_change(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy(name="web-0", tags={"team": "blue"})
    seen = [names(cloud, ("tag:team", ["blue"]))]
    cloud.console.retag(address_id, {"team": "red"})
    seen.append(names(cloud, ("tag:team", ["blue"])))
    cloud.console.retag(address_id, {"team": "blue", "tier": "back"})
    cloud.console.rename(address_id, "web-1")
    seen.append(names(cloud, ("tag:team", ["blue"]), ("address-status", ["UNBIND"])))
    cloud.console.retag(address_id, {"tier": None})
    seen.append(names(cloud, ("tag-key", ["tier"])))
    cloud.console.release(address_id)
    seen.append(names(cloud, ("tag:team", ["blue"])))

    assert seen == [["web-0"], [], ["web-1"], [], []]


def test_a_lagging_view_misses_a_new_eip_and_shows_old_states(cloud: Cloud, timeline: Timeline) -> None:
    cloud.console.buy(name="old")
    cloud.behaviour.read_lag_seconds = 10
    cloud.behaviour.transition_seconds = 3
    cloud.call("vpc", "AllocateAddresses", {"AddressName": "new"})
    seen = []
    for _ in range(5):
        seen.append([(one["AddressName"], one["AddressStatus"]) for one in listed(cloud)["AddressSet"]])
        timeline.advance(4)

    assert seen == [
        [("old", "UNBIND")],
        [("old", "UNBIND")],
        [("old", "UNBIND")],
        [("old", "UNBIND"), ("new", "CREATING")],
        [("old", "UNBIND"), ("new", "UNBIND")],
    ]
    assert [address.status for address in cloud.holdings()] == ["UNBIND", "UNBIND"]


def test_a_lagging_view_still_shows_what_is_gone_until_the_lag_ends(cloud: Cloud, timeline: Timeline) -> None:
    ids = cloud.console.buy(2)
    cloud.behaviour.read_lag_seconds = 10
    for address_id in ids:
        cloud.console.release(address_id)
    timeline.advance(9)
    during = listed(cloud)["TotalCount"]
    timeline.advance(1)
    after = listed(cloud)["TotalCount"]
    cloud.console.buy()
    cloud.behaviour.read_lag_seconds = 0

    assert (during, after) == (2, 0)
    assert listed(cloud)["TotalCount"] == 1
    cloud.console.buy()
    assert listed(cloud)["TotalCount"] == 2
