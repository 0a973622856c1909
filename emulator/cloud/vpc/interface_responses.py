"""The operations on network interfaces and private IPs: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from emulator.cloud.dispatch import Call, Check, Json, Operation, flag, number, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.filters import read_filters, read_page
from emulator.cloud.vpc.models.network_interfaces import NetworkInterface

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_FACTS: Mapping[str, Callable[[NetworkInterface], Iterable[str | None]]] = {
    "vpc-id": lambda one: (one.vpc_id,),
    "subnet-id": lambda one: (one.subnet_id,),
    "network-interface-id": lambda one: (one.interface_id,),
    "attachment.instance-id": lambda one: (one.instance_id,),
    "groups.security-group-id": lambda one: one.security_groups,
    "network-interface-name": lambda one: (one.name,),
    "network-interface-description": lambda one: (one.description,),
    "address-ip": lambda one: one.private_ips,
    "tag-key": lambda one: [key for key, _ in one.tags],
    "is-primary": lambda one: ("true" if one.primary else "false",),
    "eni-type": lambda one: ("1" if one.primary else "0",),
}
_OTHER_FILTERS = frozenset({"ip-exact-match", "public-address-ip"})
_MOST_IDS = 100
_MOST_IPS_AT_ONCE = 10


def _describe(cloud: Cloud, call: Call) -> Json:
    offset, limit = read_page(call.params)
    ids = call.params.get("NetworkInterfaceIds")
    if ids is not None and "Filters" in call.params:
        raise CloudError("InvalidParameter.Coexist", "NetworkInterfaceIds and Filters exclude each other.")
    if ids is not None and len(ids) > _MOST_IDS:
        raise CloudError("InvalidParameterValue.LimitExceeded", f"At most {_MOST_IDS} ids.")
    filters = read_filters(call.params, _is_filter, "InvalidParameter.FilterInvalidKey")
    if ids is not None:
        filters = [("network-interface-id", tuple(ids))]
    exact = ("ip-exact-match", ("true",)) in filters
    asked = [(name, values, frozenset(values)) for name, values in filters if name != "ip-exact-match"]
    found = [
        interface
        for interface in _candidates(cloud, filters)
        if all(
            _by_suffix(interface, values[0])
            if name == "address-ip" and len(values) == 1 and not exact
            else not wanted.isdisjoint(_facts(cloud, interface, name))
            for name, values, wanted in asked
        )
    ]
    page = [_show(cloud, interface) for interface in found[offset : offset + limit]]
    return {"TotalCount": len(found), "NetworkInterfaceSet": page}


def _is_filter(name: str) -> bool:
    return name in _FACTS or name in _OTHER_FILTERS or name.startswith("tag:")


def _candidates(cloud: Cloud, filters: Sequence[tuple[str, tuple[str, ...]]]) -> Iterable[NetworkInterface]:
    """The interfaces that may fit: few where ids are asked for, which is what most callers do."""
    for name, values in filters:
        if name == "network-interface-id":
            found = [cloud.interfaces.get(value) for value in dict.fromkeys(values)]
            return [interface for interface in found if interface is not None]
        if name == "attachment.instance-id":
            return [one for value in dict.fromkeys(values) for one in cloud.interfaces.of_instance(value)]
    return cloud.interfaces


def _by_suffix(interface: NetworkInterface, suffix: str) -> bool:
    # One value of address-ip alone is a fuzzy match: 0.0.5 finds 10.0.0.5, and 10.20.0.5 as well.
    return any(ip.endswith(suffix) for ip in interface.private_ips)


def _facts(cloud: Cloud, interface: NetworkInterface, name: str) -> Iterable[str | None]:
    if name.startswith("tag:"):
        return [value for key, value in interface.tags if name == f"tag:{key}"]
    if name == "public-address-ip":
        return [address.ip for address in cloud.addresses.truth.on_interface(interface.interface_id)]
    return _FACTS[name](interface)


def _show(cloud: Cloud, interface: NetworkInterface) -> Json:
    at_ip = {one.private_ip: one for one in cloud.addresses.truth.on_interface(interface.interface_id)}
    attachment = None
    if interface.instance_id is not None:
        attachment = {
            "InstanceId": interface.instance_id,
            "DeviceIndex": 0 if interface.primary else 1,
            "InstanceAccountId": "100000000001",
            "AttachTime": _time(interface.attached_at or interface.created_at),
        }
    return {
        "NetworkInterfaceId": interface.interface_id,
        "NetworkInterfaceName": interface.name,
        "NetworkInterfaceDescription": interface.description,
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
        "GroupSet": list(interface.security_groups),
        "Primary": interface.primary,
        "State": "AVAILABLE",
        "NetworkInterfaceState": "AVAILABLE" if attachment is None else "INUSE",
        "PrivateIpAddressSet": [
            {
                "PrivateIpAddress": ip,
                "Primary": is_primary,
                "PublicIpAddress": at_ip[ip].ip if ip in at_ip else "",
                "AddressId": at_ip[ip].address_id if ip in at_ip else "",
                "Description": "",
                "IsWanIpBlocked": ip in at_ip and at_ip[ip].blocked,
                "State": "AVAILABLE",
                "QosLevel": "DEFAULT",
            }
            for ip, is_primary in interface.private_ips.items()
        ],
        "MacAddress": _mac(interface.interface_id),
        "Ipv6AddressSet": [],
        "Attachment": attachment,
        "Zone": interface.zone,
        "CreatedTime": _time(interface.created_at),
        "TagSet": [{"Key": key, "Value": value} for key, value in interface.tags],
        "EniType": 1 if interface.primary else 0,
        "Business": "cvm",
        "AttachType": 0,
    }


def _mac(interface_id: str) -> str:
    return ":".join(f"{one:02X}" for one in (0x52, 0x54, *zlib.crc32(interface_id.encode()).to_bytes(4, "big")))


def _create(cloud: Cloud, call: Call) -> Json:
    params = call.params
    tags = tuple((tag.get("Key", ""), tag.get("Value", "")) for tag in params.get("Tags", []))
    interface = cloud.interfaces.create(
        params["VpcId"],
        params["SubnetId"],
        call.now,
        zone=f"{cloud.region}-3",
        private_ips=_wanted_ips(params) or [None],
    )
    interface.name = params["NetworkInterfaceName"]
    interface.description = params.get("NetworkInterfaceDescription", "")
    interface.security_groups = tuple(params.get("SecurityGroupIds", []))
    interface.tags = tags
    return {"NetworkInterface": _show(cloud, interface)}


def _attach(cloud: Cloud, call: Call) -> Json:
    cloud.interfaces.attach(call.params["NetworkInterfaceId"], call.params["InstanceId"], call.now)
    return {}


def _detach(cloud: Cloud, call: Call) -> Json:
    cloud.interfaces.detach(call.params["NetworkInterfaceId"], call.params["InstanceId"])
    return {}


def _delete(cloud: Cloud, call: Call) -> Json:
    cloud.interfaces.delete(call.params["NetworkInterfaceId"])
    return {}


def _assign(cloud: Cloud, call: Call) -> Json:
    wanted = _wanted_ips(call.params)
    if not wanted:
        raise CloudError("MissingParameter", "PrivateIpAddresses or SecondaryPrivateIpAddressCount is needed.")
    interface_id = call.params["NetworkInterfaceId"]
    assigned = set(cloud.interfaces.assign(interface_id, wanted))
    shown = _show(cloud, cloud.interfaces.find(interface_id))["PrivateIpAddressSet"]
    return {"PrivateIpAddressSet": [entry for entry in shown if entry["PrivateIpAddress"] in assigned]}


def _unassign(cloud: Cloud, call: Call) -> Json:
    ips = _specified_ips(call.params)
    cloud.interfaces.unassign(call.params["NetworkInterfaceId"], ips)
    return {}


def _specified_ips(params: Mapping[str, Any]) -> list[str]:
    entries = params.get("PrivateIpAddresses", [])
    if len(entries) > _MOST_IPS_AT_ONCE:
        raise CloudError("InvalidParameterValue.LimitExceeded", f"At most {_MOST_IPS_AT_ONCE} private IPs in a call.")
    for entry in entries:
        if not text(entry.get("PrivateIpAddress")):
            raise CloudError("MissingParameter", "The request is missing `PrivateIpAddresses.PrivateIpAddress`.")
    return [entry["PrivateIpAddress"] for entry in entries]


def _wanted_ips(params: Mapping[str, Any]) -> list[str | None]:
    return [*_specified_ips(params), *[None] * params.get("SecondaryPrivateIpAddressCount", 0)]


def _time(instant: float) -> str:
    return datetime.fromtimestamp(int(instant), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


_IPS: dict[str, Check] = {
    "PrivateIpAddresses": records,
    "SecondaryPrivateIpAddressCount": number,
    "QosLevel": text,
    "ClientToken": text,
}
_PAIR: dict[str, Check] = {"NetworkInterfaceId": text, "InstanceId": text, "ClientToken": text}

OPERATIONS = {
    "DescribeNetworkInterfaces": Operation(
        _describe,
        {"NetworkInterfaceIds": texts, "Filters": records, "Offset": number, "Limit": number},
        per_second=100,
        throttled="LimitExceeded.ActionLimited",
        changes=False,
    ),
    "CreateNetworkInterface": Operation(
        _create,
        {
            **_IPS,
            "VpcId": text,
            "SubnetId": text,
            "NetworkInterfaceName": text,
            "NetworkInterfaceDescription": text,
            "SecurityGroupIds": texts,
            "Tags": records,
            "TrunkingFlag": text,
            "TerminationProtection": flag,
            "TrafficProtection": flag,
            "IsRdma": flag,
            "Ipv6Addresses": records,
            "Ipv6AddressCount": number,
        },
        required=("VpcId", "SubnetId", "NetworkInterfaceName"),
    ),
    "AttachNetworkInterface": Operation(
        _attach, {**_PAIR, "AttachType": number}, required=("NetworkInterfaceId", "InstanceId")
    ),
    "DetachNetworkInterface": Operation(_detach, _PAIR, required=("NetworkInterfaceId", "InstanceId")),
    "DeleteNetworkInterface": Operation(_delete, {"NetworkInterfaceId": text}, required=("NetworkInterfaceId",)),
    "AssignPrivateIpAddresses": Operation(
        _assign, {**_IPS, "NetworkInterfaceId": text}, required=("NetworkInterfaceId",)
    ),
    "UnassignPrivateIpAddresses": Operation(
        _unassign,
        {"NetworkInterfaceId": text, "PrivateIpAddresses": records, "InstanceId": text},
        required=("NetworkInterfaceId", "PrivateIpAddresses"),
    ),
}
