"""An elastic IP, and the facts by which it can be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CREATING, BINDING, UNBINDING, OFFLINING = "CREATING", "BINDING", "UNBINDING", "OFFLINING"
BIND, BIND_ENI, UNBIND = "BIND", "BIND_ENI", "UNBIND"


@dataclass(frozen=True, slots=True)
class Address:
    """An EIP at one moment. Times are in seconds since 1970, bandwidth in Mbps."""

    serial: int
    address_id: str
    ip: str
    created_at: float
    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    isp: str = "BGP"
    address_type: str = "EIP"
    charge_type: str = "TRAFFIC_POSTPAID_BY_HOUR"
    bandwidth: int = 1
    status: str = UNBIND
    interface_id: str | None = None
    private_ip: str | None = None
    instance_id: str | None = None
    arrears: bool = False
    blocked: bool = False
    task_id: int | None = None
    """The task that works on it; no other may start meanwhile."""


def facts(address: Address) -> Iterator[tuple[str, str]]:
    """What the filters of DescribeAddresses can ask for, as (filter, value)."""
    yield "address-id", address.address_id
    yield "address-name", address.name
    yield "address-ip", address.ip
    yield "address-status", address.status
    yield "address-type", address.address_type
    yield "address-isp", address.isp
    yield "is-arrears", "TRUE" if address.arrears else "FALSE"
    for name, value in (
        ("instance-id", address.instance_id),
        ("network-interface-id", address.interface_id),
        ("private-ip-address", address.private_ip),
        ("instance-type", address.interface_id and ("CVM" if address.instance_id else "ENI")),
    ):
        if value is not None:
            yield name, value
    for key, value in address.tags:
        yield "tag-key", key
        yield "tag-value", value
        yield f"tag:{key}", value


FILTERS = frozenset(
    {
        "address-id", "address-name", "address-ip", "address-status", "address-type", "address-isp", "is-arrears",
        "instance-id", "network-interface-id", "private-ip-address", "instance-type", "dedicated-cluster-id",
        "tag-key", "tag-value",
    }
)  # fmt: skip
"""The filters besides tag:<key>."""
