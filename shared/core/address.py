"""EIPs and the private IPs of network interfaces, as the cloud lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class AddressStatus(str, Enum):
    """AddressStatus of DescribeAddresses (API 2017-03-12)."""

    CREATING = "CREATING"
    BINDING = "BINDING"
    BIND = "BIND"
    BIND_ENI = "BIND_ENI"
    UNBINDING = "UNBINDING"
    UNBIND = "UNBIND"
    OFFLINING = "OFFLINING"
    UNKNOWN = "UNKNOWN"


BOUND = frozenset({AddressStatus.BIND, AddressStatus.BIND_ENI})
TRANSITIONAL = frozenset(
    {
        AddressStatus.CREATING,
        AddressStatus.BINDING,
        AddressStatus.UNBINDING,
        AddressStatus.OFFLINING,
        # A state that a later release of the API adds is nothing to act on.
        AddressStatus.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """An EIP. `private_ip` and `network_interface_id` say where it is bound, or is being bound to or unbound from."""

    address_id: str
    name: str
    status: AddressStatus
    public_ip: str = ""
    bandwidth_mbps: int | None = None
    isp: str | None = None
    network_interface_id: str | None = None
    private_ip: str | None = None
    instance_id: str | None = None
    in_arrears: bool = False
    blocked: bool = False
    created_at: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def bound(self) -> bool:
        """Whether it is bound to anything (an ENI without an instance counts)."""
        return self.status in BOUND

    @property
    def unbound(self) -> bool:
        """Whether it may be bound, or released."""
        return self.status is AddressStatus.UNBIND

    @property
    def in_transition(self) -> bool:
        """Whether the cloud is at work on it."""
        return self.status in TRANSITIONAL

    def carries(self, tags: dict[str, str]) -> bool:
        """Whether all of these tags are on it."""
        return tags.items() <= self.tags.items()


@dataclass(frozen=True, slots=True)
class PrivateAddress:
    """A private IP on a network interface, and the EIP that the interface's listing shows on it."""

    ip: str
    network_interface_id: str
    instance_id: str | None = None
    address_id: str | None = None
    public_ip: str | None = None

    @property
    def taken(self) -> bool:
        """Whether an EIP, or an ordinary public IP, is on it."""
        return bool(self.address_id or self.public_ip)
