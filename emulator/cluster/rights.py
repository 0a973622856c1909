"""What the two service accounts may do (RBAC), and the cases that only an admission policy can tell apart.

Everybody else here is the cluster itself or its administrator, and may do all.
"""

from __future__ import annotations

from emulator.cluster.audit import Call
from emulator.cluster.refusals import Refusal, forbidden
from emulator.cluster.resources import CLAIMS, Object
from emulator.cluster.schema import Installed
from emulator.cluster.users import GIVE, TAKE
from shared.core import identity

Right = tuple[str, str]
"""A verb and a resource of a group, with its subresource."""

_READ: frozenset[Right] = frozenset(
    {
        ("get", "pods"),
        ("list", "pods"),
        ("patch", "pods/status"),
        ("get", "nodes"),
        ("list", "nodes"),
        ("create", "events"),
        ("get", "eipclaims.eipclaim.io"),
        ("list", "eipclaims.eipclaim.io"),
        ("patch", "eipclaims.eipclaim.io"),
        ("patch", "eipclaims.eipclaim.io/status"),
    }
)
RIGHTS: dict[str, frozenset[Right]] = {
    GIVE.name: _READ
    | {
        ("create", "eipclaims.eipclaim.io"),
        ("get", "replicasets.apps"),
        ("get", "deployments.apps"),
        ("get", "statefulsets.apps"),
        ("get", "daemonsets.apps"),
        ("get", "jobs.batch"),
    },
    TAKE.name: _READ
    | {
        ("delete", "eipclaims.eipclaim.io"),
        ("get", "leases.coordination.k8s.io"),
        ("create", "leases.coordination.k8s.io"),
        ("update", "leases.coordination.k8s.io"),
    },
}
"""The rights of each account; a user that is not here has them all."""

OPTIONAL_RIGHTS: dict[str, frozenset[Right]] = {
    GIVE.name: frozenset({("patch", "nodes/status")}),
    TAKE.name: frozenset(),
}
"""What `deploy/optional/capacity.yaml` adds to them."""


def authorize(call: Call, installed: Installed) -> None:
    """Raises Refusal (403) for what the user has no right to. Leases: those of the system namespace alone."""
    rights = RIGHTS.get(call.user.name)
    if rights is not None and installed.capacity:
        rights |= OPTIONAL_RIGHTS[call.user.name]
    if rights is None:
        return
    resource = call.ref.resource
    what = f"{resource.qualified}/{call.subresource}" if call.subresource else resource.qualified
    elsewhere = resource.plural == "leases" and call.ref.namespace != identity.SYSTEM_NAMESPACE
    if (call.verb, what) in rights and not elsewhere:
        return
    message = f'User "{call.user.name}" cannot {call.verb} resource "{what}" in namespace "{call.ref.namespace}"'
    raise forbidden(call.ref, message)


def admit_finalizers(call: Call, old: Object, new: Object) -> None:
    """Raises Refusal (403) when anybody but the account that takes drops the finalizer that holds a claim."""
    if call.ref.resource != CLAIMS or call.user.name == TAKE.name:
        return
    before, after = (identity.FINALIZER in thing["metadata"].get("finalizers", ()) for thing in (old, new))
    if before and not after:
        refusal: Refusal = forbidden(call.ref, f"only {TAKE.name} may remove the finalizer {identity.FINALIZER}")
        raise refusal
