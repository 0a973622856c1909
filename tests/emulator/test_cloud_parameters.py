"""What the parameters of a call may be: the code by which each kind of nonsense is refused."""

from __future__ import annotations

import pytest

from emulator.cloud import Cloud, CloudError

EIP = "eip-00000000"
BLUE = {"Key": "team", "Value": "blue"}


def many(name: str, count: int) -> list[dict[str, object]]:
    return [{"Name": name, "Values": ["x"]} for _ in range(count)]


CASES: list[tuple[str, str, dict[str, object], str]] = [
    # what every operation is checked for
    ("a key that does not exist", "AllocateAddresses", {"Count": 1}, "UnknownParameter"),
    ("a number as text", "AllocateAddresses", {"AddressCount": "1"}, "InvalidParameter"),
    ("true is no number", "AllocateAddresses", {"AddressCount": True}, "InvalidParameter"),
    ("text for a list", "ReleaseAddresses", {"AddressIds": EIP}, "InvalidParameter"),
    ("a list of numbers", "ReleaseAddresses", {"AddressIds": [1]}, "InvalidParameter"),
    ("text for a boolean", "AssociateAddress", {"AddressId": EIP, "EipDirectConnection": "TRUE"}, "InvalidParameter"),
    ("text for an object", "AllocateAddresses", {"AddressChargePrepaid": "1 month"}, "InvalidParameter"),
    ("nothing given", "AssociateAddress", {}, "MissingParameter"),
    ("null is not given", "ReleaseAddresses", {"AddressIds": None}, "MissingParameter"),
    ("no such action", "AllocateAddress", {}, "InvalidAction"),
    # buying
    ("none", "AllocateAddresses", {"AddressCount": 0}, "InvalidParameterValue.Range"),
    ("too many at once", "AllocateAddresses", {"AddressCount": 21}, "InvalidParameterValue.Range"),
    ("no such ISP", "AllocateAddresses", {"InternetServiceProvider": "ACME"}, "InvalidParameterValue"),
    ("no such charge type", "AllocateAddresses", {"InternetChargeType": "FREE"}, "InvalidParameterValue"),
    ("no such type", "AllocateAddresses", {"AddressType": "WanIP"}, "InvalidParameterValue"),
    ("no bandwidth", "AllocateAddresses", {"InternetMaxBandwidthOut": 0}, "InvalidParameterValue.BandwidthTooSmall"),
    (
        "too much by traffic",
        "AllocateAddresses",
        {"InternetMaxBandwidthOut": 101},
        "InvalidParameterValue.BandwidthOutOfRange",
    ),
    (
        "prepaid for how long?",
        "AllocateAddresses",
        {"InternetChargeType": "BANDWIDTH_PREPAID_BY_MONTH"},
        "MissingParameter",
    ),
    (
        "no package exists here",
        "AllocateAddresses",
        {"InternetChargeType": "BANDWIDTH_PACKAGE", "BandwidthPackageId": "bwp-00000000"},
        "InvalidParameterValue.BandwidthPackageNotFound",
    ),
    (
        "tags are not created on the way",
        "AllocateAddresses",
        {"Tags": [{"Key": "team", "Value": "red"}]},
        "InvalidParameterValue.TagNotExisted",
    ),
    ("a key twice", "AllocateAddresses", {"Tags": [BLUE, BLUE]}, "InvalidParameterValue.InvalidTag"),
    ("too many tags", "AllocateAddresses", {"Tags": [BLUE] * 51}, "LimitExceeded.TagQuota"),
    ("the tag service's form", "AllocateAddresses", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, "MissingParameter"),
    ("more than a tag", "AllocateAddresses", {"Tags": [{**BLUE, "Color": "blue"}]}, "UnknownParameter"),
    ("a tag of numbers", "AllocateAddresses", {"Tags": [{"Key": "team", "Value": 1}]}, "InvalidParameter"),
    ("a space in the name", "AllocateAddresses", {"AddressName": "web 0"}, "InvalidParameterValue"),
    ("too long a name", "AllocateAddresses", {"AddressName": "x" * 129}, "InvalidParameterValue.TooLong"),
    ("too long a token", "AllocateAddresses", {"ClientToken": "x" * 65}, "InvalidParameterValue"),
    ("an empty token", "AllocateAddresses", {"ClientToken": ""}, "InvalidParameterValue"),
    ("a token beyond ASCII", "AllocateAddresses", {"ClientToken": "日本"}, "InvalidParameterValue"),
    # binding and the rest
    ("no id", "AssociateAddress", {"AddressId": "web"}, "InvalidParameterValue.AddressIdMalformed"),
    ("to what?", "AssociateAddress", {"AddressId": EIP}, "InvalidParameterValue.MissingAssociateEntity"),
    (
        "half a place",
        "AssociateAddress",
        {"AddressId": EIP, "NetworkInterfaceId": "eni-00000000"},
        "InvalidParameterValue.Combination",
    ),
    (
        "two places",
        "AssociateAddress",
        {"AddressId": EIP, "InstanceId": "ins-00000000", "PrivateIpAddress": "10.0.0.2"},
        "InvalidParameterConflict",
    ),
    (
        "no such instance",
        "AssociateAddress",
        {"AddressId": EIP, "InstanceId": "ins-00000000"},
        "InvalidInstanceId.NotFound",
    ),
    ("release nothing", "ReleaseAddresses", {"AddressIds": []}, "InvalidParameterValue.LimitExceeded"),
    (
        "a boolean where the API wants text",
        "ModifyAddressAttribute",
        {"AddressId": EIP, "EipDirectConnection": "yes"},
        "InvalidParameterValue",
    ),
    (
        "no such EIP",
        "ModifyAddressesBandwidth",
        {"AddressIds": [EIP], "InternetMaxBandwidthOut": 5},
        "InvalidAddressId.NotFound",
    ),
    # looking
    ("too long a page", "DescribeAddresses", {"Limit": 101}, "InvalidParameterValue.LimitExceeded"),
    ("before the first", "DescribeAddresses", {"Offset": -1}, "InvalidParameter"),
    ("too many ids", "DescribeAddresses", {"AddressIds": [EIP] * 101}, "InvalidParameterValue.LimitExceeded"),
    ("too many filters", "DescribeAddresses", {"Filters": many("address-ip", 11)}, "LimitExceeded.NumberOfFilters"),
    ("no such filter", "DescribeAddresses", {"Filters": many("color", 1)}, "InvalidParameter.InvalidFilter"),
    (
        "too many values",
        "DescribeAddresses",
        {"Filters": [{"Name": "address-ip", "Values": ["x"] * 101}]},
        "InvalidParameterValue.LimitExceeded",
    ),
    ("no values", "DescribeAddresses", {"Filters": [{"Name": "address-ip", "Values": []}]}, "InvalidParameter"),
    (
        "ids twice over",
        "DescribeAddresses",
        {"AddressIds": [EIP], "Filters": many("address-id", 1)},
        "InvalidParameter",
    ),
    ("the string of the replies", "DescribeTaskResult", {"TaskId": "100000001"}, "InvalidParameter"),
    ("no such task", "DescribeTaskResult", {"TaskId": 1}, "InvalidParameter"),
    ("which task?", "DescribeTaskResult", {}, "MissingParameter"),
    (
        "no such filter of interfaces",
        "DescribeNetworkInterfaces",
        {"Filters": many("color", 1)},
        "InvalidParameter.FilterInvalidKey",
    ),
    (
        "ids and filters",
        "DescribeNetworkInterfaces",
        {"NetworkInterfaceIds": ["eni-00000000"], "Filters": many("vpc-id", 1)},
        "InvalidParameter.Coexist",
    ),
    (
        "too many interfaces",
        "DescribeNetworkInterfaces",
        {"NetworkInterfaceIds": ["eni-00000000"] * 101},
        "InvalidParameterValue.LimitExceeded",
    ),
    (
        "too many IPs",
        "AssignPrivateIpAddresses",
        {"NetworkInterfaceId": "eni-00000000", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.9"}] * 11},
        "InvalidParameterValue.LimitExceeded",
    ),
    (
        "an IP without an IP",
        "AssignPrivateIpAddresses",
        {"NetworkInterfaceId": "eni-00000000", "PrivateIpAddresses": [{}]},
        "MissingParameter",
    ),
    ("assign nothing", "AssignPrivateIpAddresses", {"NetworkInterfaceId": "eni-00000000"}, "MissingParameter"),
]


@pytest.mark.parametrize(("reason", "action", "params", "code"), CASES, ids=[f"{case[1]}: {case[0]}" for case in CASES])
def test_nonsense_is_refused_by_its_code(
    cloud: Cloud, reason: str, action: str, params: dict[str, object], code: str
) -> None:
    with pytest.raises(CloudError) as refused:
        cloud.call("vpc", action, params)

    assert refused.value.code == code, reason
    assert cloud.holdings() == ()


def test_a_name_has_the_shorter_limit_of_the_other_document_if_wanted(cloud: Cloud) -> None:
    cloud.behaviour.address_name_limit = 20
    cloud.call("vpc", "AllocateAddresses", {"AddressName": "eipc-abcdefghijklmno"})

    with pytest.raises(CloudError) as refused:
        cloud.call("vpc", "AllocateAddresses", {"AddressName": "eipc-abcdefghijklmnop"})

    assert refused.value.code == "InvalidParameterValue.TooLong"


def test_a_service_that_does_not_exist_has_no_actions(cloud: Cloud) -> None:
    with pytest.raises(CloudError) as refused:
        cloud.call("cvm", "RunInstances", {})

    assert refused.value.code == "InvalidAction"
