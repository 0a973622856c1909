"""The life of an EIP: its states, how long they last, and how its tasks end."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError, Fault
from emulator.cloud.identifiers import PublicIps
from emulator.timeline import Timeline


def vpc(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("vpc", action, params)


def shown(cloud: Cloud, address_id: str) -> dict[str, Any]:
    addresses: list[dict[str, Any]] = vpc(cloud, "DescribeAddresses", AddressIds=[address_id])["AddressSet"]
    return addresses[0] if addresses else {"AddressStatus": "gone"}


def status(cloud: Cloud, address_id: str) -> object:
    return shown(cloud, address_id)["AddressStatus"]


def place(cloud: Cloud) -> tuple[str, str, str]:
    """A private IP as pods have them: a secondary one on a secondary interface of an instance."""
    instance = cloud.console.create_instance()
    interface = cloud.console.create_interface(instance)
    return instance, interface, cloud.console.assign_ip(interface)


def bound(cloud: Cloud) -> tuple[str, str, str]:
    """An EIP that is bound as a pod's is, its interface and its private IP."""
    _, interface, ip = place(cloud)
    (address_id,) = cloud.console.buy()
    cloud.console.bind(address_id, interface, ip)
    return address_id, interface, ip


def test_an_eip_goes_through_every_state_of_its_life(cloud: Cloud, timeline: Timeline) -> None:
    instance, interface, ip = place(cloud)
    reply = vpc(cloud, "AllocateAddresses", AddressName="web-0", Tags=[{"Key": "team", "Value": "blue"}])
    (address_id,) = reply["AddressSet"]
    seen = []
    for action, params in (
        ("AssociateAddress", {"AddressId": address_id, "NetworkInterfaceId": interface, "PrivateIpAddress": ip}),
        ("DisassociateAddress", {"AddressId": address_id}),
        ("ReleaseAddresses", {"AddressIds": [address_id]}),
    ):
        seen.append(status(cloud, address_id))
        timeline.advance(2)
        seen.append(status(cloud, address_id))
        vpc(cloud, action, **params)
    seen.append(status(cloud, address_id))
    timeline.advance(2)
    seen.append(status(cloud, address_id))

    assert seen == ["CREATING", "UNBIND", "BINDING", "BIND", "UNBINDING", "UNBIND", "OFFLINING", "gone"]
    assert [(record.action, record.code) for record in cloud.calls.changes()] == [
        ("AllocateAddresses", "OK"),
        ("AssociateAddress", "OK"),
        ("DisassociateAddress", "OK"),
        ("ReleaseAddresses", "OK"),
    ]
    assert cloud.holdings() == ()
    assert instance


def test_a_bound_eip_shows_where_it_is_bound_and_what_it_was_bought_as(cloud: Cloud, timeline: Timeline) -> None:
    instance, interface, ip = place(cloud)
    (address_id,) = vpc(
        cloud,
        "AllocateAddresses",
        AddressName="web-0",
        InternetServiceProvider="CMCC",
        InternetChargeType="BANDWIDTH_POSTPAID_BY_HOUR",
        InternetMaxBandwidthOut=50,
        Tags=[{"Key": "team", "Value": "blue"}],
    )["AddressSet"]
    timeline.advance(2)
    vpc(cloud, "AssociateAddress", AddressId=address_id, NetworkInterfaceId=interface, PrivateIpAddress=ip)
    timeline.advance(2)

    expected = {
        "AddressId": address_id,
        "AddressName": "web-0",
        "AddressStatus": "BIND",
        "InstanceId": instance,
        "NetworkInterfaceId": interface,
        "PrivateAddressIp": ip,
        "CreatedTime": "2026-11-24T00:00:00Z",
        "InternetServiceProvider": "CMCC",
        "InternetChargeType": "BANDWIDTH_POSTPAID_BY_HOUR",
        "Bandwidth": 50,
        "TagSet": [{"Key": "team", "Value": "blue"}],
        "IsArrears": False,
        "IsBlocked": False,
    }
    assert {name: shown(cloud, address_id)[name] for name in expected} == expected


def test_an_interface_on_no_instance_makes_it_bind_eni_and_attaching_makes_it_bind(
    cloud: Cloud, timeline: Timeline
) -> None:
    interface = cloud.console.create_interface()
    ip = cloud.console.assign_ip(interface)
    (address_id,) = cloud.console.buy()
    vpc(cloud, "AssociateAddress", AddressId=address_id, NetworkInterfaceId=interface, PrivateIpAddress=ip)
    timeline.advance(2)
    alone = status(cloud, address_id)
    instance = cloud.console.create_instance()
    vpc(cloud, "AttachNetworkInterface", NetworkInterfaceId=interface, InstanceId=instance)
    attached = shown(cloud, address_id)
    cloud.console.detach_interface(interface)

    assert alone == "BIND_ENI"
    assert (attached["AddressStatus"], attached["InstanceId"]) == ("BIND", instance)
    assert status(cloud, address_id) == "BIND_ENI"


def test_binding_to_an_instance_binds_to_its_primary_ip(cloud: Cloud, timeline: Timeline) -> None:
    instance = cloud.console.create_instance(private_ip="10.1.2.3")
    (address_id,) = cloud.console.buy()
    vpc(cloud, "AssociateAddress", AddressId=address_id, InstanceId=instance)
    timeline.advance(2)

    assert shown(cloud, address_id)["PrivateAddressIp"] == "10.1.2.3"
    assert shown(cloud, address_id)["InstanceType"] == "CVM"


def test_a_task_runs_until_its_eips_are_done_and_its_id_is_a_string_that_is_asked_for_as_a_number(
    cloud: Cloud, timeline: Timeline
) -> None:
    task = vpc(cloud, "AllocateAddresses", AddressCount=3)["TaskId"]
    before = vpc(cloud, "DescribeTaskResult", TaskId=int(task))
    timeline.advance(2)
    after = vpc(cloud, "DescribeTaskResult", TaskId=int(task))

    assert isinstance(task, str)
    assert (before["Result"], after["Result"]) == ("RUNNING", "SUCCESS")
    assert after["TaskId"] == int(task)


@pytest.mark.parametrize(
    ("action", "ends_as", "reason"),
    [
        ("AllocateAddresses", "gone", "an EIP that could not be delivered does not stay"),
        ("AssociateAddress", "UNBIND", "a failed binding leaves it where it was"),
        ("DisassociateAddress", "BIND", "a failed unbinding leaves it bound"),
        ("ReleaseAddresses", "UNBIND", "a failed release leaves it"),
    ],
)
def test_a_task_that_fails_leaves_the_eip_as_it_was(
    cloud: Cloud, timeline: Timeline, action: str, ends_as: str, reason: str
) -> None:
    _, interface, ip = place(cloud)
    address_id = bound(cloud)[0] if action == "DisassociateAddress" else cloud.console.buy()[0]
    cloud.faults.arm(Fault("task_fails", action))
    params: dict[str, dict[str, object]] = {
        "AllocateAddresses": {},
        "AssociateAddress": {"AddressId": address_id, "NetworkInterfaceId": interface, "PrivateIpAddress": ip},
        "DisassociateAddress": {"AddressId": address_id},
        "ReleaseAddresses": {"AddressIds": [address_id]},
    }
    reply = vpc(cloud, action, **params[action])
    timeline.advance(2)

    assert vpc(cloud, "DescribeTaskResult", TaskId=int(reply["TaskId"]))["Result"] == "FAILED"
    assert status(cloud, reply.get("AddressSet", [address_id])[0]) == ends_as, reason


def test_a_transition_can_linger(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("linger", "AllocateAddresses", seconds=300))
    (slow,) = vpc(cloud, "AllocateAddresses")["AddressSet"]
    (usual,) = vpc(cloud, "AllocateAddresses")["AddressSet"]
    timeline.advance(299)

    assert (status(cloud, slow), status(cloud, usual)) == ("CREATING", "UNBIND")

    timeline.advance(1)

    assert status(cloud, slow) == "UNBIND"


def test_a_transition_can_end_after_so_many_looks_instead(cloud: Cloud, timeline: Timeline) -> None:
    cloud.behaviour.transition_describes = 3
    (address_id,) = vpc(cloud, "AllocateAddresses")["AddressSet"]
    timeline.advance(3600)

    assert [status(cloud, address_id) for _ in range(4)] == ["CREATING", "CREATING", "CREATING", "UNBIND"]


def test_bandwidth_changes_as_a_task_of_its_own(cloud: Cloud, timeline: Timeline) -> None:
    address_id, _, _ = bound(cloud)
    vpc(cloud, "ModifyAddressesBandwidth", AddressIds=[address_id], InternetMaxBandwidthOut=30)
    during = shown(cloud, address_id)
    with pytest.raises(CloudError) as refused:
        vpc(cloud, "DisassociateAddress", AddressId=address_id)
    timeline.advance(2)

    assert (during["AddressStatus"], during["Bandwidth"]) == ("BIND", 1)
    assert refused.value.code == "OperationDenied.MutexTaskRunning"
    assert shown(cloud, address_id)["Bandwidth"] == 30


def test_a_change_of_bandwidth_can_fail(cloud: Cloud, timeline: Timeline) -> None:
    address_id, _, _ = bound(cloud)
    cloud.faults.arm(Fault("task_fails", "ModifyAddressesBandwidth", seconds=1))
    vpc(cloud, "ModifyAddressesBandwidth", AddressIds=[address_id], InternetMaxBandwidthOut=30)
    timeline.advance(1)

    assert shown(cloud, address_id)["Bandwidth"] == 1


def test_a_name_changes_at_once(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    vpc(cloud, "ModifyAddressAttribute", AddressId=address_id, AddressName="web-1")
    vpc(cloud, "ModifyAddressAttribute", AddressId=address_id, EipDirectConnection="TRUE")

    assert shown(cloud, address_id)["AddressName"] == "web-1"


def test_public_ips_and_ids_never_collide_and_are_the_same_in_every_run() -> None:
    first, second, other = Cloud(lambda: 0.0), Cloud(lambda: 0.0), Cloud(lambda: 0.0, seed=1)
    for cloud in (first, second, other):
        cloud.console.buy(500)

    assert first.holdings() == second.holdings()
    assert len({address.ip for address in first.holdings()}) == 500
    assert len({address.address_id for address in first.holdings()}) == 500
    assert first.holdings()[0].address_id != other.holdings()[0].address_id


def test_a_released_public_ip_is_given_out_again_only_after_all_others(cloud: Cloud) -> None:
    ips = []
    for _ in range(3):
        (address_id,) = cloud.console.buy()
        ips.append(cloud.holdings()[-1].ip)
        cloud.console.release(address_id)

    assert len(set(ips)) == 3


def test_the_stock_of_public_ips_ends_and_what_is_given_back_is_given_again() -> None:
    stock = PublicIps()
    ips = {stock.take() for _ in range(131_070)}
    with pytest.raises(CloudError) as refused:
        stock.take()
    stock.give_back("198.19.0.7")

    assert len(ips) == 131_070
    assert refused.value.code == "ResourceInsufficient"
    assert stock.take() == "198.19.0.7"
