"""The life of EIPs: bought, bound, unbound, released, each as a task that takes its time and may fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.errors import CloudError
from emulator.cloud.identifiers import Identifiers, PublicIps
from emulator.cloud.vpc.models.address import (
    BIND,
    BIND_ENI,
    BINDING,
    CREATING,
    OFFLINING,
    UNBIND,
    UNBINDING,
    Address,
)
from emulator.cloud.vpc.models.network_interfaces import NetworkInterfaces
from emulator.cloud.vpc.models.table import AddressTable, Filters, LaggingTables
from emulator.cloud.vpc.models.tasks import Pace, Tasks


@dataclass(frozen=True, slots=True)
class Order:
    """What is bought: so many EIPs of one kind."""

    count: int
    name: str
    tags: tuple[tuple[str, str], ...]
    isp: str
    address_type: str
    charge_type: str
    bandwidth: int


def _not_permitted(address: Address) -> CloudError:
    return CloudError(
        "UnsupportedOperation.AddressStatusNotPermit", f"The EIP {address.address_id} is {address.status}."
    )


_Outcome = Callable[[Address], "Address | None"]


def bound(address: Address) -> Address:
    """The EIP, bound at its place: BIND on an instance, BIND_ENI on an interface that hangs on none."""
    return replace(address, status=BIND_ENI if address.instance_id is None else BIND)


def unbound(address: Address) -> Address:
    """The EIP, bound nowhere."""
    return replace(address, status=UNBIND, interface_id=None, private_ip=None, instance_id=None)


def _gone(_: Address) -> None:
    return None


class Addresses:
    """All EIPs of the region. Times are the cloud's, in seconds since 1970."""

    def __init__(self, behaviour: Behaviour, identifiers: Identifiers, interfaces: NetworkInterfaces) -> None:
        """None yet; what happens to `interfaces` is followed."""
        self.tasks = Tasks(identifiers)
        self._behaviour = behaviour
        self._identifiers = identifiers
        self._interfaces = interfaces
        self._tables = LaggingTables(behaviour)
        self._ips = PublicIps()
        self._bought = 0
        self._now = 0.0
        interfaces.on_change = self._follow

    @property
    def now(self) -> float:
        """The instant of the call that is being served."""
        return self._now

    @property
    def truth(self) -> AddressTable:
        """The EIPs as they are, whatever a reader is shown."""
        return self._tables.truth

    def bring_up_to(self, now: float) -> None:
        """Let everything happen that is due by `now`, and have what is called next take place at `now`."""
        self.tasks.run_due(now)
        self._now = max(self._now, now)

    def find(self, address_id: str) -> Address:
        """The EIP of that id. Raises InvalidAddressId.NotFound."""
        address = self.truth.get(address_id)
        if address is None:
            raise CloudError("InvalidAddressId.NotFound", f"The EIP {address_id} does not exist.")
        return address

    def select(self, filters: Filters, offset: int, limit: int) -> tuple[int, list[Address]]:
        """How many EIPs fit, and one page of them, as a reader sees them now; looking may end their transitions."""
        shown = self._tables.view(self._now).select(
            filters, newest_first=self._behaviour.newest_first, offset=offset, limit=limit
        )
        self.tasks.looked([address.address_id for address in shown[1]], self._now)
        return shown

    def allocate(self, order: Order, pace: Pace) -> tuple[tuple[str, ...], int]:
        """The ids of new EIPs, which are CREATING, and the task's."""
        task_id = self.tasks.new()
        ids = []
        for _ in range(order.count):
            self._bought += 1
            address = Address(
                serial=self._bought,
                address_id=self._identifiers.new("eip"),
                status=CREATING,
                ip=self._ips.take(),
                created_at=self._now,
                name=order.name,
                tags=order.tags,
                isp=order.isp,
                address_type=order.address_type,
                charge_type=order.charge_type,
                bandwidth=order.bandwidth,
            )
            ids.append(address.address_id)
            self._begin(task_id, address, pace, unbound, _gone)
        return tuple(ids), task_id

    def associate(self, address_id: str, interface_id: str, private_ip: str, pace: Pace) -> int:
        """The task that binds an UNBIND EIP to a private IP that holds none. Raises CloudError."""
        address = self._idle(address_id)
        if address.blocked:
            raise CloudError("InvalidAddressId.Blocked", f"The EIP {address_id} is blocked.")
        if address.arrears:
            raise CloudError("OperationDenied.AddressInArrears", f"The EIP {address_id} is in arrears.")
        if address.status != UNBIND:
            raise _not_permitted(address)
        instance_id = self.check_target(interface_id, private_ip)
        task_id = self.tasks.new()
        binding = replace(
            address, status=BINDING, interface_id=interface_id, private_ip=private_ip, instance_id=instance_id
        )
        self._begin(task_id, binding, pace, bound, unbound)
        return task_id

    def disassociate(self, address_id: str, pace: Pace) -> int:
        """The task that unbinds a bound EIP. Raises CloudError."""
        address = self._idle(address_id)
        if address.status not in (BIND, BIND_ENI):
            raise CloudError("InvalidAddressIdStatus.NotPermit", f"The EIP {address_id} is {address.status}.")
        task_id = self.tasks.new()
        self._begin(task_id, replace(address, status=UNBINDING), pace, unbound, bound)
        return task_id

    def release(self, address_ids: Sequence[str], pace: Pace) -> int:
        """The task that gives back EIPs that are all UNBIND. Raises CloudError, and touches none then."""
        addresses = [self._idle(address_id) for address_id in dict.fromkeys(address_ids)]
        for address in addresses:
            if address.blocked:
                raise CloudError("InvalidAddressId.Blocked", f"The EIP {address.address_id} is blocked.")
            if address.status != UNBIND:
                raise _not_permitted(address)
        task_id = self.tasks.new()
        for address in addresses:
            self._begin(task_id, replace(address, status=OFFLINING), pace, _gone, unbound)
        return task_id

    def set_bandwidth(self, address_ids: Sequence[str], bandwidth: int, pace: Pace) -> int:
        """The task that changes the bandwidth of EIPs, bound or not. Raises CloudError, and touches none then."""
        addresses = [self._idle(address_id) for address_id in dict.fromkeys(address_ids)]
        for address in addresses:
            if address.arrears:
                raise CloudError("OperationDenied.AddressInArrears", f"{address.address_id} is in arrears.")
        task_id = self.tasks.new()
        for address in addresses:
            self._begin(task_id, address, pace, lambda one: replace(one, bandwidth=bandwidth), lambda one: one)
        return task_id

    def rename(self, address_id: str, name: str) -> None:
        """Give an EIP another name, at once. Raises CloudError."""
        address = self._idle(address_id)
        if address.blocked:
            raise CloudError("InvalidAddressId.Blocked", f"The EIP {address_id} is blocked.")
        self._put(replace(address, name=name))

    def retag(self, address_id: str, change: Mapping[str, str | None]) -> None:
        """Set tags on an EIP, at once; None takes the key off. Raises InvalidAddressId.NotFound."""
        address = self.find(address_id)
        tags = {**dict(address.tags), **change}
        self._put(replace(address, tags=tuple((key, value) for key, value in tags.items() if value is not None)))

    def check_target(self, interface_id: str, private_ip: str) -> str | None:
        """The instance, if any, of a place that can take an EIP. Raises CloudError if it cannot."""
        interface = self._interfaces.find(interface_id)
        if private_ip not in interface.private_ips:
            # The documentation gives this code for an IP that is not on the interface, too.
            raise CloudError("InvalidNetworkInterfaceId.NotFound", f"{private_ip} is not on {interface_id}.")
        if any(address.private_ip == private_ip for address in self.truth.on_interface(interface_id)):
            raise CloudError("InvalidPrivateIpAddress.AlreadyBindEip", f"{private_ip} holds an EIP already.")
        if interface.instance_id is not None:
            instance = self._interfaces.instance(interface.instance_id)
            quota = self._behaviour.instance_quota if instance.address_quota is None else instance.address_quota
            siblings = self._interfaces.of_instance(interface.instance_id)
            if quota is not None and sum(len(self.truth.on_interface(one.interface_id)) for one in siblings) >= quota:
                raise CloudError("LimitExceeded.InstanceAddressQuota", f"{instance.instance_id} has {quota} EIPs.")
        return interface.instance_id

    def overwrite(self, address: Address) -> None:
        """Put an EIP into any state, at once. A task whose id it no longer carries has no effect any more."""
        self._put(address)

    def remove(self, address_id: str) -> None:
        """Have an EIP gone, at once."""
        self._ips.give_back(self.find(address_id).ip)
        self._tables.drop(address_id, self._now)

    def _put(self, address: Address) -> None:
        self._tables.put(address, self._now)

    def _idle(self, address_id: str) -> Address:
        address = self.find(address_id)
        if address.task_id is not None:
            raise CloudError("OperationDenied.MutexTaskRunning", f"A task is running on the EIP {address_id}.")
        return address

    def _begin(self, task_id: int, address: Address, pace: Pace, done: _Outcome, undone: _Outcome) -> None:
        """Start what `task_id` does to an EIP: it is `address` meanwhile, and `done` or `undone` at the end."""
        self._put(replace(address, task_id=task_id))

        def finish(now: float, well: bool) -> bool:  # noqa: FBT001 - the outcome itself
            current = self.truth.get(address.address_id)
            if current is None or current.task_id != task_id:
                return False
            self._now = max(self._now, now)
            outcome = (done if well else undone)(replace(current, task_id=None))
            if outcome is None:
                self.remove(address.address_id)
            else:
                self._put(outcome)
            return well

        self.tasks.add(task_id, address.address_id, pace, self._now, finish)

    def _follow(self, interface_id: str) -> None:
        """Let the EIPs of an interface follow what became of it."""
        interface = self._interfaces.get(interface_id)
        for address in self.truth.on_interface(interface_id):
            if interface is None or address.private_ip not in interface.private_ips:
                if self._behaviour.unbind_with_private_ip:
                    self._put(replace(unbound(address), task_id=None))
            elif address.instance_id != interface.instance_id:
                moved = replace(address, instance_id=interface.instance_id)
                self._put(bound(moved) if moved.status in (BIND, BIND_ENI) else moved)
