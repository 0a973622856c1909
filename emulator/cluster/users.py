"""Who makes requests, under the names that a real cluster's audit log has."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core import identity


@dataclass(frozen=True)
class User:
    """An authenticated user and the program that it uses."""

    name: str
    groups: tuple[str, ...]
    agent: str

    @property
    def is_node(self) -> bool:
        """Whether it is a kubelet."""
        return "system:nodes" in self.groups


def service_account(namespace: str, name: str, agent: str) -> User:
    """The user behind a service account."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return User(f"system:serviceaccount:{namespace}:{name}", groups, agent)


def controller(name: str) -> User:
    """One of the controller-manager's controllers, which run under service accounts of their own."""
    username = f"system:serviceaccount:kube-system:{name}"
    return service_account(
        "kube-system", name, f"kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/eb38411/{username}"
    )


def kubelet(node_name: str) -> User:
    """The kubelet of a node."""
    return User(
        f"system:node:{node_name}",
        ("system:nodes", "system:authenticated"),
        "kubelet/v1.36.3 (linux/amd64) kubernetes/eb38411",
    )


ADMIN = User("admin", ("system:masters", "system:authenticated"), "kubectl/v1.36.3 (linux/amd64) kubernetes/eb38411")
SCHEDULER = User(
    "system:kube-scheduler",
    ("system:authenticated",),
    "kube-scheduler/v1.36.3 (linux/amd64) kubernetes/eb38411/scheduler",
)
GIVE = service_account(identity.SYSTEM_NAMESPACE, identity.GIVE_ACCOUNT, "eipclaim")
TAKE = service_account(identity.SYSTEM_NAMESPACE, identity.TAKE_ACCOUNT, "eipclaim")
