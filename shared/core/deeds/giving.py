"""Deeds of give: create the claim, buy, adopt, bind, publish, follow the annotations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

from shared.core import identity, status
from shared.core.actions import Allocate, Associate, Changes, CreateClaim, Respec, Told, Update, Wait
from shared.core.address import Address
from shared.core.claim import ActionKind, Binding, Claim, Intent, OwnerReference, Phase, Retention
from shared.core.deeds.seeing import binding_here, proved_gone
from shared.core.policy import Request
from shared.core.values import rfc3339
from shared.core.world import GRACE, Rank, World

MAX_OTHER_PLACES = 63
"""The CRD takes 64 places; one that is so many bindings old, and was never seen, is the least likely."""

LIST_SETTLES = timedelta(seconds=5)
"""A list of more than a page is not complete while others buy, or give back: as long as a burst is served."""

RANK_SETTLES = timedelta(seconds=5)
"""creationTimestamp has whole seconds: who was first is known only when a list was made after the second was over."""


def claim_of(w: World) -> Claim:
    """The claim, in rows that stand only where there is one."""
    if w.claim is None:
        raise AssertionError("a row for claims was asked without one")
    return w.claim


def recorded_of(w: World) -> Address:
    """The recorded EIP, in rows that stand only where it was seen."""
    if w.recorded is None:
        raise AssertionError("a row for recorded addresses was asked without one")
    return w.recorded


def intent_to(
    w: World, action: ActionKind, target: str | None, parameters: Mapping[str, str | int] = MappingProxyType({})
) -> Intent:
    """A new intent of this invocation, at this moment."""
    return Intent(
        action=action,
        attempt=claim_of(w).status.attempt,
        target=target,
        parameters=dict(parameters),
        at=w.now.replace(microsecond=0),
        by=w.invocation,
    )


def create_claim(w: World) -> CreateClaim | Wait:
    """Create the claim of the pod's name, finalizer on, before anything is bought."""
    if w.pod is None or not isinstance(w.asked, Request):
        return Wait("CreateClaim", "the pod's annotations cannot be read")
    spec = _spec(w.asked)
    owner = None
    if w.asked.retention is Retention.POD:
        spec = {**spec, "podUID": w.pod.uid}
        owner = OwnerReference(api_version="v1", kind="Pod", name=w.name, uid=w.pod.uid)
    told = tuple(Told(reason, message, warning=True) for reason, message in w.asked.notes)
    return CreateClaim(spec=spec, owner=owner, told=told)


def _spec(asked: Request) -> Changes:
    spec: dict[str, object] = {
        "retention": asked.retention.value,
        "bandwidthMbps": asked.bandwidth_mbps,
        "isp": asked.isp.value,
        "chargeType": asked.charge_type,
    }
    if asked.expire_after is not None:
        spec["expireAfter"] = asked.expire_after
    return spec


def respec(w: World) -> Respec | None:
    """What of the spec differs from the live pod's annotations and may follow them."""
    if w.pod is None or w.claim is None or not isinstance(w.asked, Request):
        return None
    asked, spec = w.asked, w.claim.spec
    changes: dict[str, object] = {}
    if spec.bandwidth_mbps != asked.bandwidth_mbps:
        changes["bandwidthMbps"] = asked.bandwidth_mbps
    bought = w.claim.status.address_id is not None or w.purchase is not None
    if not bought and (spec.isp, spec.charge_type) != (asked.isp, asked.charge_type):
        changes.update(isp=asked.isp.value, chargeType=asked.charge_type)
    if spec.retention is Retention.STATIC:
        if asked.retention is Retention.POD:
            # `Never` was taken away: the claim ends with this pod.
            changes.update(retention="Pod", podUID=w.pod.uid, expireAfter=None)
        elif spec.expire_after != asked.expire_after:
            changes["expireAfter"] = asked.expire_after
    elif spec.pod_uid is None:
        changes["podUID"] = w.pod.uid
    return Respec(changes) if changes else None


def follow(w: World) -> Respec | Wait:
    """Let the spec follow: bandwidth and expiry, before the purchase also ISP and charging; `Never` taken away."""
    return respec(w) or Wait("FollowAnnotations", "the spec follows the pod's annotations")


def buy(w: World) -> Allocate | Update | Wait:
    """Buy one with a new token, if the caps allow it."""
    if not w.complete:
        why = "the list of EIPs was not complete: one of ours may be on the rest of it"
        return Wait("BuyAddress", why, w.now + LIST_SETTLES)
    claim, policy = claim_of(w), w.policy
    if policy.max_eips is not None or policy.max_eips_per_namespace is not None:
        if w.rank is None:
            return Wait("BuyAddress", "the list of claims was not complete: the caps cannot be judged")
        born = claim.metadata.creation_timestamp
        if born is None or w.now - born < RANK_SETTLES:
            return Wait("BuyAddress", "an older claim of the same second may not be listed yet", w.now + RANK_SETTLES)
        over = _over_cap(w.rank, policy.max_eips, policy.max_eips_per_namespace)
        if over:
            return block(w, "BuyAddress", "OverCap", over, ActionKind.ALLOCATE)
    parameters: dict[str, str | int] = {
        "AddressName": identity.mark(policy.cluster_id, claim.uid),
        "InternetChargeType": claim.spec.charge_type,
        "InternetMaxBandwidthOut": claim.spec.bandwidth_mbps,
        "InternetServiceProvider": claim.spec.isp.value,
    }
    intent = intent_to(w, ActionKind.ALLOCATE, None, parameters)
    intent = intent.model_copy(update={"token": identity.token(policy.cluster_id, claim.uid, intent.attempt)})
    return Allocate(intent, _changes(w, Phase.ALLOCATING, intent))


def _over_cap(rank: Rank, cluster: int | None, namespace: int | None) -> str:
    if cluster is not None and rank.in_cluster >= cluster:
        return f"older claims use up the cluster's cap of {cluster} EIPs"
    if namespace is not None and rank.in_namespace >= namespace:
        return f"older claims use up the namespace's cap of {namespace} EIPs"
    return ""


def replay_allocate(w: World) -> Allocate | Update | Wait:
    """Send the same purchase again, with its token and its parameters: it may have been made, and the reply lost.

    Once a replay was refused and the look after another 120 s still shows nothing, nothing was bought: a new attempt.
    """
    if not w.complete:
        why = "the list of EIPs was not complete: what was bought may be on the rest of it"
        return Wait("ReplayAllocate", why, w.now + LIST_SETTLES)
    if proved_gone(w):
        return Update({"intent": None, "addressMissingSince": None, "attempt": claim_of(w).status.attempt + 1})
    old = w.purchase or intent_to(w, ActionKind.ALLOCATE, None)
    intent = old.model_copy(update={"at": w.now.replace(microsecond=0), "by": w.invocation, "accepted": False})
    return Allocate(intent, {**_changes(w, Phase.ALLOCATING, intent), "addressMissingSince": None}, replay=True)


def adopt(w: World) -> Update | Wait:
    """Record the EIP with our mark: at the pod, else bound where we asked, else the oldest; others are extra ones."""
    if not w.complete:
        why = "the list of EIPs was not complete: the one at the pod may be on the rest of it"
        return Wait("Adopt", why, w.now + LIST_SETTLES)
    at_pod = [address for address in w.marked if address.bound and w.at_place(address)]
    # Only the recorded one is ever unbound while the claim lives: one that is bound must not be left to be extra.
    asked_for = [address for address in w.marked if address.bound and w.asked_for(address)]
    chosen = min(at_pod or asked_for or w.marked, key=_age)
    claim = claim_of(w)
    changes = status.phase(claim, w.now, Phase.ALLOCATING, allocated=True)
    changes.update(addressID=chosen.address_id, publicIP=chosen.public_ip or None, intent=None, retry=None)
    return Update(changes)


def _age(address: Address) -> tuple[datetime, str]:
    return address.created_at or datetime.max.replace(tzinfo=timezone.utc), address.address_id


def lost(w: World) -> Update | Wait:
    """Believe after two looks, 120 s apart, that the recorded EIP is gone; the bindings stay, in case it is not."""
    claim = claim_of(w)
    if not w.complete:
        return Wait("Lost", "the list of EIPs was not complete")
    since = claim.status.address_missing_since
    if since is None:
        return Update({"addressMissingSince": rfc3339(w.now)})
    if w.now - since < GRACE:
        return Wait("Lost", f"{claim.status.address_id} was not found; a second look decides", since + GRACE)
    known = (
        f"{claim.status.address_id} ({claim.status.public_ip})" if claim.status.public_ip else claim.status.address_id
    )
    message = f"EIP {known} does not exist any more; a pod that needs one gets another"
    changes = status.phase(claim, w.now, Phase.PENDING, reason="Lost", message=message, allocated=False)
    changes.update(
        addressID=None, publicIP=None, intent=None, addressMissingSince=None, attempt=claim.status.attempt + 1
    )
    return Update(changes, (Told("EIPLost", message, warning=True, on=("Pod", "EIPClaim")),))


def associate(w: World) -> Associate | Wait:
    """Bind it; the place is written down first, beside all the others where the EIP might still turn out to be."""
    binding = binding_here(w)
    if binding is None:
        return Wait("Associate", "the pod has no place")
    claim, recorded = claim_of(w), recorded_of(w)
    others = tuple(present for present in claim.status.bindings if not _same_place(present, binding))
    intent = intent_to(w, ActionKind.ASSOCIATE, target=binding.private_ip)
    changes = _changes(w, Phase.BINDING, intent)
    changes["bindings"] = status.bindings((*others[-MAX_OTHER_PLACES:], binding))
    if claim.status.public_ip is None and recorded.public_ip:
        changes["publicIP"] = recorded.public_ip
    return Associate(intent, changes, recorded.address_id, binding.network_interface_id, binding.private_ip)


def _same_place(one: Binding, other: Binding) -> bool:
    return (one.network_interface_id, one.private_ip) == (other.network_interface_id, other.private_ip)


def _changes(w: World, to: Phase, intent: Intent) -> dict[str, object]:
    return {**status.phase(claim_of(w), w.now, to), **status.intent(claim_of(w), intent)}


def block(w: World, rule: str, reason: str, message: str, action: ActionKind) -> Update | Wait:
    """Say that a person, or much time, is needed; said once, and looked at again by every sweep."""
    claim = claim_of(w)
    ready = claim.status.condition("Ready")
    text = status.one_line(message)
    if claim.status.phase is Phase.BLOCKED and ready is not None and (ready.reason, ready.message) == (reason, text):
        return Wait(rule, text)
    changes = status.phase(claim, w.now, Phase.BLOCKED, reason=reason, message=text)
    changes["retry"] = status.back_off(claim, action, w.now)
    return Update(changes, (Told(reason, text, warning=True, on=("Pod", "EIPClaim")),))
