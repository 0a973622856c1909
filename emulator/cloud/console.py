"""What people and other systems do to the account beside the API: launch machines, move IPs, meddle with EIPs.

Everything takes effect at once, is not counted against limits, and does not show in the call log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from emulator.cloud.account_console import AccountConsole
from emulator.cloud.vpc.models.address import Address
from emulator.cloud.vpc.models.addresses import Order, bound, unbound
from emulator.cloud.vpc.models.network_interfaces import Instance
from emulator.cloud.vpc.models.tasks import Pace

_VPC = "vpc-emulated"
_SUBNET = "subnet-emulated"


class Console(AccountConsole):
    """By-hand access to a cloud. Every method raises CloudError for what does not exist or does not go."""

    def create_tag(self, key: str, value: str) -> None:
        """Have a tag; it may be there already."""
        self._cloud.tags.ensure(key, value)

    def create_instance(
        self,
        instance_id: str | None = None,
        *,
        vpc_id: str = _VPC,
        subnet_id: str = _SUBNET,
        private_ip: str | None = None,
        address_quota: int | None = None,
    ) -> str:
        """The id of a new instance, which has a primary interface with one IP."""
        self._cloud.settle()
        instance_id = instance_id or self._cloud.identifiers.new("ins")
        instance = Instance(instance_id, vpc_id, subnet_id, f"{self._cloud.region}-3", address_quota)
        self._cloud.interfaces.launch(instance, self._cloud.addresses.now, private_ip)
        return instance_id

    def terminate_instance(self, instance_id: str) -> None:
        """Remove an instance with its interfaces and their IPs."""
        self._cloud.settle()
        self._cloud.interfaces.terminate(instance_id)

    def create_interface(
        self,
        instance_id: str | None = None,
        *,
        vpc_id: str = _VPC,
        subnet_id: str = _SUBNET,
        private_ip: str | None = None,
    ) -> str:
        """The id of a new secondary interface with one IP, on an instance (and in its network) or on none."""
        self._cloud.settle()
        now, zone = self._cloud.addresses.now, f"{self._cloud.region}-3"
        if instance_id is not None:
            instance = self._cloud.interfaces.instance(instance_id)
            vpc_id, subnet_id = instance.vpc_id, instance.subnet_id
        interface = self._cloud.interfaces.create(vpc_id, subnet_id, now, zone=zone, private_ips=[private_ip])
        if instance_id is not None:
            self._cloud.interfaces.attach(interface.interface_id, instance_id, now)
        return interface.interface_id

    def detach_interface(self, interface_id: str) -> None:
        """Take an interface off its instance."""
        self._cloud.settle()
        self._cloud.interfaces.detach(interface_id, self._cloud.interfaces.find(interface_id).instance_id or "")

    def delete_interface(self, interface_id: str) -> None:
        """Remove an interface that hangs on no instance, with its IPs."""
        self._cloud.settle()
        self._cloud.interfaces.delete(interface_id)

    def assign_ip(self, interface_id: str, private_ip: str | None = None) -> str:
        """The secondary IP that was added to an interface: the given one, or any."""
        self._cloud.settle()
        return self._cloud.interfaces.assign(interface_id, [private_ip])[0]

    def unassign_ip(self, interface_id: str, private_ip: str) -> None:
        """Take a secondary IP off an interface."""
        self._cloud.settle()
        self._cloud.interfaces.unassign(interface_id, [private_ip])

    def buy(
        self, count: int = 1, *, name: str = "", tags: Mapping[str, str] | None = None, bandwidth: int = 1
    ) -> list[str]:
        """The ids of new EIPs, which are UNBIND; their tags come to exist."""
        self._cloud.settle()
        pairs = tuple((tags or {}).items())
        for key, value in pairs:
            self._cloud.tags.ensure(key, value)
        order = Order(count, name, pairs, "BGP", "EIP", "TRAFFIC_POSTPAID_BY_HOUR", bandwidth)
        address_ids, _ = self._cloud.addresses.allocate(order, Pace(0))
        self._cloud.settle()
        return list(address_ids)

    def bind(self, address_id: str, interface_id: str, private_ip: str) -> None:
        """Bind an EIP to a private IP that holds none, wherever it was bound before."""
        address = self._at_rest(address_id)
        instance_id = self._cloud.addresses.check_target(interface_id, private_ip)
        place = replace(address, interface_id=interface_id, private_ip=private_ip, instance_id=instance_id)
        self._cloud.addresses.overwrite(bound(place))

    def unbind(self, address_id: str) -> None:
        """Unbind an EIP."""
        self._cloud.addresses.overwrite(unbound(self._at_rest(address_id)))

    def release(self, address_id: str) -> None:
        """Have an EIP gone, bound or not."""
        self._cloud.settle()
        self._cloud.addresses.remove(address_id)

    def retag(self, address_id: str, change: Mapping[str, str | None]) -> None:
        """Set tags on an EIP; None takes the key off."""
        self._cloud.settle()
        for key, value in change.items():
            if value is not None:
                self._cloud.tags.ensure(key, value)
        self._cloud.addresses.retag(address_id, change)

    def rename(self, address_id: str, name: str) -> None:
        """Give an EIP another name."""
        self._cloud.settle()
        self._cloud.addresses.overwrite(replace(self._cloud.addresses.find(address_id), name=name))

    def set_arrears(self, address_id: str, arrears: bool = True) -> None:  # noqa: FBT001, FBT002 - reads well in a call
        """Have an EIP isolated for want of payment, or not any more."""
        self._cloud.settle()
        self._cloud.addresses.overwrite(replace(self._cloud.addresses.find(address_id), arrears=arrears))

    def set_blocked(self, address_id: str, blocked: bool = True) -> None:  # noqa: FBT001, FBT002 - as above
        """Have an EIP blocked for a security reason, or not any more."""
        self._cloud.settle()
        self._cloud.addresses.overwrite(replace(self._cloud.addresses.find(address_id), blocked=blocked))

    def _at_rest(self, address_id: str) -> Address:
        self._cloud.settle()
        return replace(self._cloud.addresses.find(address_id), task_id=None)
