"""What can be seen of the demo's world: by kubectl, and in the cloud's own books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from emulator.cloud import Cloud
from emulator.cluster.live import LiveCluster
from shared.core.claim import Claim
from shared.core.pod import Pod
from shared.core.policy import Policy


@dataclass(frozen=True)
class Row:
    """A pod and its claim, as the live table shows them."""

    name: str
    pod: str
    node: str
    private_ip: str
    public_ip: str
    address_id: str
    phase: str
    retention: str


class StepFailedError(Exception):
    """Something did not happen, or not as it should have; the message says what."""


class Views:
    """Questions about pods, claims and addresses; nothing here changes anything."""

    def __init__(self, cluster: LiveCluster, cloud: Cloud, policy: Policy) -> None:
        """The views of that world."""
        self._cluster = cluster
        self._cloud = cloud
        self._policy = policy

    def pods(self) -> list[Pod]:
        """All pods."""
        return [Pod.model_validate(pod) for pod in self._cluster.list("Pod")]

    def claims(self) -> list[Claim]:
        """All claims that make sense."""
        return [claim for claim in map(_readable, self._cluster.list("EIPClaim")) if claim is not None]

    def events(self) -> list[Mapping[str, object]]:
        """All events."""
        return list(self._cluster.list("Event"))

    def calls(self, action: str) -> int:
        """How often the cloud was asked to do that."""
        return sum(call.action == action for call in self._cloud.calls.changes(0))

    def find_pod(self, name: str) -> Pod | None:
        """The pod of that name, if there is one."""
        return next((pod for pod in self.pods() if pod.metadata.name == name), None)

    def _claim(self, name: str) -> Claim | None:
        return next((claim for claim in self.claims() if claim.metadata.name == name), None)

    def pod(self, name: str) -> Pod:
        """The pod, which must be there."""
        found = self.find_pod(name)
        if found is None:
            raise StepFailedError(f"there is no pod {name}")
        return found

    def uid(self, name: str) -> str | None:
        """The UID of the pod of that name, if there is one."""
        found = self.find_pod(name)
        return found.uid if found is not None else None

    def claim_uid(self, name: str) -> str | None:
        """The UID of the claim of that name, if there is one."""
        found = self._claim(name)
        return found.uid if found is not None else None

    def phase(self, name: str) -> str | None:
        """The phase of the claim of that name."""
        found = self._claim(name)
        return found.status.phase.value if found is not None and found.status.phase else None

    def ready_reason(self, name: str) -> str | None:
        """The reason of the claim's condition Ready."""
        found = self._claim(name)
        ready = found.status.condition("Ready") if found is not None else None
        return ready.reason if ready is not None else None

    def bound_at(self, name: str) -> str | None:
        """The public IP that the cloud has bound to the pod's IP now."""
        pod = self.find_pod(name)
        ip = pod.ipv4 if pod is not None else None
        return next((a.ip for a in self._cloud.holdings() if ip and a.private_ip == ip), None)

    def served(self, name: str) -> str:
        """The pod's public IP, which it must have and be told."""
        address = self.told(self.pod(name))
        if address is None:
            raise StepFailedError(f"pod {name} has no EIP")
        return address

    def told(self, pod: Pod) -> str | None:
        """What the pod was told, where the cloud agrees."""
        told = pod.metadata.annotations.get(self._policy.annotation("eip-public-ip"))
        return told if told and not pod.deleting and told == self.bound_at(pod.metadata.name) else None

    def served_pods(self, app: str) -> list[Pod]:
        """The pods of a workload that have their EIPs."""
        return [pod for pod in self.pods_of(app) if self.told(pod) is not None]

    def pods_of(self, app: str) -> list[Pod]:
        """The pods of a workload that are not on their way out."""
        return [pod for pod in self.pods() if pod.metadata.labels.get("k8s-app") == app and not pod.deleting]

    def exists(self, public_ip: str) -> bool:
        """Whether the cloud still has that EIP."""
        return any(address.ip == public_ip for address in self._cloud.holdings())

    def rows(self) -> list[Row]:
        """Pods and claims side by side, by name."""
        pods = {pod.metadata.name: pod for pod in self.pods()}
        claims = {claim.metadata.name: claim for claim in self.claims()}
        return [_row(name, pods.get(name), claims.get(name)) for name in sorted({*pods, *claims})]


def _readable(claim: Mapping[str, object]) -> Claim | None:
    try:
        return Claim.model_validate(claim)
    except ValidationError:
        return None


def _row(name: str, pod: Pod | None, claim: Claim | None) -> Row:
    status = claim.status if claim is not None else None
    phase = status.phase.value if status is not None and status.phase else ""
    return Row(
        name=name,
        pod="" if pod is None else "Terminating" if pod.deleting else pod.status.phase or "",
        node=pod.spec.node_name or "" if pod is not None else "",
        private_ip=pod.ipv4 or "" if pod is not None else "",
        public_ip=status.public_ip or "" if status is not None else "",
        address_id=status.address_id or "" if status is not None else "",
        phase=f"{phase} (deleted)" if claim is not None and claim.deleting else phase,
        retention=claim.spec.retention.value if claim is not None else "",
    )
