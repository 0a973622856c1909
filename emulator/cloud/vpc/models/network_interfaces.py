"""Instances, their network interfaces and the private IPs on these. Every change takes effect at once."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from emulator.cloud.errors import CloudError
from emulator.cloud.identifiers import Identifiers

_PRIVATE = ipaddress.ip_network("10.0.0.0/8")


@dataclass(slots=True)
class Instance:
    """A virtual machine; `address_quota` caps the EIPs on its interfaces."""

    instance_id: str
    vpc_id: str
    subnet_id: str
    zone: str
    address_quota: int | None = None


@dataclass(slots=True)
class NetworkInterface:
    """An interface; `private_ips` maps each IP to whether it is the primary one. `instance_id`: where it hangs."""

    interface_id: str
    vpc_id: str
    subnet_id: str
    zone: str
    created_at: float
    primary: bool = False
    instance_id: str | None = None
    attached_at: float | None = None
    name: str = ""
    description: str = ""
    security_groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    private_ips: dict[str, bool] = field(default_factory=dict)


class NetworkInterfaces:
    """All interfaces by id, in order of creation."""

    def __init__(self, identifiers: Identifiers) -> None:
        """None; nobody listens."""
        self._identifiers = identifiers
        self._by_id: dict[str, NetworkInterface] = {}
        self._instances: dict[str, Instance] = {}
        self._on_instance: defaultdict[str, list[str]] = defaultdict(list)
        self._used: defaultdict[str, set[str]] = defaultdict(set)
        self._next_ip: defaultdict[str, int] = defaultdict(lambda: 1)
        self.on_change: Callable[[str], None] = lambda _: None
        """Called with an interface's id after its IPs or its instance changed, or it went away."""

    def __iter__(self) -> Iterator[NetworkInterface]:
        """All interfaces."""
        return iter(self._by_id.values())

    def get(self, interface_id: str) -> NetworkInterface | None:
        """The interface of that id."""
        return self._by_id.get(interface_id)

    def find(self, interface_id: str) -> NetworkInterface:
        """The interface of that id. Raises InvalidNetworkInterfaceId.NotFound."""
        interface = self._by_id.get(interface_id)
        if interface is None:
            raise CloudError("InvalidNetworkInterfaceId.NotFound", f"The interface {interface_id} does not exist.")
        return interface

    def instance(self, instance_id: str) -> Instance:
        """The instance of that id. Raises InvalidInstanceId.NotFound."""
        instance = self._instances.get(instance_id)
        if instance is None:
            raise CloudError("InvalidInstanceId.NotFound", f"The instance {instance_id} does not exist.")
        return instance

    def instances(self) -> list[Instance]:
        """All instances."""
        return list(self._instances.values())

    def of_instance(self, instance_id: str) -> list[NetworkInterface]:
        """The interfaces that hang on an instance."""
        return [self._by_id[interface_id] for interface_id in self._on_instance.get(instance_id, ())]

    def launch(self, instance: Instance, now: float, private_ip: str | None = None) -> NetworkInterface:
        """Add an instance; its primary interface."""
        self._instances[instance.instance_id] = instance
        interface = self.create(instance.vpc_id, instance.subnet_id, now, zone=instance.zone, private_ips=[private_ip])
        interface.primary = True
        self._hang(interface, instance.instance_id, now)
        return interface

    def terminate(self, instance_id: str) -> None:
        """Remove an instance and its interfaces."""
        for interface in self.of_instance(self.instance(instance_id).instance_id):
            self._remove(interface)
        del self._instances[instance_id]
        del self._on_instance[instance_id]

    def create(
        self, vpc_id: str, subnet_id: str, now: float, *, zone: str, private_ips: Collection[str | None]
    ) -> NetworkInterface:
        """A new interface that hangs nowhere, with these IPs, the primary one first; None stands for any free one."""
        chosen = self._reserve(vpc_id, private_ips)
        interface = NetworkInterface(self._identifiers.new("eni"), vpc_id, subnet_id, zone, now)
        interface.private_ips = {ip: at == 0 for at, ip in enumerate(chosen)}
        self._by_id[interface.interface_id] = interface
        return interface

    def attach(self, interface_id: str, instance_id: str, now: float) -> None:
        """Hang an interface on an instance."""
        interface, instance = self.find(interface_id), self.instance(instance_id)
        if interface.instance_id is not None:
            raise CloudError("UnsupportedOperation.InvalidState", f"The interface {interface_id} hangs elsewhere.")
        self._hang(interface, instance.instance_id, now)

    def detach(self, interface_id: str, instance_id: str) -> None:
        """Take an interface off its instance."""
        interface = self.find(interface_id)
        if interface.primary or interface.instance_id != instance_id:
            raise CloudError("UnsupportedOperation.InvalidState", f"{interface_id} cannot be taken off {instance_id}.")
        self._on_instance[instance_id].remove(interface_id)
        interface.instance_id = interface.attached_at = None
        self.on_change(interface_id)

    def delete(self, interface_id: str) -> None:
        """Remove an interface that hangs nowhere, with its IPs."""
        interface = self.find(interface_id)
        if interface.instance_id is not None:
            raise CloudError("UnsupportedOperation.InvalidState", f"The interface {interface_id} hangs on an instance.")
        self._remove(interface)

    def assign(self, interface_id: str, private_ips: Collection[str | None]) -> list[str]:
        """The secondary IPs that were added; None stands for any free one."""
        interface = self.find(interface_id)
        chosen = self._reserve(interface.vpc_id, private_ips)
        interface.private_ips.update(dict.fromkeys(chosen, False))
        self.on_change(interface_id)
        return chosen

    def unassign(self, interface_id: str, private_ips: Collection[str]) -> None:
        """Take secondary IPs off an interface."""
        interface = self.find(interface_id)
        for ip in private_ips:
            if interface.private_ips.get(ip, True):
                raise CloudError("InvalidParameterValue", f"{ip} is not a secondary IP of {interface_id}.")
        for ip in private_ips:
            del interface.private_ips[ip]
            self._used[interface.vpc_id].discard(ip)
        self.on_change(interface_id)

    def _hang(self, interface: NetworkInterface, instance_id: str, now: float) -> None:
        interface.instance_id, interface.attached_at = instance_id, now
        self._on_instance[instance_id].append(interface.interface_id)
        self.on_change(interface.interface_id)

    def _remove(self, interface: NetworkInterface) -> None:
        del self._by_id[interface.interface_id]
        self._used[interface.vpc_id].difference_update(interface.private_ips)
        self.on_change(interface.interface_id)

    def _reserve(self, vpc_id: str, wanted: Collection[str | None]) -> list[str]:
        used = self._used[vpc_id]
        for ip in wanted:
            if ip is not None and ip in used:
                raise CloudError("ResourceInUse.Address", f"The private IP {ip} is in use.")
        chosen = []
        for ip in wanted:
            chosen.append(ip or self._free_ip(vpc_id))
            used.add(chosen[-1])
        return chosen

    def _free_ip(self, vpc_id: str) -> str:
        while True:
            self._next_ip[vpc_id] += 1
            ip = str(_PRIVATE[self._next_ip[vpc_id]])
            if ip not in self._used[vpc_id]:
                return ip
