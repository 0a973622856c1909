"""Replies that the emulated cloud never gives: what the API may leave out, add or change, and nonsense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

import pytest

from emulator.timeline import Timeline, run
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.address import AddressStatus, PrivateAddress
from shared.core.errors import Ambiguous, EipclaimError, Refused, Throttled, Unavailable

T = TypeVar("T")
EIP: Mapping[str, Any] = {"AddressId": "eip-11111111", "AddressStatus": "UNBIND"}
ENI: Mapping[str, Any] = {"NetworkInterfaceId": "eni-11111111"}


def one_address(**fields: object) -> Mapping[str, Any]:
    return {"TotalCount": 1, "AddressSet": [{**EIP, **fields}]}


def one_interface(**fields: object) -> Mapping[str, Any]:
    return {"TotalCount": 1, "NetworkInterfaceSet": [{**ENI, **fields}]}


class Script:
    """A cloud that answers with these replies, one after the other, and the last for ever; errors are raised."""

    def __init__(self, *replies: Mapping[str, Any] | EipclaimError) -> None:
        self._replies = list(replies)
        self.calls = 0

    async def __call__(self, action: str, params: Mapping[str, object]) -> Mapping[str, object]:
        del action, params
        reply = self._replies[min(self.calls, len(self._replies) - 1)]
        self.calls += 1
        if isinstance(reply, EipclaimError):
            raise reply
        return reply


def look(timeline: Timeline, script: Script, work: Callable[[VpcCloud], Awaitable[T]]) -> T:
    async def main() -> T:
        return await work(VpcCloud(script, "cls-blue", "vpc-blue"))

    return run(timeline, main())


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        *[(status.value, status) for status in AddressStatus],
        ("MIGRATING", AddressStatus.UNKNOWN),
        ("unbind", AddressStatus.UNKNOWN),
        ("", AddressStatus.UNKNOWN),
        (None, AddressStatus.UNKNOWN),
        (7, AddressStatus.UNKNOWN),
        ([], AddressStatus.UNKNOWN),
        ({"UNBIND": 1}, AddressStatus.UNKNOWN),
    ],
)
def test_a_status_that_we_do_not_know_is_unknown_and_nothing_to_act_on(
    timeline: Timeline, status: object, shown: AddressStatus
) -> None:
    (address,) = look(timeline, Script(one_address(AddressStatus=status)), lambda vpc: vpc.addresses(())).items

    assert address.status is shown
    assert address.unbound == (status == "UNBIND")
    assert address.in_transition or address.unbound or address.bound


def test_what_an_address_does_not_say_is_as_good_as_nothing(timeline: Timeline) -> None:
    (bare,) = look(timeline, Script(one_address()), lambda vpc: vpc.addresses(())).items
    nulls = dict.fromkeys(
        (
            "AddressName",
            "AddressIp",
            "Bandwidth",
            "InternetServiceProvider",
            "NetworkInterfaceId",
            "PrivateAddressIp",
            "InstanceId",
            "IsArrears",
            "IsBlocked",
            "CreatedTime",
            "TagSet",
        )
    )
    (null,) = look(timeline, Script(one_address(**nulls)), lambda vpc: vpc.addresses(())).items

    assert bare == null
    assert (bare.name, bare.public_ip, bare.tags, bare.created_at) == ("", "", {}, None)


def test_empty_places_are_none(timeline: Timeline) -> None:
    script = Script(one_address(NetworkInterfaceId="", PrivateAddressIp="", InstanceId=""))
    (address,) = look(timeline, script, lambda vpc: vpc.addresses(())).items

    assert (address.network_interface_id, address.private_ip, address.instance_id) == (None, None, None)


@pytest.mark.parametrize(
    ("tag_set", "tags"),
    [
        ([], {}),
        ([{"Key": "team"}], {"team": ""}),
        ([{"Key": "team", "Value": None}], {"team": ""}),
        ([{"Key": "team", "Value": "blue", "Category": "All"}], {"team": "blue"}),
    ],
)
def test_tags_may_lack_a_value(timeline: Timeline, tag_set: object, tags: dict[str, str]) -> None:
    (address,) = look(timeline, Script(one_address(TagSet=tag_set)), lambda vpc: vpc.addresses(())).items

    assert address.tags == tags


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T01:02:03Z", datetime(2026, 11, 24, 1, 2, 3, tzinfo=timezone.utc)),
        ("2026-11-24T09:02:03+08:00", datetime(2026, 11, 24, 1, 2, 3, tzinfo=timezone.utc)),
        ("2026-11-24T01:02:03", None),
        ("2026-11-24 01:02:03", None),
        ("0000-00-00 00:00:00", None),
        ("1795478400", None),
        ("", None),
        (1_795_478_400, None),
        ([], None),
    ],
)
def test_a_time_that_cannot_be_told_hides_nothing_but_itself(
    timeline: Timeline, text: object, moment: datetime | None
) -> None:
    (address,) = look(timeline, Script(one_address(CreatedTime=text)), lambda vpc: vpc.addresses(())).items

    assert address.created_at == moment


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({}, "no total"),
        ({"TotalCount": None, "AddressSet": []}, "no total"),
        ({"TotalCount": "many", "AddressSet": []}, "no number"),
        ({"TotalCount": 1, "AddressSet": {}}, "no list"),
        ({"TotalCount": 1, "AddressSet": ["eip-11111111"]}, "no objects"),
        ({"TotalCount": 1, "AddressSet": [None]}, "no objects"),
        ({"TotalCount": 1, "AddressSet": [{"AddressStatus": "UNBIND"}]}, "no id"),
        ({"TotalCount": 1, "AddressSet": [{"AddressId": "eip-11111111"}]}, "no status"),
        (one_address(AddressId=None), "no id"),
        (one_address(AddressId=7), "an id that is none"),
        (one_address(Bandwidth="fast"), "no number"),
        (one_address(TagSet=["team"]), "no tags"),
        (one_address(TagSet=[{"Value": "blue"}]), "a tag without a key"),
        (one_address(IsBlocked="perhaps"), "neither yes nor no"),
    ],
)
def test_a_listing_of_addresses_of_an_unknown_form_is_no_answer(
    timeline: Timeline, reply: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(EipclaimError) as caught:
        look(timeline, Script(reply), lambda vpc: vpc.addresses(()))

    assert (type(caught.value), caught.value.reason) == (Ambiguous, "NoAnswer"), reason
    assert caught.value.message.startswith("DescribeAddresses had an answer of an unknown form, at "), reason
    assert "eip-11111111" not in caught.value.message, reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({}, "no total"),
        ({"TotalCount": 1, "NetworkInterfaceSet": [{}]}, "no id"),
        (one_interface(PrivateIpAddressSet=[{}]), "no IP"),
        (one_interface(PrivateIpAddressSet="10.0.0.1"), "no list"),
        (one_interface(Attachment="ins-11111111"), "no object"),
    ],
)
def test_a_listing_of_interfaces_of_an_unknown_form_is_no_answer(
    timeline: Timeline, reply: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(EipclaimError) as caught:
        look(timeline, Script(reply), lambda vpc: vpc.private_addresses(["10.0.0.1"]))

    assert type(caught.value) is Ambiguous, reason


@pytest.mark.parametrize("attachment", [None, {}, {"InstanceId": None}, {"InstanceId": ""}])
@pytest.mark.parametrize("absent", [None, ""])
def test_an_interface_may_hang_on_nothing_and_hold_nothing(
    timeline: Timeline, attachment: object, absent: str | None
) -> None:
    entry = {"PrivateIpAddress": "10.0.0.1", "AddressId": absent, "PublicIpAddress": absent}
    script = Script(one_interface(Attachment=attachment, PrivateIpAddressSet=[entry]))

    assert look(timeline, script, lambda vpc: vpc.private_addresses(["10.0.0.1"])).items == (
        PrivateAddress("10.0.0.1", "eni-11111111"),
    )


@pytest.mark.parametrize(
    ("replies", "found", "complete", "reason"),
    [
        ([{"TotalCount": 0}], 0, True, "nothing, and so it says"),
        ([{"TotalCount": 0, "AddressSet": None}], 0, True, "likewise"),
        ([{"TotalCount": 0, "AddressSet": []}], 0, True, "likewise"),
        ([{"TotalCount": 3, "AddressSet": [EIP]}], 1, False, "fewer than it says"),
        ([{"TotalCount": 0, "AddressSet": [EIP]}], 1, False, "more than it says"),
        ([{"TotalCount": 2, "AddressSet": [EIP, EIP]}], 1, False, "one of them twice"),
        ([{"TotalCount": 300, "AddressSet": []}], 0, False, "an empty page has no successor worth asking for"),
        ([{"TotalCount": 101, "AddressSet": [EIP]}, {"TotalCount": 1, "AddressSet": [EIP]}], 1, False, "a moved total"),
    ],
)
def test_a_listing_that_does_not_add_up_is_not_complete(
    *, timeline: Timeline, replies: list[Mapping[str, Any]], found: int, complete: bool, reason: str
) -> None:
    script = Script(*replies)
    listing = look(timeline, script, lambda vpc: vpc.addresses(()))

    assert (len(listing.items), listing.complete) == (found, complete), reason
    assert script.calls == len(replies), reason


def test_a_listing_without_end_ends_after_a_thousand_pages_and_says_so(timeline: Timeline) -> None:
    script = Script({"TotalCount": 10**9, "AddressSet": [EIP]})
    listing = look(timeline, script, lambda vpc: vpc.addresses(()))

    assert (script.calls, listing.complete) == (1000, False)


def test_a_listing_of_interfaces_whose_total_moves_is_not_complete(timeline: Timeline) -> None:
    first = {"TotalCount": 101, "NetworkInterfaceSet": [{"NetworkInterfaceId": f"eni-{n:08}"} for n in range(100)]}
    moved = {"TotalCount": 102, "NetworkInterfaceSet": [{"NetworkInterfaceId": f"eni-{n:08}"} for n in (100, 101)]}

    assert not look(timeline, Script(first, moved), lambda vpc: vpc.private_addresses(["10.0.0.1"])).complete


RATE = Throttled("RateLimited", "too fast")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_look_that_is_refused_for_rate_is_asked_again(timeline: Timeline, times: int) -> None:
    script = Script(*[RATE] * times, one_address())

    assert look(timeline, script, lambda vpc: vpc.addresses(())).complete
    assert script.calls == times + 1


def test_a_look_that_is_always_refused_for_rate_is_given_up_within_its_patience(timeline: Timeline) -> None:
    script, began = Script(RATE), timeline.now()
    with pytest.raises(Throttled) as caught:
        look(timeline, script, lambda vpc: vpc.addresses(()))

    assert caught.value.reason == "NoTurn"
    assert 15 < timeline.now() - began <= 20
    assert 10 < script.calls < 30


@pytest.mark.parametrize(
    "error",
    [Ambiguous("NoAnswer", "no answer"), Unavailable("NotSent", "not sent"), Refused("Denied", "no rights")],
    ids=lambda error: error.reason,
)
def test_a_look_that_fails_otherwise_fails_at_once_with_what_happened(timeline: Timeline, error: EipclaimError) -> None:
    script = Script(error)
    for work in (lambda vpc: vpc.addresses(()), lambda vpc: vpc.private_addresses(["10.0.0.1"])):
        with pytest.raises(EipclaimError) as caught:
            look(timeline, script, work)
        assert caught.value is error

    assert script.calls == 2
