"""What a reply of the cloud, or its failure, means for the claim: the one place where every error is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shared.core import status
from shared.core.actions import Allocate, Changes, CloudAction, Disassociate, Release, Told
from shared.core.claim import ActionKind, Claim, Phase
from shared.core.errors import Ambiguous, EipclaimError, Exhausted, Refused, Throttled, Unavailable
from shared.core.values import rfc3339
from shared.core.world import Outcome

FAILED = {
    ActionKind.ALLOCATE: "FailedAllocateEIP",
    ActionKind.ASSOCIATE: "FailedAssociateEIP",
    ActionKind.DISASSOCIATE: "FailedDisassociateEIP",
    ActionKind.RELEASE: "FailedReleaseEIP",
    ActionKind.SET_BANDWIDTH: "FailedSetBandwidth",
}
TOKEN_BURNT = "TokenBurnt"
OLD_CRD = "OldCRD"


@dataclass(frozen=True)
class Verdict:
    """What is known of the intent now, what to write of it, and whom to tell. Without `changes` nothing is written."""

    outcome: Outcome | None
    changes: Changes = field(default_factory=dict)
    told: tuple[Told, ...] = ()


def succeeded(action: CloudAction, claim: Claim, now: datetime, address_id: str | None = None) -> Verdict:
    """The cloud has accepted it.

    Only what cannot be seen later is written: the id of what was bought, and that a Release was accepted, without which
    an absence would have to be looked at twice. The others' effect shows in the next look.
    """
    if isinstance(action, Allocate):
        changes = status.phase(claim, now, Phase.ALLOCATING, allocated=True)
        changes.update(addressID=address_id, intent=None, retry=None, addressMissingSince=None)
        return Verdict(Outcome.ACCEPTED, changes)
    counted: dict[str, object] = {"retry": None} if status.failures(claim, action.intent.action) else {}
    if isinstance(action, (Disassociate, Release)):
        # Else the pod that comes next would wait a minute for an intent that nobody is at any more.
        return Verdict(Outcome.ACCEPTED, {"intent": {"accepted": True}, **counted})
    return Verdict(Outcome.ACCEPTED, counted)


def failed(
    action: CloudAction, claim: Claim, now: datetime, error: EipclaimError, before: Claim | None = None
) -> Verdict:
    """The cloud has not accepted it, or nobody knows.

    Throttled, Unavailable: not done, and not for a reason of the claim's. Conflict, Gone: not done, look again.
    Ambiguous: look first, nobody sends it again within a minute. These keep the intent, and are told when they go on.
    Refused, Exhausted: not done and said so; the next try is a new attempt with a new token.
    """
    if isinstance(error, (Throttled, Unavailable)):
        return Verdict(Outcome.NOT_DONE)
    kind = action.intent.action
    known = None if isinstance(error, Ambiguous) else Outcome.NOT_DONE
    lasting = isinstance(error, (Refused, Exhausted))
    changes: dict[str, object] = {"retry": status.back_off(claim, kind, now, soon=not lasting)}
    if not lasting and status.failures(claim, kind) < status.PATIENCE:
        return Verdict(known, changes)
    message = f"{kind.value}: {error.message}"
    if kind not in status.ASIDE or claim.deleting:
        changes.update(status.phase(claim, now, Phase.BLOCKED, reason=error.reason, message=message))
    told = _told(before or claim, kind, error.reason, message)
    if not lasting:
        return Verdict(known, changes, told)
    if not isinstance(action, Allocate):
        changes["intent"] = None
    elif not action.replay or error.reason == TOKEN_BURNT:
        # A refused replay proves nothing about the first send, which may have bought; a burnt token never will.
        changes.update(intent=None, attempt=claim.status.attempt + 1)
    else:
        # The first of two looks that together prove that there was nothing (`replay_allocate`).
        changes["addressMissingSince"] = rfc3339(now)
    return Verdict(known, changes, told)


def old_crd(lacking: Iterable[str]) -> Refused:
    """The cluster has dropped fields of status that were written to it."""
    fields = ", ".join(f"status.{field}" for field in lacking)
    return Refused(OLD_CRD, f"the EIPClaim CRD in the cluster drops {fields}: apply this release's deploy/crd.yaml")


def unrecorded(action: CloudAction, claim: Claim, now: datetime, error: Refused, before: Claim) -> Verdict:
    """The intent was not kept as it was written, so nothing was sent: what is left of it is taken back.

    The attempt stays, and with it the token: where this was a replay, the first send may have bought.
    """
    refused = failed(action, claim, now, error, before)
    kept = {field: value for field, value in refused.changes.items() if field not in {"attempt", "addressMissingSince"}}
    return Verdict(Outcome.NOT_DONE, {**kept, "intent": None}, refused.told)


def _told(claim: Claim, kind: ActionKind, reason: str, message: str) -> tuple[Told, ...]:
    """Told once: not again while the retries meet the same refusal."""
    said = claim.status.condition("Ready")
    if status.failures(claim, kind) > status.PATIENCE and (
        kind in status.ASIDE or (said is not None and said.reason == reason)
    ):
        return ()
    return (Told(FAILED[kind], status.one_line(f"{reason}: {message}"), warning=True, on=("Pod", "EIPClaim")),)
