"""The operations on EIPs: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from emulator.cloud.dispatch import Call, Json, Operation, flag, number, record, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.filters import read_filters, read_page
from emulator.cloud.vpc.models.address import FILTERS, Address
from emulator.cloud.vpc.models.purchases import Purchase
from emulator.cloud.vpc.orders import read_bandwidth, read_name, read_order

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_ADDRESS_ID = re.compile(r"eip-[0-9a-z]{8}")
_FIRST_VALUE_ONLY = frozenset({"address-name", "private-ip-address"})
_MOST_IDS = 100
_TOKEN_LENGTH = 64


def _allocate(cloud: Cloud, call: Call) -> Json:
    order = read_order(cloud, call.params)
    token = call.params.get("ClientToken")
    rest = {name: value for name, value in call.params.items() if name != "ClientToken"}
    purchase = None
    if token is not None:
        if not token.isascii() or not 0 < len(token) <= _TOKEN_LENGTH:
            raise CloudError("InvalidParameterValue", f"ClientToken is 1 to {_TOKEN_LENGTH} ASCII characters.")
        purchase = cloud.purchases.recall(token, rest, call.now, lambda one: cloud.addresses.truth.get(one) is not None)
    if purchase is None:
        cloud.quota.buy(order.count, len(cloud.addresses.truth), call.now)
        purchase = Purchase(*cloud.addresses.allocate(order, call.pace))
        if token is not None:
            cloud.purchases.remember(token, rest, purchase, call.now)
    return {"AddressSet": list(purchase.address_ids), "TaskId": str(purchase.task_id)}


def _associate(cloud: Cloud, call: Call) -> Json:
    params = call.params
    address_id = _address_id(params["AddressId"])
    interface_id, private_ip = params.get("NetworkInterfaceId"), params.get("PrivateIpAddress")
    if "InstanceId" in params and (interface_id or private_ip):
        raise CloudError("InvalidParameterConflict", "InstanceId and NetworkInterfaceId exclude each other.")
    if "InstanceId" in params:
        cloud.interfaces.instance(params["InstanceId"])
        primary = next(one for one in cloud.interfaces.of_instance(params["InstanceId"]) if one.primary)
        interface_id = primary.interface_id
        private_ip = next(ip for ip, is_primary in primary.private_ips.items() if is_primary)
    if not interface_id and not private_ip:
        raise CloudError("InvalidParameterValue.MissingAssociateEntity", "There is nothing to bind the EIP to.")
    if not interface_id or not private_ip:
        raise CloudError("InvalidParameterValue.Combination", "NetworkInterfaceId and PrivateIpAddress go together.")
    return _task(cloud.addresses.associate(address_id, interface_id, private_ip, call.pace))


def _disassociate(cloud: Cloud, call: Call) -> Json:
    return _task(cloud.addresses.disassociate(_address_id(call.params["AddressId"]), call.pace))


def _release(cloud: Cloud, call: Call) -> Json:
    return _task(cloud.addresses.release(_address_ids(call.params["AddressIds"]), call.pace))


def _modify_bandwidth(cloud: Cloud, call: Call) -> Json:
    address_ids = _address_ids(call.params["AddressIds"])
    for address_id in address_ids:
        read_bandwidth(call.params["InternetMaxBandwidthOut"], cloud.addresses.find(address_id).charge_type)
    return _task(cloud.addresses.set_bandwidth(address_ids, call.params["InternetMaxBandwidthOut"], call.pace))


def _modify_attribute(cloud: Cloud, call: Call) -> Json:
    address_id = _address_id(call.params["AddressId"])
    direct = call.params.get("EipDirectConnection", "FALSE")
    if direct not in ("TRUE", "FALSE"):
        raise CloudError("InvalidParameterValue", "EipDirectConnection is TRUE or FALSE, as a string.")
    cloud.addresses.find(address_id)
    if "AddressName" in call.params:
        cloud.addresses.rename(address_id, read_name(cloud, call.params))
    return {}


def _describe(cloud: Cloud, call: Call) -> Json:
    offset, limit = read_page(call.params)
    filters = read_filters(
        call.params, lambda name: name in FILTERS or name.startswith("tag:"), "InvalidParameter.InvalidFilter"
    )
    if "AddressIds" in call.params:
        if any(name == "address-id" for name, _ in filters):
            raise CloudError("InvalidParameter", "AddressIds and the filter address-id exclude each other.")
        filters.append(("address-id", tuple(_address_ids(call.params["AddressIds"]))))
    narrowed = tuple((name, values[:1] if name in _FIRST_VALUE_ONLY else values) for name, values in filters)
    total, page = cloud.addresses.select(narrowed, offset, limit)
    return {"TotalCount": total, "AddressSet": [_show(address) for address in page]}


def _show(address: Address) -> Json:
    created = datetime.fromtimestamp(int(address.created_at), timezone.utc)
    bound_as = None if address.interface_id is None else "CVM" if address.instance_id else "ENI"
    return {
        "AddressId": address.address_id,
        "AddressName": address.name,
        "AddressStatus": address.status,
        "AddressIp": address.ip,
        "InstanceId": address.instance_id or "",
        "CreatedTime": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "NetworkInterfaceId": address.interface_id,
        "PrivateAddressIp": address.private_ip,
        "IsArrears": address.arrears,
        "IsBlocked": address.blocked,
        "IsEipDirectConnection": False,
        "AddressType": address.address_type,
        "CascadeRelease": False,
        "EipAlgType": {"Ftp": True, "Sip": True},
        "InternetServiceProvider": address.isp,
        "LocalBgp": False,
        "Bandwidth": address.bandwidth,
        "InternetChargeType": address.charge_type,
        "TagSet": [{"Key": key, "Value": value} for key, value in address.tags],
        "DeadlineDate": None,
        "InstanceType": bound_as,
        "Egress": "center_egress1",
        "BandwidthPackageId": None,
        "UnVpcId": "",
    }


def _quota(cloud: Cloud, call: Call) -> Json:
    rows = (
        ("TOTAL_EIP_QUOTA", len(cloud.addresses.truth), cloud.behaviour.address_quota),
        ("DAILY_EIP_APPLY", cloud.quota.bought_today(call.now), cloud.behaviour.daily_quota),
        ("DAILY_PUBLIC_IP_ASSIGN", 0, 10),
    )
    return {
        "QuotaSet": [
            {"QuotaId": name, "QuotaCurrent": current, "QuotaLimit": limit, "QuotaGroup": cloud.region}
            for name, current, limit in rows
        ]
    }


def _task_result(cloud: Cloud, call: Call) -> Json:
    if "TaskId" not in call.params:
        raise CloudError("MissingParameter", "The request is missing a required parameter `TaskId`.")
    result = cloud.addresses.tasks.result(call.params["TaskId"])
    if result is None:
        raise CloudError("InvalidParameter", f"The task {call.params['TaskId']} does not exist.")
    return {"TaskId": call.params["TaskId"], "Result": result}


def _task(task_id: int) -> Json:
    # A string here, though DescribeTaskResult wants the same id as a number.
    return {"TaskId": str(task_id)}


def _address_id(value: str) -> str:
    if not _ADDRESS_ID.fullmatch(value):
        raise CloudError("InvalidParameterValue.AddressIdMalformed", f"`{value}` is no id of an EIP.")
    return value


def _address_ids(values: Sequence[str]) -> list[str]:
    if not 0 < len(values) <= _MOST_IDS:
        raise CloudError("InvalidParameterValue.LimitExceeded", f"AddressIds has 1 to {_MOST_IDS} ids.")
    return [_address_id(value) for value in values]


OPERATIONS = {
    "AllocateAddresses": Operation(
        _allocate,
        {
            "AddressCount": number,
            "InternetServiceProvider": text,
            "InternetChargeType": text,
            "IPChargeType": text,
            "InternetMaxBandwidthOut": number,
            "AddressChargePrepaid": record,
            "AddressType": text,
            "AnycastZone": text,
            "VipCluster": texts,
            "ApplicableForCLB": flag,
            "Tags": records,
            "BandwidthPackageId": text,
            "AddressName": text,
            "DedicatedClusterId": text,
            "IsDedicatedAddressPool": flag,
            "Egress": text,
            "AntiDDoSPackageId": text,
            "ClientToken": text,
        },
        per_second=10,
    ),
    "AssociateAddress": Operation(
        _associate,
        {
            "AddressId": text,
            "InstanceId": text,
            "NetworkInterfaceId": text,
            "PrivateIpAddress": text,
            "EipDirectConnection": flag,
            "InstanceRegion": text,
        },
        required=("AddressId",),
        per_second=10,
    ),
    "DisassociateAddress": Operation(
        _disassociate, {"AddressId": text, "ReallocateNormalPublicIp": flag}, required=("AddressId",), per_second=10
    ),
    "ReleaseAddresses": Operation(_release, {"AddressIds": texts}, required=("AddressIds",), per_second=10),
    "ModifyAddressesBandwidth": Operation(
        _modify_bandwidth,
        {"AddressIds": texts, "InternetMaxBandwidthOut": number, "StartTime": text, "EndTime": text},
        required=("AddressIds", "InternetMaxBandwidthOut"),
    ),
    "ModifyAddressAttribute": Operation(
        _modify_attribute,
        {"AddressId": text, "AddressName": text, "EipDirectConnection": text, "EipVisibleOnEni": flag},
        required=("AddressId",),
        per_second=10,
    ),
    "DescribeAddresses": Operation(
        _describe, {"AddressIds": texts, "Filters": records, "Offset": number, "Limit": number}, changes=False
    ),
    "DescribeAddressQuota": Operation(_quota, {}, per_second=10, changes=False),
    "DescribeTaskResult": Operation(_task_result, {"TaskId": number, "DealName": text}, changes=False),
}
