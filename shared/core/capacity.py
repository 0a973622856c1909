"""How many pods with an EIP a node takes, and when that is ours to publish as the extended resource `eip`.

The scheduler counts `status.allocatable`, which the kubelet makes of the capacity that is patched here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.core.identity import PUBLISHED
from shared.core.pod import Node
from shared.core.policy import Policy

MOST_PUBLIC_IPS = 10
_CORES = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True)
class Publication:
    """What a node is to say: so much of the resource, and by the annotation that the amount is ours."""

    node: Node
    resource: str
    amount: str

    @property
    def annotations(self) -> dict[str, str]:
        """What makes it known again."""
        return {PUBLISHED: self.amount}


def eips(vcpus: int) -> int:
    """How many EIPs an instance with so many vCPUs takes for its pods.

    An instance has 2 public IPs, and one more for every six vCPUs, 10 at most; one of them is left to the node itself
    (EIP product documentation, "Use Limits": cloud.tencent.com/document/product/1199/41648; TKE, "EIP for pods":
    cloud.tencent.com/document/product/457/64886).
    """
    return min(2 + vcpus // 6, MOST_PUBLIC_IPS) - 1


def publication(node: Node, policy: Policy) -> Publication | None:
    """What to publish on the node; None where it says so already, is no instance of ours, or others publish it.

    An amount is ours where the annotation says the same, or where it is 0: the kubelet of a machine that was started
    anew sets the resources to 0 that no plugin on it has published.
    """
    cores = _CORES.fullmatch(str(node.status.capacity.get("cpu", "")))
    if node.super_node or node.instance_id is None or cores is None:
        return None
    resource, wanted = policy.annotation("eip"), str(eips(int(cores[0])))
    present, ours = node.status.capacity.get(resource), node.metadata.annotations.get(PUBLISHED)
    if present is not None and (ours is None or str(present) not in {ours, "0"}):
        return None
    return None if str(present) == ours == wanted else Publication(node, resource, wanted)
