"""What is waited for, and what is said while a person is needed."""

from __future__ import annotations

from datetime import timedelta

from shared.core.actions import Done, Update, Wait
from shared.core.claim import ActionKind
from shared.core.deeds.giving import block, claim_of
from shared.core.deeds.seeing import obstacle, rejection
from shared.core.pod import PodState
from shared.core.world import GRACE, IN_FLIGHT, UNSEEN_FOR_TOO_LONG, World

POLL = timedelta(seconds=1)


def no_claim(w: World) -> Done:
    """Nothing."""
    if w.pod is None:
        return Done("NoClaim", "there is neither a pod nor a claim")
    return Done("NoClaim", f"the pod is {w.state.value} and has no claim")


def wait_for_intent(w: World) -> Wait:
    """Wait: somebody, or this invocation itself without knowing the outcome, may still be at it."""
    intent = w.intent
    if intent is None:
        return Wait("IntentInFlight", "no intent")
    return Wait("IntentInFlight", f"{intent.action.value} by {intent.by} may be under way", intent.at + IN_FLIGHT)


def wait_for_purchase(w: World) -> Wait:
    """Wait: the listing may lack what was just bought."""
    purchase = w.purchase
    until = purchase.at + GRACE if purchase is not None else None
    return Wait("AllocateGrace", "an EIP may have been bought that the listing does not show yet", until)


def wait_for_transition(w: World) -> Wait:
    """Wait until the cloud has done."""
    states = ", ".join(f"{a.address_id} {a.status.value}" for a in w.mine if a.in_transition)
    return Wait("Transition", states or "the cloud has accepted it, the listing does not show it yet", w.now + POLL)


def paused(w: World) -> Wait:
    """Report only."""
    del w
    return Wait("Paused", "the annotation eipclaim.io/paused is set")


def settled(w: World) -> Done:
    """Nothing, and nothing is written."""
    del w
    return Done("Settled", "bound and published")


def drain(w: World) -> Wait:
    """Wait: connections of a pod that shuts down are still served."""
    del w
    return Wait("Drain", "the pod's containers have not ended yet")


def unseen(w: World) -> Wait:
    """Wait: the interfaces' listing may be late, and absence there is no reason to unbind."""
    del w
    return Wait("Unseen", "no network interface shows the pod's IP yet")


def wait_for_target(w: World) -> Wait:
    """Wait: its claim takes it away, since its pod has left the IP."""
    holder = w.holder.address_id if w.holder else "another EIP"
    return Wait("TargetHeld", f"{holder} of another claim is still on the pod's IP", w.now + POLL)


def block_target(w: World) -> Update | Wait:
    """Say what stands in the way, once, and try again slowly."""
    found = obstacle(w)
    if found is None:
        return Wait("TargetTaken", "nothing stands in the way")
    return block(w, "TargetTaken", found.reason, found.message, ActionKind.ASSOCIATE)


def block_not_ours(w: World) -> Update | Wait:
    """Say so, once: it is not touched before they are put back."""
    message = f"EIP {claim_of(w).status.address_id} does not carry our tags and mark any more; it is not touched"
    return block(w, "NotOurs", "NotOurs", message, ActionKind.ASSOCIATE)


def block_elsewhere(w: World) -> Update | Wait:
    """Say so, once: it is never touched."""
    where = w.recorded.private_ip or w.recorded.instance_id if w.recorded else None
    message = (
        f"EIP {claim_of(w).status.address_id} is bound to {where}, where we never asked it to be; it is not touched"
    )
    return block(w, "BoundElsewhere", "BoundElsewhere", message, ActionKind.ASSOCIATE)


def await_pod(w: World) -> Update | Wait:
    """Wait; an IP that no interface shows for five minutes is told."""
    started = w.pod.status.start_time or w.pod.metadata.creation_timestamp if w.pod else None
    if w.state is PodState.UNSEEN and started is not None and w.now - started > UNSEEN_FOR_TOO_LONG and w.pod:
        message = f"no network interface of the node shows the pod's IP {w.pod.ipv4}; is it a VPC-CNI pod?"
        return block(w, "AwaitPod", "NotOnENI", message, ActionKind.ASSOCIATE)
    if rejected := rejection(w):
        return Wait("AwaitPod", rejected.message)
    return Wait("AwaitPod", f"the pod is {w.state.value}")
