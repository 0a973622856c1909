"""What can be done: values that say everything about one deed, and are compared, counted and printed as such.

Every deed upon the cloud carries the `intent` that is written into the claim before it, and the other changes of the
status that go with it in the same patch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.claim import ActionKind, Intent, OwnerReference

Changes = Mapping[str, object]
"""A JSON merge patch (RFC 7386) in the names of the wire; None removes."""


@dataclass(frozen=True)
class Told:
    """An event for people: `on` says on which of the two objects it appears."""

    reason: str
    message: str
    warning: bool = False
    on: tuple[str, ...] = ("Pod",)


@dataclass(frozen=True)
class RejectInput:
    """Tell the pod's owner, in an event and in the pod's condition, which is how it is told once."""

    reason: str
    message: str


@dataclass(frozen=True)
class CreateClaim:
    """Create the claim, finalizer on. Without an `owner` its workload becomes it where cascade is on."""

    spec: Changes
    owner: OwnerReference | None
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Respec:
    """Let the claim's spec follow the pod's annotations, or put our finalizer on it."""

    spec: Changes
    finalizers: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Update:
    """Write the status; nothing else changes."""

    status: Changes
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Publish:
    """Tell the pod its EIP (annotations, condition), then write the status. Either part may be right already."""

    annotations: Mapping[str, str | None]
    condition: Changes | None
    status: Changes
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Allocate:
    """Buy an EIP with the intent's token and parameters."""

    intent: Intent
    status: Changes
    replay: bool = False


@dataclass(frozen=True)
class Associate:
    """Bind the EIP to the private IP."""

    intent: Intent
    status: Changes
    address_id: str
    network_interface_id: str
    private_ip: str


@dataclass(frozen=True)
class Disassociate:
    """Unbind the EIP; `annotations` are taken from the pod first where it lives on without it."""

    intent: Intent
    status: Changes
    address_id: str
    annotations: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """Give the EIP back; there is no way back."""

    intent: Intent
    status: Changes
    address_id: str


@dataclass(frozen=True)
class SetBandwidth:
    """Change the EIP's peak bandwidth in place."""

    intent: Intent
    status: Changes
    address_id: str
    mbps: int


@dataclass(frozen=True)
class DeleteClaim:
    """Delete the claim; its finalizer holds it until the EIP is gone."""

    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class RemoveFinalizer:
    """Let the claim go; `told` names what is left behind, if anything."""

    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class ReleaseOrphan:
    """Give back an EIP with our tags whose claim does not exist any more."""

    address_id: str


CloudAction = Allocate | Associate | Disassociate | Release | SetBandwidth
Action = (
    CloudAction | RejectInput | CreateClaim | Respec | Update | Publish | DeleteClaim | RemoveFinalizer | ReleaseOrphan
)
DESTRUCTIVE = (Disassociate, Release, DeleteClaim, RemoveFinalizer, ReleaseOrphan)


def kind(action: Action) -> ActionKind | None:
    """The kind of cloud mutation, or None for deeds within the cluster."""
    if isinstance(action, ReleaseOrphan):
        return ActionKind.RELEASE
    if isinstance(action, (Allocate, Associate, Disassociate, Release, SetBandwidth)):
        return action.intent.action
    return None


def name(action: Action) -> str:
    """What it is called in results and logs."""
    return type(action).__name__


@dataclass(frozen=True)
class Act:
    """Do this now."""

    rule: str
    reason: str
    action: Action


@dataclass(frozen=True)
class Wait:
    """Nothing to do for this role now; `until` when looking again is worth it, None for the next event or sweep."""

    rule: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Done:
    """Nothing to do: all is as it should be."""

    rule: str
    reason: str


Decision = Act | Wait | Done
