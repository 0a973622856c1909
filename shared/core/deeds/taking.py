"""Deeds of take, and of both: unbind, release, delete, let go, retain. These have the most guards."""

from __future__ import annotations

from datetime import datetime

from shared.core import status
from shared.core.actions import (
    Changes,
    DeleteClaim,
    Disassociate,
    Done,
    Publish,
    Release,
    ReleaseOrphan,
    RemoveFinalizer,
    Respec,
    Told,
    Update,
    Wait,
)
from shared.core.address import Address
from shared.core.claim import ActionKind, Phase
from shared.core.deeds.giving import claim_of, intent_to, recorded_of
from shared.core.deeds.seeing import proved_gone, to_release, to_unbind
from shared.core.deeds.telling import condition, published, unpublished
from shared.core.durations import duration
from shared.core.identity import FINALIZER, is_mark
from shared.core.values import rfc3339
from shared.core.world import GRACE, World

ORPHAN_AGE_SECONDS = 3600


def orphan(w: World) -> ReleaseOrphan | Wait:
    """Report an EIP with our tags and no claim; give it back only if switched on, marked, unbound, over an hour old."""
    address = w.orphan
    if address is None or not w.complete:
        return Wait("Orphan", "the lists were not complete")
    if not w.policy.release_orphans:
        return Wait(
            "Orphan", f"{address.address_id} ({address.public_ip}) has our tags and no claim; EIPCLAIM_ORPHANS=report"
        )
    if not is_mark(address.name):
        # Renamed by a person: it may still be recorded in a claim, whose mark its name no longer shows.
        return Wait("Orphan", f"{address.address_id} has our tags, but its name is not one that we give")
    if not address.unbound:
        return Wait("Orphan", f"{address.address_id} has our tags and no claim, but is {address.status.value}")
    if address.created_at is None or (w.now - address.created_at).total_seconds() < ORPHAN_AGE_SECONDS:
        return Wait("Orphan", f"{address.address_id} has our tags and no claim, but is younger than an hour")
    return ReleaseOrphan(address.address_id)


def _releasing(w: World, address: Address, action: ActionKind) -> dict[str, object]:
    intent = intent_to(w, action, target=address.address_id)
    return {**status.phase(claim_of(w), w.now, Phase.RELEASING), **status.intent(claim_of(w), intent)}


def release_extra(w: World) -> Release | Wait:
    """Give back one EIP that was bought beside the recorded one: a reply was lost, and the purchase made again."""
    if not w.complete:
        return Wait("ReleaseExtra", "the list of EIPs was not complete")
    extra = next(address for address in w.extras if address.unbound)
    intent = intent_to(w, ActionKind.RELEASE, target=extra.address_id)
    return Release(intent, status.intent(claim_of(w), intent), extra.address_id)


def disassociate_to_release(w: World) -> Disassociate | Wait:
    """Unbind what a deleted claim still has where we bound it."""
    address = to_unbind(w)
    if address is None:
        return Wait("DisassociateToRelease", "nothing is bound where we asked it to be")
    intent = intent_to(w, ActionKind.DISASSOCIATE, target=address.address_id)
    changes = _releasing(w, address, ActionKind.DISASSOCIATE)
    return Disassociate(intent, changes, address.address_id, unpublished(w, address))


def release(w: World) -> Release | Wait:
    """Give back what a deleted claim has."""
    address = to_release(w)
    if address is None or not w.complete:
        return Wait("Release", "the list of EIPs was not complete")
    intent = intent_to(w, ActionKind.RELEASE, target=address.address_id)
    return Release(intent, _releasing(w, address, ActionKind.RELEASE), address.address_id)


def disassociate(w: World) -> Disassociate:
    """Unbind it: its pod is not there any more."""
    address = recorded_of(w)
    intent = intent_to(w, ActionKind.DISASSOCIATE, target=address.address_id)
    changes = {**status.phase(claim_of(w), w.now, Phase.UNBINDING), **status.intent(claim_of(w), intent)}
    return Disassociate(intent, changes, address.address_id, unpublished(w, address))


def in_use(w: World) -> Publish | Wait:
    """Keep it while its pod uses the EIP, as PersistentVolumeClaims are kept; tell that once."""
    claim = claim_of(w)
    message = "the claim is deleted, but its pod uses the EIP: it stays bound until the pod has ended"
    ready = claim.status.condition("Ready")
    annotations, gate = (published(w), condition(w)) if w.live else ({}, None)
    if ready is not None and ready.reason == "InUse" and not annotations and gate is None:
        return Wait("InUse", message)
    changes = status.phase(claim, w.now, Phase.BOUND, reason="InUse", message=message, published=True)
    told = Told("InUse", message, warning=True, on=("Pod", "EIPClaim"))
    return Publish(annotations, gate, changes, (told,))


def abandon(w: World) -> RemoveFinalizer | Done:
    """Let a deleted claim go without its EIP, because an operator asked for it."""
    return _leave(w, "Abandon", "the annotation eipclaim.io/abandon is set")


def abandoned(w: World) -> RemoveFinalizer | Update | Wait | Done:
    """Let the claim go and name what is left: bound, or tagged, otherwise than we did it, and so never touched."""
    if not w.complete:
        return Wait("Abandoned", "the list of EIPs was not complete")
    if w.recorded is None and claim_of(w).status.address_id is not None:
        unproved = _wait_for_proof(w, "Abandoned")
        if unproved is not None:
            return unproved
    return _leave(w, "Abandoned", "it is bound, or tagged, otherwise than we did it")


def _leave(w: World, rule: str, why: str) -> RemoveFinalizer | Done:
    claim = claim_of(w)
    if not claim.held:
        return Done(rule, "our finalizer is off already")
    recorded = [claim.status.address_id] if claim.status.address_id and w.recorded is None else []
    left = ", ".join([f"{a.address_id} ({a.public_ip})" for a in w.mine] + [i for i in recorded if i])
    message = f"left behind: {left or 'no EIP that is known of'}; {why}"
    return RemoveFinalizer((Told("Abandoned", message, warning=True, on=("EIPClaim",)),))


def finalize(w: World) -> RemoveFinalizer | Update | Wait | Done:
    """Take our finalizer off once it is proved that nothing is left."""
    claim = claim_of(w)
    if not claim.held:
        return Done("Finalize", "our finalizer is off already")
    unproved = _wait_for_proof(w, "Finalize")
    if unproved is not None:
        return unproved
    if claim.status.address_id is None:
        return RemoveFinalizer()
    message = f"EIP {claim.status.address_id} ({claim.status.public_ip}) was given back"
    return RemoveFinalizer((Told("ReleasedEIP", message, on=("EIPClaim",)),))


def _wait_for_proof(w: World, rule: str) -> Update | Wait | None:
    if not w.complete:
        return Wait(rule, "the list of EIPs was not complete")
    if proved_gone(w):
        return None
    since = claim_of(w).status.address_missing_since
    if since is None:
        return Update({"addressMissingSince": rfc3339(w.now)})
    return Wait(rule, "its EIP was not found; a second look decides", since + GRACE)


def hold(w: World) -> Respec:
    """Put our finalizer on a claim that lacks it: made, or changed, by hand."""
    return Respec({}, finalizers=(*claim_of(w).metadata.finalizers, FINALIZER))


def delete_claim(w: World) -> DeleteClaim:
    """Delete the claim; its finalizer holds it until its EIP is given back."""
    del w
    return DeleteClaim()


def expire(w: World) -> DeleteClaim:
    """Delete the claim, and say since when its pod is missing."""
    status_ = claim_of(w).status
    message = f"no pod of that name since {_when(status_.pod_missing_since)}; its EIP is given back"
    return DeleteClaim((Told("Expired", message, on=("EIPClaim",)),))


def _when(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else "a time that is not recorded"


KEPT = "kept for the next pod of that name"


def retain(w: World) -> Update | Wait:
    """Keep the EIP of a static claim without a pod, and let the clock of its expiry run from now."""
    claim = claim_of(w)
    since = claim.status.pod_missing_since
    restart = since is not None and w.clocks_from is not None and since < w.clocks_from.replace(microsecond=0)
    length = duration(claim.spec.expire_after or w.policy.expire_after)
    expires_at = rfc3339(w.now + length) if length else None
    # Unbound it is: answers to Disassociate that say otherwise, another function's may come late, count no more.
    done_with: Changes = {"retry": None} if status.failures(claim, ActionKind.DISASSOCIATE) else {}
    if since is not None and not restart:
        changes = {**done_with}
        told = claim.status.expires_at
        if bool(length) is not bool(told):
            # `Never` was the setting, or is it now; or an older CRD dropped it.
            changes["expiresAt"] = expires_at
        elif length and told and told < (since + length).replace(microsecond=0):
            # It has been made longer. What was told is not made shorter.
            changes["expiresAt"] = rfc3339(since + length)
        if claim.status.phase not in {Phase.RETAINED, None}:
            # Somebody had bound it, and it was unbound once more. An older CRD may drop the phase for ever.
            changes.update(_retained(w))
        return Update(changes) if changes else Wait("Retain", KEPT, claim.status.expires_at)
    changes = {**_retained(w), "podMissingSince": rfc3339(w.now), "expiresAt": expires_at, **done_with}
    if w.purchase is None:
        # What may have been bought and not been seen yet must not be forgotten, nor its token used for something else.
        changes["intent"] = None
    return Update(changes)


def _retained(w: World) -> dict[str, object]:
    return status.phase(claim_of(w), w.now, Phase.RETAINED, message=KEPT)


def clear_missing(w: World) -> Update:
    """Stop the clock of the expiry."""
    del w
    return Update({"podMissingSince": None, "expiresAt": None})


def seen_again(w: World) -> Update:
    """Forget the first look: two looks that prove an absence must be two in a row."""
    del w
    return Update({"addressMissingSince": None})
