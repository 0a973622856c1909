"""Questions about a world that more than one row or deed asks."""

from __future__ import annotations

from shared.core.address import Address
from shared.core.claim import ActionKind, Binding, Intent
from shared.core.durations import excerpt
from shared.core.policy import Rejection
from shared.core.world import GRACE, World


def alive(w: World) -> bool:
    """Whether there is a pod that somebody still expects to run."""
    return w.pod is not None and not w.pod.ended and not w.pod.deleting


def rejection(w: World) -> Rejection | None:
    """Why a pod without a claim will not get one."""
    if not alive(w) or w.asked is None:
        return None
    if w.unreadable:
        return Rejection(
            "UnreadableClaim", f"the EIPClaim of the pod's name makes no sense ({w.unreadable}); delete it"
        )
    if isinstance(w.asked, Rejection):
        return w.asked
    if w.live and w.holder is not None and not w.holder.will_be_freed:
        what = excerpt(w.holder.address_id)
        return Rejection("AlreadyHasAddress", f"the pod's IP has {what}, which is not ours; it is left alone")
    return None


def told_already(w: World, condition: str, rejected: Rejection) -> bool:
    """Whether the pod's condition says exactly this, which is how it is told once."""
    present = w.pod.condition(condition) if w.pod is not None else None
    return present is not None and (present.reason, present.message) == (rejected.reason, rejected.message)


def here(w: World) -> bool:
    """Whether the recorded EIP is bound where the pod is."""
    return w.recorded is not None and w.at_place(w.recorded)


def asked_for(w: World) -> bool:
    """Whether the recorded EIP is at a place where we asked it to be."""
    return w.recorded is not None and w.asked_for(w.recorded)


def not_ours(w: World) -> bool:
    """Whether something would have to be done to a recorded EIP that does not carry our tags and mark any more."""
    recorded = w.recorded
    if recorded is None or w.marks(recorded):
        return False
    return (w.live and recorded.unbound) or (recorded.bound and asked_for(w))


def held(w: World) -> bool:
    """Whether the target has the EIP of another claim that a Disassociate of ours will take away."""
    return w.holder is not None and w.holder.will_be_freed


def obstacle(w: World) -> Rejection | None:
    """What stands in the way of binding, that only a person or much time removes."""
    if w.recorded is None:
        return None
    if w.recorded.in_arrears:
        return Rejection("Arrears", f"{w.recorded.address_id} is in arrears and cannot be bound")
    if w.recorded.blocked:
        return Rejection("AddressBlocked", f"{w.recorded.address_id} is blocked by the cloud and cannot be bound")
    if w.holder is not None:
        return Rejection("TargetTaken", f"the pod's IP has {excerpt(w.holder.address_id)}, which is not ours to unbind")
    return None


def not_yet(w: World, address: Address) -> bool:
    """Whether the EIP does not show yet what the intent asked of it: listings lag behind accepted calls."""
    intent = w.intent
    if intent is None:
        return False
    if intent.action is ActionKind.ASSOCIATE:
        return address == w.recorded and (address.unbound or address.private_ip != intent.target)
    if intent.action is ActionKind.SET_BANDWIDTH:
        return intent.target == address.address_id and address.bandwidth_mbps != intent.parameters.get("mbps")
    if intent.target != address.address_id:
        return False
    before_release = intent.action is ActionKind.RELEASE and address.unbound
    return before_release or (intent.action is ActionKind.DISASSOCIATE and address.bound)


def to_unbind(w: World) -> Address | None:
    """An EIP of a claim that is being deleted, bound where we asked it to be."""
    return next((a for a in w.mine if a.bound and w.marks(a) and w.asked_for(a)), None)


def to_release(w: World) -> Address | None:
    """An EIP of a deleted claim that may be given back; the recorded one last, since its absence is proof."""
    free = [address for address in w.marked if address.unbound]
    return min(free, key=lambda address: address == w.recorded, default=None)


def proved_gone(w: World) -> bool:
    """Whether the absence of what was recorded, or may have been bought, can be believed now.

    After our own Release whose acceptance is recorded one look is enough; otherwise two complete looks, 120 s apart.
    """
    if w.claim is None:
        return True
    address_id, intent, since = w.claim.status.address_id, w.intent, w.claim.status.address_missing_since
    if address_id is None and intent is None:
        return True
    return _given_back(address_id, intent) or (since is not None and w.now - since >= GRACE)


def _given_back(address_id: str | None, intent: Intent | None) -> bool:
    """Whether its release was accepted; where none is recorded, that of what was seen of a purchase."""
    if intent is None or intent.action is not ActionKind.RELEASE or not intent.accepted:
        return False
    return address_id is None or intent.target == address_id


def binding_here(w: World) -> Binding | None:
    """The pod's place as a binding; the time of an equal binding that is recorded already is kept."""
    if w.place is None or w.pod is None or w.claim is None:
        return None
    here = (w.pod.uid, w.pod.spec.node_name or "", w.place.network_interface_id, w.place.ip)
    for present in w.claim.status.bindings:
        if (present.pod_uid, present.node_name, present.network_interface_id, present.private_ip) == here:
            return present
    uid, node_name, interface_id, ip = here
    return Binding(pod_uid=uid, node_name=node_name, network_interface_id=interface_id, private_ip=ip, at=w.now)
