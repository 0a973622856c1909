"""The CNI of the demo: a pod's IP is a private IP of its node's network interface in the emulated cloud."""

from __future__ import annotations

from emulator.cloud import Cloud


class Network:
    """Instances and interfaces, one of each for a node."""

    def __init__(self, cloud: Cloud, vpc_id: str) -> None:
        """No node yet."""
        self._cloud = cloud
        self._vpc_id = vpc_id
        self._interfaces: dict[str, str] = {}

    def add_node(self, node_name: str) -> str:
        """The id of the instance behind a new node."""
        instance_id = self._cloud.console.create_instance(vpc_id=self._vpc_id)
        self._interfaces[node_name] = self._cloud.console.create_interface(instance_id)
        return instance_id

    def assign(self, node_name: str, pod_uid: str) -> str:
        """A private IP for a pod on that node."""
        del pod_uid
        return self._cloud.console.assign_ip(self._interfaces[node_name])

    def release(self, node_name: str, ip: str) -> None:
        """Take the IP back; the next pod may get it."""
        self._cloud.console.unassign_ip(self._interfaces[node_name], ip)
