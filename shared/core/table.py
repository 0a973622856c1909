"""The rows of the decision table, in order: when each holds, whose deed it is, why, and the deed itself.

`docs/decision-table.md` is generated from these rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shared.core.actions import Action, Done, Wait
from shared.core.address import Address
from shared.core.claim import ActionKind, Claim, Phase, Retention
from shared.core.deeds import giving, seeing, taking, telling, waiting
from shared.core.durations import duration
from shared.core.pod import PodState
from shared.core.status import in_back_off
from shared.core.world import GRACE, IN_FLIGHT, IN_PLACE, Outcome, World


class Role(str, Enum):
    """Who looks: give (allocate, bind) or take (reclaim); they have separate rights."""

    GIVE = "give"
    TAKE = "take"


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    rule: str
    by: tuple[Role, ...]
    when: Callable[[World], bool]
    then: Callable[[World], Action | Wait | Done]
    why: str
    phase: Phase | None = None
    """The phase that the deed writes; None leaves it as it is."""


GIVE = (Role.GIVE,)
TAKE = (Role.TAKE,)
BOTH = (Role.GIVE, Role.TAKE)
NOBODY = ()


# --- conditions that need more than one property of the world --------------------------------------------------------


def _always(w: World) -> bool:
    del w
    return True


def _claim(w: World) -> Claim:
    return giving.claim_of(w)


def _intent_in_flight(w: World) -> bool:
    answered = w.outcome is not None or (w.intent is not None and w.intent.accepted)
    return w.younger(w.intent, IN_FLIGHT) and not answered


def _seen_again(w: World) -> bool:
    """An extra EIP does not show that the recorded one is there."""
    status = _claim(w).status
    if status.address_missing_since is None:
        return False
    return w.recorded is not None if status.address_id is not None else bool(w.marked)


def _release_extra(w: World) -> bool:
    """Not while it may not or cannot be given back: what is too much must not keep the claim from being bound."""
    if w.recorded is None or not any(address.unbound for address in w.extras):
        return False
    held_up = w.policy.freeze or in_back_off(_claim(w).status.retry, ActionKind.RELEASE, w.now)
    return not (held_up or w.younger(w.intent, GRACE))


def _in_use(w: World) -> bool:
    if w.state not in IN_PLACE:
        return False
    if w.state is PodState.UNSEEN:
        return any(address.bound and w.bound_for_this_pod(address) for address in w.mine)
    return any(address.bound and w.at_pods_ip(address) for address in w.mine)


def _buying(w: World) -> bool:
    return w.outcome is not Outcome.NOT_DONE and w.younger(w.purchase, GRACE) and not w.mine


def _in_transition(addresses: tuple[Address, ...], w: World) -> bool:
    """Also where a listing does not show yet what the cloud has just accepted from this invocation."""
    if any(address.in_transition for address in addresses):
        return True
    known = w.outcome is Outcome.ACCEPTED or (w.intent is not None and w.intent.accepted)
    accepted = known and w.younger(w.intent, IN_FLIGHT)
    return accepted and any(seeing.not_yet(w, address) for address in addresses)


def _away(w: World) -> bool:
    """The pod is not where the EIP is bound: gone, not there yet, not wanted, or at another IP or interface."""
    if w.state in IN_PLACE:
        return w.recorded is not None and not w.at_pods_ip(w.recorded)
    return True


def _unseen(w: World) -> bool:
    """Bound at the IP that the pod says it has, where we asked it to be, and no interface shows that IP."""
    return w.state is PodState.UNSEEN and _bound(w) and not _away(w) and seeing.asked_for(w)


def _bound(w: World) -> bool:
    return w.recorded is not None and w.recorded.bound


def _bindable(w: World) -> bool:
    return w.live and w.recorded is not None and w.recorded.unbound


def _static(w: World) -> bool:
    return _claim(w).spec.retention is Retention.STATIC


def _free(w: World) -> bool:
    """Nothing is bound, so that the claim may end or be retained."""
    return w.recorded is None or w.recorded.unbound


def _unheld(w: World) -> bool:
    if _claim(w).held:
        return False
    return w.needy or bool(w.mine) or w.intent is not None or _claim(w).status.address_id is not None


def _expired(w: World) -> bool:
    """By what was told, and by what is asked for now: who makes it longer in time keeps the EIP for longer."""
    since, expires_at = _claim(w).status.pod_missing_since, _claim(w).status.expires_at
    steady = w.clocks_from is None or (since is not None and since >= w.clocks_from.replace(microsecond=0))
    length = duration(_claim(w).spec.expire_after or w.policy.expire_after)
    if length is None or expires_at is None or not steady:
        return False
    past = expires_at <= w.now and (since is None or since + length <= w.now)
    return past and _static(w) and w.over and _free(w)


# --- the table --------------------------------------------------------------------------------------------------------

# fmt: off
ORPHAN = (Row("Orphan", TAKE, _always, taking.orphan, "an EIP has our tags, and no claim has its mark"),)

NO_CLAIM = (
    Row("InputRejected", GIVE, lambda w: seeing.rejection(w) is not None, telling.reject,
        "what the pod asks for cannot be given"),
    Row("CreateClaim", GIVE, lambda w: w.needy, giving.create_claim, "the pod wants an EIP and has a node"),
    Row("NoClaim", NOBODY, _always, waiting.no_claim, "nobody asks for anything"),
)

ANY_CLAIM = (
    Row("IntentInFlight", NOBODY, _intent_in_flight, waiting.wait_for_intent,
        "a mutation younger than 60 s may still be under way"),
    Row("Paused", NOBODY, lambda w: _claim(w).paused, waiting.paused, "an operator has asked for it"),
    Row("SeenAgain", BOTH, _seen_again, taking.seen_again, "the EIP that was missed is there after all"),
    Row("ReleaseExtra", TAKE, _release_extra, taking.release_extra,
        "an unbound EIP has the claim's mark beside the recorded one"),
)

DELETING = (
    Row("InUse", TAKE, _in_use, taking.in_use, "the claim is deleted, but its pod uses the EIP", Phase.BOUND),
    Row("AllocateGrace", NOBODY, _buying, waiting.wait_for_purchase,
        "an EIP may have been bought that the listing does not show yet"),
    Row("Abandon", TAKE, lambda w: _claim(w).abandon, taking.abandon, "an operator has asked to leave the EIP behind"),
    Row("Transition", NOBODY, lambda w: _in_transition(w.mine, w), waiting.wait_for_transition,
        "the cloud is at work on the EIP"),
    Row("DisassociateToRelease", TAKE, lambda w: seeing.to_unbind(w) is not None, taking.disassociate_to_release,
        "the claim is deleted and its EIP is still bound where we bound it", Phase.RELEASING),
    Row("Release", TAKE, lambda w: seeing.to_release(w) is not None, taking.release,
        "the claim is deleted and its EIP is unbound", Phase.RELEASING),
    Row("Abandoned", TAKE, lambda w: bool(w.mine), taking.abandoned,
        "only EIPs are left that are bound or tagged otherwise than we did it"),
    Row("Finalize", TAKE, _always, taking.finalize, "no EIP is left that is the claim's"),
)

ALIVE = (
    Row("Hold", BOTH, _unheld, taking.hold, "our finalizer is not on the claim"),
    Row("Return", BOTH, lambda w: _claim(w).status.pod_missing_since is not None and not w.over,
        taking.clear_missing, "the pod of that name is back"),
    Row("Requested", TAKE, lambda w: w.requested and w.over, taking.delete_claim,
        "it was asked for by hand, and no pod needs the EIP"),
    Row("FollowAnnotations", GIVE, lambda w: w.needy and giving.respec(w) is not None, giving.follow,
        "the live pod's annotations differ from the claim"),
)

ENDING = (
    Row("EndClaim", TAKE, lambda w: w.over and not _static(w) and _free(w), taking.delete_claim,
        "the claim's pod is over"),
    Row("Expire", TAKE, _expired, taking.expire, "no pod of that name has come back in time"),
    Row("Retain", TAKE, lambda w: w.over and _free(w), taking.retain,
        "the EIP is kept for the next pod of that name", Phase.RETAINED),
    Row("AwaitPod", GIVE, _always, waiting.await_pod, "the pod has to go on first"),
)

NO_ADDRESS = (
    Row("Adopt", GIVE, lambda w: bool(w.marked), giving.adopt,
        "an EIP has the claim's mark and is not recorded", Phase.ALLOCATING),
    Row("AllocateGrace", NOBODY, _buying, waiting.wait_for_purchase,
        "an EIP may have been bought that the listing does not show yet"),
    Row("ReplayAllocate", GIVE, lambda w: w.needy and w.purchase is not None, giving.replay_allocate,
        "a purchase was never answered, and no EIP has the claim's mark", Phase.ALLOCATING),
    Row("BuyAddress", GIVE, lambda w: w.needy, giving.buy, "the pod has a node and no EIP", Phase.ALLOCATING),
    *ENDING,
)

HAS_ADDRESS = (
    Row("Transition", NOBODY, lambda w: w.recorded is not None and _in_transition((w.recorded,), w),
        waiting.wait_for_transition, "the cloud is at work on the EIP"),
    Row("Lost", GIVE, lambda w: w.recorded is None, giving.lost, "the recorded EIP is not there", Phase.PENDING),
    Row("Publish", GIVE, lambda w: w.live and _bound(w) and seeing.here(w) and telling.publish(w) is not None,
        telling.tell, "the EIP is bound at the pod, and something does not say so yet", Phase.BOUND),
    Row("Settled", NOBODY, lambda w: w.live and _bound(w) and seeing.here(w), waiting.settled,
        "the EIP is bound at the pod, and everything says so"),
    Row("NotOurs", GIVE, seeing.not_ours, waiting.block_not_ours,
        "the recorded EIP does not carry our tags and mark any more", Phase.BLOCKED),
    Row("AdoptBound", GIVE, lambda w: _bindable(w) and any(a.bound and w.at_place(a) for a in w.extras), giving.adopt,
        "another EIP with the claim's mark is bound at the pod", Phase.ALLOCATING),
    Row("TargetHeld", NOBODY, lambda w: _bindable(w) and seeing.held(w), waiting.wait_for_target,
        "another claim's EIP is still on the pod's IP"),
    Row("TargetTaken", GIVE, lambda w: _bindable(w) and seeing.obstacle(w) is not None, waiting.block_target,
        "something stands in the way that only a person or much time removes", Phase.BLOCKED),
    Row("Associate", GIVE, _bindable, giving.associate, "the pod has an IP and its EIP is unbound", Phase.BINDING),
    Row("Drain", NOBODY, lambda w: w.state is PodState.DRAINING and _bound(w) and not _away(w), waiting.drain,
        "the pod's containers have not ended yet"),
    Row("Unseen", NOBODY, _unseen, waiting.unseen, "no network interface shows the pod's IP yet"),
    Row("Disassociate", BOTH, lambda w: _bound(w) and _away(w) and seeing.asked_for(w), taking.disassociate,
        "no pod is where its EIP is bound, and we asked it to be there", Phase.UNBINDING),
    Row("BoundElsewhere", GIVE, _bound, waiting.block_elsewhere,
        "the EIP is bound where we never asked it to be", Phase.BLOCKED),
    *ENDING,
)
# fmt: on
