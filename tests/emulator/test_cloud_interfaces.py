"""Network interfaces and private IPs: how they are found, shown and changed, and what becomes of the EIPs on them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError
from emulator.timeline import Timeline


def vpc(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("vpc", action, params)


def found(cloud: Cloud, *filters: tuple[str, list[str]], **params: object) -> list[str]:
    if filters:
        params["Filters"] = [{"Name": name, "Values": values} for name, values in filters]
    shown = vpc(cloud, "DescribeNetworkInterfaces", **params)["NetworkInterfaceSet"]
    return [interface["NetworkInterfaceId"] for interface in shown]


def bound(cloud: Cloud) -> tuple[str, str, str]:
    """An EIP, the interface of an instance it is bound at, and its private IP."""
    interface = cloud.console.create_interface(cloud.console.create_instance())
    ip = cloud.console.assign_ip(interface)
    (address_id,) = cloud.console.buy()
    cloud.console.bind(address_id, interface, ip)
    return address_id, interface, ip


def create(cloud: Cloud, **params: object) -> str:
    reply = vpc(
        cloud,
        "CreateNetworkInterface",
        **{"VpcId": "vpc-00000001", "SubnetId": "subnet-00000001", "NetworkInterfaceName": "pods", **params},
    )
    return str(reply["NetworkInterface"]["NetworkInterfaceId"])


def test_an_interface_is_created_filled_moved_and_deleted(cloud: Cloud) -> None:
    instance = cloud.console.create_instance(vpc_id="vpc-00000001")
    interface = create(cloud, PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.10", "Primary": True}])
    vpc(cloud, "AttachNetworkInterface", NetworkInterfaceId=interface, InstanceId=instance)
    added = vpc(
        cloud,
        "AssignPrivateIpAddresses",
        NetworkInterfaceId=interface,
        PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.11"}],
        SecondaryPrivateIpAddressCount=1,
    )["PrivateIpAddressSet"]
    vpc(
        cloud,
        "UnassignPrivateIpAddresses",
        NetworkInterfaceId=interface,
        PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.11"}],
    )
    (shown,) = vpc(cloud, "DescribeNetworkInterfaces", NetworkInterfaceIds=[interface])["NetworkInterfaceSet"]
    vpc(cloud, "DetachNetworkInterface", NetworkInterfaceId=interface, InstanceId=instance)
    detached = vpc(cloud, "DescribeNetworkInterfaces", NetworkInterfaceIds=[interface])["NetworkInterfaceSet"][0]
    vpc(cloud, "DeleteNetworkInterface", NetworkInterfaceId=interface)

    assert added[0]["PrivateIpAddress"] == "10.0.1.11"
    assert len(added) == 2
    assert [(entry["PrivateIpAddress"], entry["Primary"]) for entry in shown["PrivateIpAddressSet"]] == [
        ("10.0.1.10", True),
        (added[1]["PrivateIpAddress"], False),
    ]
    assert (shown["Attachment"]["InstanceId"], shown["NetworkInterfaceState"]) == (instance, "INUSE")
    assert (detached["Attachment"], detached["NetworkInterfaceState"]) == (None, "AVAILABLE")
    assert found(cloud, NetworkInterfaceIds=[interface]) == []
    assert vpc(cloud, "DescribeNetworkInterfaces")["TotalCount"] == 1


def test_the_listing_shows_which_private_ip_holds_which_eip(cloud: Cloud) -> None:
    address_id, interface, ip = bound(cloud)
    cloud.console.set_blocked(address_id)
    (shown,) = vpc(cloud, "DescribeNetworkInterfaces", NetworkInterfaceIds=[interface])["NetworkInterfaceSet"]
    primary, secondary = shown["PrivateIpAddressSet"]

    assert (primary["Primary"], primary["PublicIpAddress"], primary["AddressId"]) == (True, "", "")
    assert secondary["PrivateIpAddress"] == ip
    assert (secondary["PublicIpAddress"], secondary["AddressId"]) == (cloud.holdings()[0].ip, address_id)
    assert (secondary["State"], secondary["IsWanIpBlocked"]) == ("AVAILABLE", True)


@pytest.mark.parametrize(
    ("filters", "expected", "reason"),
    [
        ([], "abc", "no filter, all interfaces"),
        ([("vpc-id", ["vpc-1"])], "ab", "by network"),
        ([("subnet-id", ["subnet-2"])], "c", "by subnet"),
        ([("attachment.instance-id", ["ins-1"])], "ab", "by instance"),
        ([("attachment.instance-id", ["ins-1"]), ("is-primary", ["false"])], "b", "by instance, secondary only"),
        ([("attachment.instance-id", ["ins-9"])], "", "an instance without interfaces"),
        ([("network-interface-id", ["eni-00000000"])], "", "an interface that is not there"),
        ([("eni-type", ["1"])], "a", "the primary ones"),
        ([("address-ip", ["0.0.2"])], "ac", "one value is a suffix"),
        ([("address-ip", ["10.0.0.2", "0.0.3"])], "a", "several are exact"),
        ([("address-ip", ["0.0.2"]), ("ip-exact-match", ["true"])], "", "one value, exact, no suffix"),
        ([("address-ip", ["10.0.0.2"]), ("ip-exact-match", ["true"])], "a", "one value, exact"),
        ([("network-interface-name", ["pods"])], "c", "by name"),
        ([("network-interface-description", ["of pods"])], "c", "by description"),
        ([("groups.security-group-id", ["sg-1"])], "c", "by security group"),
        ([("tag-key", ["team"])], "c", "by key of a tag"),
        ([("tag:team", ["blue"])], "c", "by tag"),
        ([("public-address-ip", ["198.18.0.1"])], "b", "by the EIP on it"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_filters_find_interfaces(
    cloud: Cloud, filters: list[tuple[str, list[str]]], expected: str, reason: str
) -> None:
    cloud.console.create_instance("ins-1", vpc_id="vpc-1", subnet_id="subnet-1", private_ip="10.0.0.2")
    second = cloud.console.create_interface("ins-1", private_ip="10.0.0.3")
    cloud.console.bind(cloud.console.buy()[0], second, "10.0.0.3")
    third = create(
        cloud,
        VpcId="vpc-2",
        SubnetId="subnet-2",
        PrivateIpAddresses=[{"PrivateIpAddress": "10.20.0.2"}],
        NetworkInterfaceDescription="of pods",
        SecurityGroupIds=["sg-1"],
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    (first,) = set(found(cloud)) - {second, third}

    assert found(cloud, *filters) == [{"a": first, "b": second, "c": third}[letter] for letter in expected], reason


def test_interfaces_are_paged(cloud: Cloud) -> None:
    interfaces = [cloud.console.create_interface() for _ in range(25)]

    assert found(cloud) == interfaces[:20]
    assert found(cloud, Offset=20, Limit=100) == interfaces[20:]


@pytest.mark.parametrize("way", ["unassign", "terminate", "detach and delete"])
def test_an_eip_is_unbound_when_its_private_ip_goes_away(cloud: Cloud, way: str) -> None:
    address_id, interface, ip = bound(cloud)
    if way == "unassign":
        cloud.console.unassign_ip(interface, ip)
    elif way == "terminate":
        (instance,) = {one.instance_id for one in cloud.holdings()}
        cloud.console.terminate_instance(str(instance))
    else:
        cloud.console.detach_interface(interface)
        cloud.console.delete_interface(interface)
    (address,) = cloud.holdings()

    assert (address.address_id, address.status) == (address_id, "UNBIND")
    assert (address.interface_id, address.private_ip, address.instance_id) == (None, None, None)


def test_an_eip_can_stay_bound_to_what_is_gone_instead(cloud: Cloud, timeline: Timeline) -> None:
    cloud.behaviour.unbind_with_private_ip = False
    address_id, interface, ip = bound(cloud)
    cloud.console.unassign_ip(interface, ip)
    (address,) = cloud.holdings()
    vpc(cloud, "DisassociateAddress", AddressId=address_id)
    timeline.advance(2)

    assert (address.status, address.private_ip) == ("BIND", ip)
    assert cloud.holdings()[0].status == "UNBIND"


def test_a_binding_under_way_fails_when_its_private_ip_goes_away(cloud: Cloud, timeline: Timeline) -> None:
    interface = cloud.console.create_interface()
    ip = cloud.console.assign_ip(interface)
    (address_id,) = cloud.console.buy()
    task = vpc(cloud, "AssociateAddress", AddressId=address_id, NetworkInterfaceId=interface, PrivateIpAddress=ip)
    cloud.console.unassign_ip(interface, ip)
    timeline.advance(2)

    assert cloud.holdings()[0].status == "UNBIND"
    assert vpc(cloud, "DescribeTaskResult", TaskId=int(task["TaskId"]))["Result"] == "FAILED"


def test_a_binding_under_way_follows_its_interface_to_another_instance(cloud: Cloud, timeline: Timeline) -> None:
    interface = cloud.console.create_interface()
    ip = cloud.console.assign_ip(interface)
    (address_id,) = cloud.console.buy()
    vpc(cloud, "AssociateAddress", AddressId=address_id, NetworkInterfaceId=interface, PrivateIpAddress=ip)
    instance = cloud.console.create_instance()
    vpc(cloud, "AttachNetworkInterface", NetworkInterfaceId=interface, InstanceId=instance)
    during = cloud.holdings()[0].status
    timeline.advance(2)

    assert (during, cloud.holdings()[0].status) == ("BINDING", "BIND")
    assert cloud.holdings()[0].instance_id == instance


def test_a_private_ip_can_move_to_another_interface_once_it_is_free(cloud: Cloud) -> None:
    first, second = cloud.console.create_interface(), cloud.console.create_interface()
    cloud.console.assign_ip(first, "10.0.5.5")
    with pytest.raises(CloudError) as refused:
        cloud.console.assign_ip(second, "10.0.5.5")
    cloud.console.unassign_ip(first, "10.0.5.5")
    cloud.console.assign_ip(second, "10.0.5.5")
    elsewhere = cloud.console.create_interface(vpc_id="vpc-other", private_ip="10.0.5.5")

    assert refused.value.code == "ResourceInUse.Address"
    assert found(cloud, ("address-ip", ["10.0.5.5", "-"])) == [second, elsewhere]


def test_a_free_private_ip_is_never_one_that_is_in_use(cloud: Cloud) -> None:
    taken = cloud.console.create_interface(private_ip="10.0.0.2")

    assert cloud.console.assign_ip(taken) == "10.0.0.3"


@pytest.mark.parametrize(
    ("action", "params", "code", "reason"),
    [
        ("DeleteNetworkInterface", {}, "UnsupportedOperation.InvalidState", "it hangs on an instance"),
        ("AttachNetworkInterface", {"InstanceId": "ins-1"}, "UnsupportedOperation.InvalidState", "it hangs already"),
        ("AttachNetworkInterface", {"InstanceId": "ins-9"}, "InvalidInstanceId.NotFound", "no such instance"),
        ("DetachNetworkInterface", {"InstanceId": "ins-9"}, "UnsupportedOperation.InvalidState", "it hangs elsewhere"),
        (
            "UnassignPrivateIpAddresses",
            {"PrivateIpAddresses": [{"PrivateIpAddress": "10.7.0.1"}]},
            "InvalidParameterValue",
            "the primary IP stays",
        ),
    ],
)
def test_what_does_not_go_with_an_interface_is_refused(
    cloud: Cloud, action: str, params: dict[str, object], code: str, reason: str
) -> None:
    cloud.console.create_instance("ins-1")
    interface = cloud.console.create_interface("ins-1", private_ip="10.7.0.1")

    with pytest.raises(CloudError) as refused:
        vpc(cloud, action, NetworkInterfaceId=interface, **params)

    assert refused.value.code == code, reason
    with pytest.raises(CloudError) as unknown:
        vpc(cloud, action, NetworkInterfaceId="eni-00000000", **params)
    assert unknown.value.code == "InvalidNetworkInterfaceId.NotFound"
