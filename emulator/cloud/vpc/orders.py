"""What an EIP can be bought as: the checks on the parameters of a purchase, and of a change to what was bought."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.cloud.dispatch import item, text
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.models.addresses import Order

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_NAME = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff-]*")
_MOST_AT_ONCE = 20
_MOST_TAGS = 50
_MOST_BANDWIDTH = {
    "BANDWIDTH_PACKAGE": 2000,
    "BANDWIDTH_POSTPAID_BY_HOUR": 100,
    "BANDWIDTH_PREPAID_BY_MONTH": 200,
    "TRAFFIC_POSTPAID_BY_HOUR": 100,
}
_CHOICES = {
    "InternetServiceProvider": {"BGP", "CMCC", "CTCC", "CUCC"},
    "InternetChargeType": set(_MOST_BANDWIDTH),
    "AddressType": {"EIP", "AnycastEIP", "HighQualityEIP", "AntiDDoSEIP", "ResidentialEIP"},
}


def read_order(cloud: Cloud, params: Mapping[str, Any]) -> Order:
    """What AllocateAddresses is asked for. Raises CloudError if there is no such thing to buy."""
    for name, choices in _CHOICES.items():
        if name in params and params[name] not in choices:
            raise CloudError("InvalidParameterValue", f"{name} is one of {', '.join(sorted(choices))}.")
    count, charge = params.get("AddressCount", 1), params.get("InternetChargeType", "TRAFFIC_POSTPAID_BY_HOUR")
    if not 1 <= count <= _MOST_AT_ONCE:
        raise CloudError("InvalidParameterValue.Range", f"AddressCount is 1 to {_MOST_AT_ONCE}.")
    if charge == "BANDWIDTH_PREPAID_BY_MONTH" and "AddressChargePrepaid" not in params:
        raise CloudError("MissingParameter", "The request is missing a required parameter `AddressChargePrepaid`.")
    if "BandwidthPackageId" in params:
        raise CloudError("InvalidParameterValue.BandwidthPackageNotFound", "The bandwidth package does not exist.")
    return Order(
        count=count,
        name=read_name(cloud, params),
        tags=_read_tags(cloud, params.get("Tags", [])),
        isp=params.get("InternetServiceProvider", "BGP"),
        address_type=params.get("AddressType", "EIP"),
        charge_type=charge,
        bandwidth=read_bandwidth(params.get("InternetMaxBandwidthOut", 1), charge),
    )


def read_bandwidth(bandwidth: int, charge_type: str) -> int:
    """The bandwidth in Mbps. Raises CloudError outside the range of the charge type."""
    if bandwidth < 1:
        raise CloudError("InvalidParameterValue.BandwidthTooSmall", "The bandwidth is at least 1 Mbps.")
    if bandwidth > _MOST_BANDWIDTH[charge_type]:
        raise CloudError(
            "InvalidParameterValue.BandwidthOutOfRange",
            f"At most {_MOST_BANDWIDTH[charge_type]} Mbps by {charge_type}.",
        )
    return bandwidth


def read_name(cloud: Cloud, params: Mapping[str, Any]) -> str:
    """AddressName, or nothing. Raises CloudError if no EIP can have that name."""
    name: str = params.get("AddressName", "")
    if len(name) > cloud.behaviour.address_name_limit:
        raise CloudError("InvalidParameterValue.TooLong", f"At most {cloud.behaviour.address_name_limit} characters.")
    if not _NAME.fullmatch(name):
        raise CloudError("InvalidParameterValue", "AddressName has letters, digits, `-` and `_` only.")
    return name


def _read_tags(cloud: Cloud, entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    tags = [item(entry, "Tags", Key=text, Value=text) for entry in entries]
    if len(tags) > _MOST_TAGS:
        raise CloudError("LimitExceeded.TagQuota", f"At most {_MOST_TAGS} tags.")
    if len({tag["Key"] for tag in tags}) < len(tags):
        raise CloudError("InvalidParameterValue.InvalidTag", "A tag's key is given twice.")
    for tag in tags:
        if not cloud.tags.exists(tag["Key"], tag["Value"]):
            raise CloudError("InvalidParameterValue.TagNotExisted", f"The tag {tag['Key']}:{tag['Value']} is unknown.")
    return tuple((tag["Key"], tag["Value"]) for tag in tags)
