"""The machines behind the nodes: instances of the emulated cloud, each with an interface that holds its pods' IPs."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.cloud import Cloud

ZONE = 800002
EIPS_EACH = 5
"""Of an instance with 24 vCPUs: six public IPs, one of which is the node's own."""
PODS_EACH = 19


@dataclass(frozen=True)
class Machine:
    """An instance and its interface for pods."""

    cloud: Cloud
    instance_id: str
    interface_id: str
    ip: str

    @property
    def provider_id(self) -> str:
        """As the cloud's node controller writes it."""
        return f"qcloud:///{ZONE}/{self.instance_id}"

    def assign(self) -> str:
        """A private IP for a pod."""
        with self.cloud.lock:
            return self.cloud.console.assign_ip(self.interface_id)

    def unassign(self, ip: str) -> None:
        """Take that IP back; the next pod may get it."""
        with self.cloud.lock:
            self.cloud.console.unassign_ip(self.interface_id, ip)

    def terminate(self) -> None:
        """Give the instance back; its interfaces and their IPs go with it."""
        with self.cloud.lock:
            self.cloud.console.terminate_instance(self.instance_id)


def launch(cloud: Cloud, vpc_id: str) -> Machine:
    """A new machine in that network."""
    with cloud.lock:
        instance_id = cloud.console.create_instance(vpc_id=vpc_id, address_quota=EIPS_EACH)
        primary = next(one for one in cloud.interfaces if one.instance_id == instance_id)
        ip = next(iter(primary.private_ips))
        return Machine(cloud, instance_id, cloud.console.create_interface(instance_id), ip)
