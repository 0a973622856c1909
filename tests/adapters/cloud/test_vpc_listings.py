"""What a look at the cloud shows, and when it is all there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.timeline import Timeline
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.ports import Listing
from tests.adapters.cloud.conftest import Target, Use

BLUE = {"managed-by": "eipclaim", "eipclaim-cluster": "cls-blue"}
RED = {"managed-by": "eipclaim", "eipclaim-cluster": "cls-red"}


def ids(listing: Listing[Address]) -> set[str]:
    return {address.address_id for address in listing.items}


def pages(cloud: Cloud, action: str) -> list[tuple[Any, Any, int, int]]:
    """Of each page that was asked for: the last of the filters, and where it began."""
    return [
        (call.params["Filters"][-1]["Name"], len(call.params["Filters"][-1]["Values"]), *page(call.params))
        for call in cloud.calls.since()
        if call.action == action
    ]


def page(params: Mapping[str, Any]) -> tuple[int, int]:
    return params["Offset"], params["Limit"]


def test_an_address_is_shown_with_all_that_decides(cloud: Cloud, use: Use, target: Target) -> None:
    cloud.console.bind(target.eip, target.interface, target.ip)
    cloud.console.set_arrears(target.eip)
    (held,) = cloud.holdings()

    assert use(lambda vpc: vpc.addresses(())) == Listing(
        (
            Address(
                address_id=target.eip,
                name="eipc-abcdefghijklmno",
                status=AddressStatus.BIND,
                public_ip=held.ip,
                bandwidth_mbps=1,
                isp="BGP",
                network_interface_id=target.interface,
                private_ip=target.ip,
                instance_id=held.instance_id,
                in_arrears=True,
                blocked=False,
                created_at=datetime(2026, 11, 24, tzinfo=timezone.utc),
                tags=BLUE,
            ),
        )
    )


def test_an_unbound_address_is_nowhere(cloud: Cloud, use: Use, target: Target) -> None:
    cloud.console.set_blocked(target.eip)
    (address,) = use(lambda vpc: vpc.addresses(())).items

    assert (address.status, address.unbound, address.blocked) == (AddressStatus.UNBIND, True, True)
    assert (address.network_interface_id, address.private_ip, address.instance_id) == (None, None, None)


def test_an_empty_account_is_a_complete_listing(cloud: Cloud, use: Use) -> None:
    assert use(lambda vpc: vpc.addresses(())) == Listing((), complete=True)
    assert len(cloud.calls.since()) == 1


@pytest.mark.parametrize(
    ("count", "calls", "reason"),
    [
        (1, 1, "less than a page"),
        (100, 1, "exactly a page"),
        (101, 2, "one more"),
        (250, 3, "pages of 100, never the API's default of 20"),
    ],
)
def test_all_addresses_of_the_cluster_are_read_page_by_page(
    cloud: Cloud, use: Use, count: int, calls: int, reason: str
) -> None:
    bought = cloud.console.buy(count, tags=BLUE)
    cloud.console.buy(30, tags=RED)
    cloud.console.buy(30)
    listing = use(lambda vpc: vpc.addresses(()))

    assert ids(listing) == set(bought), reason
    assert (len(listing.items), listing.complete) == (count, True), reason
    assert pages(cloud, "DescribeAddresses") == [
        ("tag:eipclaim-cluster", 1, 100 * number, 100) for number in range(calls)
    ], reason


def test_an_address_without_the_tag_is_found_by_its_id_and_one_that_is_not_there_is_absent(
    cloud: Cloud, use: Use
) -> None:
    (tagged,) = cloud.console.buy(tags=BLUE)
    (stripped,) = cloud.console.buy(tags=RED)
    listing = use(lambda vpc: vpc.addresses([tagged, stripped, stripped, "eip-00000000"]))

    assert ids(listing) == {tagged, stripped}
    assert (len(listing.items), listing.complete) == (2, True)
    assert pages(cloud, "DescribeAddresses") == [("tag:eipclaim-cluster", 1, 0, 100), ("address-id", 2, 0, 100)]


def test_ids_that_have_the_tag_are_not_asked_for_again(cloud: Cloud, use: Use) -> None:
    bought = cloud.console.buy(150, tags=BLUE)

    assert ids(use(lambda vpc: vpc.addresses(bought))) == set(bought)
    assert len(cloud.calls.since()) == 2


def test_more_than_100_ids_are_asked_for_in_batches(cloud: Cloud, use: Use) -> None:
    bought = cloud.console.buy(250)
    listing = use(lambda vpc: vpc.addresses(bought))

    assert (ids(listing), listing.complete) == (set(bought), True)
    assert [values for _, values, *_ in pages(cloud, "DescribeAddresses")] == [1, 100, 100, 50]


class Between:
    """Does something once, after the call of that number."""

    def __init__(self, number: int, deed: Callable[[], object]) -> None:
        self._left = number
        self._deed = deed

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._deed()


def test_an_address_that_comes_between_two_pages_makes_the_listing_incomplete(cloud: Cloud, use: Use) -> None:
    cloud.console.buy(150, tags=BLUE)
    listing = use(lambda vpc: vpc.addresses(()), meddle=Between(1, lambda: cloud.console.buy(tags=BLUE)))

    assert (len(listing.items), listing.complete) == (151, False)


def test_an_address_that_goes_between_two_pages_makes_the_listing_incomplete(cloud: Cloud, use: Use) -> None:
    first, *others = cloud.console.buy(150, tags=BLUE)
    listing = use(lambda vpc: vpc.addresses(()), meddle=Between(1, lambda: cloud.console.release(first)))

    assert not listing.complete
    assert set(others) - ids(listing), "one has moved to the page that was read already"


def test_an_address_that_is_on_two_pages_is_shown_once_and_makes_the_listing_incomplete(cloud: Cloud, use: Use) -> None:
    cloud.behaviour.newest_first = True
    bought = cloud.console.buy(150, tags=BLUE)

    def replace() -> None:
        cloud.console.buy(tags=BLUE)
        cloud.console.release(bought[0])

    listing = use(lambda vpc: vpc.addresses(()), meddle=Between(1, replace))

    assert len(listing.items) == len(ids(listing)) == 149, "the total stood still, but one came twice"
    assert not listing.complete


def test_a_move_among_those_asked_for_by_id_makes_the_listing_incomplete(cloud: Cloud, use: Use) -> None:
    cloud.console.buy(150, tags=BLUE)
    other = cloud.console.buy()
    listing = use(lambda vpc: vpc.addresses(other), meddle=Between(1, lambda: cloud.console.buy(tags=BLUE)))

    assert not listing.complete, "what follows does not make good for it"


def test_a_private_ip_is_found_where_it_is(cloud: Cloud, use: Use, target: Target) -> None:
    cloud.console.bind(target.eip, target.interface, target.ip)
    (held,) = cloud.holdings()

    assert use(lambda vpc: vpc.private_addresses([target.ip])) == Listing(
        (PrivateAddress(target.ip, target.interface, held.instance_id, target.eip, held.ip),)
    )


def test_a_private_ip_without_an_eip_on_an_interface_without_an_instance_has_neither(cloud: Cloud, use: Use) -> None:
    interface = cloud.console.create_interface(vpc_id="vpc-blue", private_ip="10.0.0.9")
    (entry,) = use(lambda vpc: vpc.private_addresses(["10.0.0.9"])).items

    assert entry == PrivateAddress("10.0.0.9", interface)
    assert not entry.taken


@pytest.mark.parametrize(
    ("asked", "found", "reason"),
    [
        (["10.0.0.1"], ["10.0.0.1"], "one value alone would match as a suffix"),
        (["0.0.1"], [], "likewise"),
        (["10.0.0.1"] * 150, ["10.0.0.1"], "asked for many times, found once by one call"),
        (["10.0.0.1", "10.0.0.12"], ["10.0.0.1", "10.0.0.12"], "several are exact anyway"),
        (["10.0.0.2"], [], "that of another VPC"),
        (["10.9.9.9"], [], "nowhere"),
    ],
)
def test_private_ips_match_as_a_whole_and_in_the_clusters_vpc(
    cloud: Cloud, use: Use, asked: list[str], found: list[str], reason: str
) -> None:
    for ip in ("10.0.0.1", "110.0.0.1", "10.0.0.12", "10.10.0.0"):
        cloud.console.create_interface(vpc_id="vpc-blue", private_ip=ip)
    for ip in ("10.0.0.1", "10.0.0.2"):
        cloud.console.create_interface(vpc_id="vpc-red", private_ip=ip)
    listing = use(lambda vpc: vpc.private_addresses(asked))

    assert sorted(entry.ip for entry in listing.items) == found, reason
    assert listing.complete, reason
    assert len(cloud.calls.since()) == 1, reason


def test_the_other_ips_of_an_interface_are_left_out(cloud: Cloud, use: Use, target: Target) -> None:
    cloud.console.assign_ip(target.interface, "10.0.0.77")
    cloud.console.assign_ip(target.interface, "10.0.0.78")

    assert use(lambda vpc: vpc.private_addresses(["10.0.0.78"])) == Listing(
        (PrivateAddress("10.0.0.78", target.interface, instance(cloud, target)),)
    )


def instance(cloud: Cloud, target: Target) -> str | None:
    return cloud.interfaces.find(target.interface).instance_id


def test_more_than_100_private_ips_are_asked_for_in_batches_and_found_once_each(
    cloud: Cloud, use: Use, target: Target
) -> None:
    wanted = [cloud.console.assign_ip(target.interface, f"10.1.{n // 200}.{n % 200}") for n in range(120)]
    alone = [f"10.2.{n // 200}.{n % 200}" for n in range(130)]
    for ip in alone:
        cloud.console.create_interface(vpc_id="vpc-blue", private_ip=ip)
    listing = use(lambda vpc: vpc.private_addresses([*wanted, *alone]))

    assert sorted(entry.ip for entry in listing.items) == sorted([*wanted, *alone])
    assert listing.complete
    assert pages(cloud, "DescribeNetworkInterfaces") == [("ip-exact-match", 1, 0, 100)] * 3


def test_no_private_ips_are_no_call(cloud: Cloud, use: Use) -> None:
    assert use(lambda vpc: vpc.private_addresses(())) == Listing(())
    assert cloud.calls.since() == []


def test_a_listing_takes_its_time_by_the_pace(cloud: Cloud, use: Use, timeline: Timeline) -> None:
    cloud.console.buy(1950, tags=BLUE)
    began = timeline.now()
    listing = use(lambda vpc: vpc.addresses(()))

    assert listing.complete
    assert timeline.now() - began == pytest.approx(19 / 19, abs=0.01)
