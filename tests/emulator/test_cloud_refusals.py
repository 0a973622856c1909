"""What is refused to an EIP in which state, by which code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError


def vpc(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("vpc", action, params)


def place(cloud: Cloud) -> tuple[str, str]:
    """An interface of an instance, and a secondary IP on it."""
    interface = cloud.console.create_interface(cloud.console.create_instance())
    return interface, cloud.console.assign_ip(interface)


def bound(cloud: Cloud) -> tuple[str, str, str]:
    """An EIP that is bound as a pod's is, its interface and its private IP."""
    interface, ip = place(cloud)
    (address_id,) = cloud.console.buy()
    cloud.console.bind(address_id, interface, ip)
    return address_id, interface, ip


def associate(cloud: Cloud, address_id: str, interface: str, ip: str) -> None:
    vpc(cloud, "AssociateAddress", AddressId=address_id, NetworkInterfaceId=interface, PrivateIpAddress=ip)


def unbind_one_that_is_not_there(cloud: Cloud) -> None:
    vpc(cloud, "DisassociateAddress", AddressId="eip-00000000")


def release_one_that_is_not_there(cloud: Cloud) -> None:
    vpc(cloud, "ReleaseAddresses", AddressIds=["eip-00000000"])


def unbind_one_that_is_unbound(cloud: Cloud) -> None:
    vpc(cloud, "DisassociateAddress", AddressId=cloud.console.buy()[0])


def release_a_bound_one(cloud: Cloud) -> None:
    vpc(cloud, "ReleaseAddresses", AddressIds=[bound(cloud)[0]])


def bind_one_that_is_bound(cloud: Cloud) -> None:
    address_id, interface, _ = bound(cloud)
    associate(cloud, address_id, interface, cloud.console.assign_ip(interface))


def bind_to_an_ip_that_holds_one(cloud: Cloud) -> None:
    _, interface, ip = bound(cloud)
    associate(cloud, cloud.console.buy()[0], interface, ip)


def bind_to_an_ip_that_does_not_exist(cloud: Cloud) -> None:
    associate(cloud, cloud.console.buy()[0], place(cloud)[0], "10.99.0.1")


def bind_to_an_ip_that_will_hold_one(cloud: Cloud) -> None:
    interface, ip = place(cloud)
    first, second = cloud.console.buy(2)
    associate(cloud, first, interface, ip)
    associate(cloud, second, interface, ip)


def bind_to_an_ip_of_another_interface(cloud: Cloud) -> None:
    interface, _ = place(cloud)
    associate(cloud, cloud.console.buy()[0], interface, place(cloud)[1])


def bind_beyond_the_limit_of_the_instance(cloud: Cloud) -> None:
    cloud.behaviour.instance_quota = 5
    instance = cloud.console.create_instance(address_quota=1)
    interface = cloud.console.create_interface(instance)
    first, second = cloud.console.buy(2)
    associate(cloud, first, interface, cloud.console.assign_ip(interface))
    associate(cloud, second, interface, cloud.console.assign_ip(interface))


def bind_beyond_the_limit_of_all_instances(cloud: Cloud) -> None:
    cloud.behaviour.instance_quota = 0
    interface, ip = place(cloud)
    associate(cloud, cloud.console.buy()[0], interface, ip)


def bind_one_in_arrears(cloud: Cloud) -> None:
    interface, ip = place(cloud)
    (address_id,) = cloud.console.buy()
    cloud.console.set_arrears(address_id)
    associate(cloud, address_id, interface, ip)


def bind_a_blocked_one(cloud: Cloud) -> None:
    interface, ip = place(cloud)
    (address_id,) = cloud.console.buy()
    cloud.console.set_blocked(address_id)
    associate(cloud, address_id, interface, ip)


def release_a_blocked_one(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    cloud.console.set_blocked(address_id)
    vpc(cloud, "ReleaseAddresses", AddressIds=[address_id])


def rename_a_blocked_one(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    cloud.console.set_blocked(address_id)
    vpc(cloud, "ModifyAddressAttribute", AddressId=address_id, AddressName="web-0")


def widen_one_in_arrears(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    cloud.console.set_arrears(address_id)
    vpc(cloud, "ModifyAddressesBandwidth", AddressIds=[address_id], InternetMaxBandwidthOut=2)


def unbind_one_that_binds(cloud: Cloud) -> None:
    interface, ip = place(cloud)
    (address_id,) = cloud.console.buy()
    associate(cloud, address_id, interface, ip)
    vpc(cloud, "DisassociateAddress", AddressId=address_id)


def release_one_that_is_being_released(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    vpc(cloud, "ReleaseAddresses", AddressIds=[address_id])
    vpc(cloud, "ReleaseAddresses", AddressIds=[address_id])


def bind_one_that_is_being_created(cloud: Cloud) -> None:
    interface, ip = place(cloud)
    associate(cloud, vpc(cloud, "AllocateAddresses")["AddressSet"][0], interface, ip)


@pytest.mark.parametrize(
    ("deed", "code", "reason"),
    [
        (unbind_one_that_is_not_there, "InvalidAddressId.NotFound", "an EIP that does not exist"),
        (release_one_that_is_not_there, "InvalidAddressId.NotFound", "an EIP that does not exist"),
        (unbind_one_that_is_unbound, "InvalidAddressIdStatus.NotPermit", "only what is bound can be unbound"),
        (release_a_bound_one, "UnsupportedOperation.AddressStatusNotPermit", "only what is unbound can be released"),
        (bind_one_that_is_bound, "UnsupportedOperation.AddressStatusNotPermit", "only what is unbound can be bound"),
        (bind_to_an_ip_that_holds_one, "InvalidPrivateIpAddress.AlreadyBindEip", "one EIP for a private IP"),
        (bind_to_an_ip_that_will_hold_one, "InvalidPrivateIpAddress.AlreadyBindEip", "BINDING holds the place too"),
        (bind_to_an_ip_that_does_not_exist, "InvalidNetworkInterfaceId.NotFound", "the IP is nowhere"),
        (bind_to_an_ip_of_another_interface, "InvalidNetworkInterfaceId.NotFound", "the IP is not on the interface"),
        (bind_beyond_the_limit_of_the_instance, "LimitExceeded.InstanceAddressQuota", "the instance's own limit wins"),
        (bind_beyond_the_limit_of_all_instances, "LimitExceeded.InstanceAddressQuota", "the knob's limit"),
        (bind_one_in_arrears, "OperationDenied.AddressInArrears", "unpaid"),
        (widen_one_in_arrears, "OperationDenied.AddressInArrears", "unpaid"),
        (bind_a_blocked_one, "InvalidAddressId.Blocked", "blocked"),
        (release_a_blocked_one, "InvalidAddressId.Blocked", "blocked"),
        (rename_a_blocked_one, "InvalidAddressId.Blocked", "blocked"),
        (bind_one_that_is_being_created, "OperationDenied.MutexTaskRunning", "CREATING is a task"),
        (unbind_one_that_binds, "OperationDenied.MutexTaskRunning", "BINDING is a task"),
        (release_one_that_is_being_released, "OperationDenied.MutexTaskRunning", "OFFLINING is a task"),
    ],
)
def test_what_does_not_go_is_refused_by_its_code_and_changes_nothing(
    cloud: Cloud, deed: Callable[[Cloud], object], code: str, reason: str
) -> None:
    with pytest.raises(CloudError) as refused:
        deed(cloud)

    assert refused.value.code == code, reason
    last = cloud.calls.since(cloud.calls.cursor - 1)[0]
    assert (last.code, last.done) == (code, False), reason


def test_one_refused_eip_keeps_the_others_of_the_call_from_being_released(cloud: Cloud) -> None:
    (free,) = cloud.console.buy()

    with pytest.raises(CloudError):
        vpc(cloud, "ReleaseAddresses", AddressIds=[free, bound(cloud)[0]])

    assert [address.status for address in cloud.holdings()] == ["UNBIND", "BIND"]


def test_not_even_by_hand_does_a_private_ip_take_a_second_eip(cloud: Cloud) -> None:
    _, interface, ip = bound(cloud)
    (second,) = cloud.console.buy()

    with pytest.raises(CloudError) as refused:
        cloud.console.bind(second, interface, ip)

    assert refused.value.code == "InvalidPrivateIpAddress.AlreadyBindEip"
    assert [address.status for address in cloud.holdings()] == ["BIND", "UNBIND"]
