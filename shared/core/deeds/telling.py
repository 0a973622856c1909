"""What pods and people are told: the pod's annotations and condition, the claim's status when bound, rejections."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core import status
from shared.core.actions import Changes, Publish, RejectInput, SetBandwidth, Told, Wait
from shared.core.address import Address
from shared.core.claim import ActionKind, Claim, Phase
from shared.core.deeds.giving import claim_of, intent_to, recorded_of
from shared.core.deeds.seeing import binding_here, rejection, told_already
from shared.core.identity import CONDITION
from shared.core.policy import Rejection, Request
from shared.core.world import World


def reject(w: World) -> RejectInput | Wait:
    """Tell the pod's owner why it gets no EIP, once: its condition remembers what was told."""
    rejected = rejection(w)
    if rejected is None:
        return Wait("InputRejected", "nothing is wrong with the pod")
    message = status.one_line(rejected.message)
    if told_already(w, CONDITION, Rejection(rejected.reason, message)):
        return Wait("InputRejected", f"told already: {message}")
    return RejectInput(rejected.reason, message)


def published(w: World) -> Mapping[str, str | None]:
    """The annotations that the pod lacks or has otherwise."""
    recorded, pod = w.recorded, w.pod
    if recorded is None or pod is None:
        return {}
    wanted = {
        w.policy.annotation("eip-public-ip"): recorded.public_ip,
        w.policy.annotation("eip-id"): recorded.address_id,
    }
    return {key: value for key, value in wanted.items() if pod.metadata.annotations.get(key) != value}


def unpublished(w: World, address: Address) -> Mapping[str, str | None]:
    """The annotations to take from a pod that lives on without this EIP."""
    pod = w.pod
    key = w.policy.annotation("eip-id")
    if pod is None or pod.ended or pod.metadata.annotations.get(key) != address.address_id:
        return {}
    return {key: None, w.policy.annotation("eip-public-ip"): None}


def condition(w: World) -> Changes | None:
    """The pod's condition as it should be, where its readiness waits for it or it says something else."""
    pod = w.pod
    if pod is None:
        return None
    present = pod.condition(CONDITION)
    if present is None and not pod.gated_by(CONDITION):
        return None
    if present is not None and present.status == "True":
        return None
    return status.pod_condition(w.now, holds=True, reason="Bound")


def publish(w: World) -> Publish | SetBandwidth | None:
    """What of pod and claim does not tell yet that the EIP is bound here; then what of the EIP is not as asked."""
    claim, recorded = claim_of(w), recorded_of(w)
    annotations, gate = published(w), condition(w)
    changes = _bound(w, claim, recorded)
    if annotations or gate or changes:
        return Publish(annotations, gate, changes, _told(w, claim, recorded))
    wanted = claim.spec.bandwidth_mbps
    if recorded.bandwidth_mbps not in (None, wanted) and w.marks(recorded):
        intent = intent_to(w, ActionKind.SET_BANDWIDTH, target=recorded.address_id, parameters={"mbps": wanted})
        return SetBandwidth(intent, status.intent(claim, intent), recorded.address_id, wanted)
    return None


def tell(w: World) -> Publish | SetBandwidth | Wait:
    """Write what pod and claim do not say yet; once they do, set the EIP's bandwidth in place."""
    return publish(w) or Wait("Publish", "everything is told")


def _bound(w: World, claim: Claim, recorded: Address) -> Changes:
    """The patch to the status of a bound claim; empty when it says so already."""
    before = claim.status
    binding = binding_here(w)
    settled = before.intent is None or _waits_for_bandwidth(w)
    right = (
        before.phase is Phase.BOUND
        and settled
        and before.bindings == ((binding,) if binding else ())
        and before.public_ip == (recorded.public_ip or None)
        and (before.pod_missing_since, before.expires_at) == (None, None)
        and before.observed_generation == claim.metadata.generation
        and _unmet_told(w, claim)
        and _holds(claim, "Ready")
    )
    done_with = before.retry is not None and (
        before.retry.action not in status.ASIDE
        or (before.retry.action is ActionKind.SET_BANDWIDTH and recorded.bandwidth_mbps == claim.spec.bandwidth_mbps)
    )
    if right and not done_with:
        return {}
    changes = status.phase(claim, w.now, Phase.BOUND, published=True, allocated=True)
    reason, message = _unmet(w, claim)
    changes["conditions"] = _with_unmet(w, claim, reason, message)
    changes.update(
        publicIP=recorded.public_ip or None,
        bindings=status.bindings((binding,) if binding else ()),
        intent=None,
        podMissingSince=None,
        expiresAt=None,
    )
    if done_with:
        changes["retry"] = None
    return changes


def _waits_for_bandwidth(w: World) -> bool:
    return (
        w.intent is not None
        and w.intent.action is ActionKind.SET_BANDWIDTH
        and w.recorded is not None
        and (w.recorded.bandwidth_mbps != w.intent.parameters.get("mbps"))
    )


def _holds(claim: Claim, kind: str) -> bool:
    present = claim.status.condition(kind)
    return present is not None and present.status == "True"


def _unmet(w: World, claim: Claim) -> tuple[str, str]:
    """What of the pod's annotations the claim does not follow: reason and message of its condition Allocated."""
    if isinstance(w.asked, Rejection):
        return w.asked.reason, status.one_line(f"{w.asked.message}; the pod keeps what it has")
    if isinstance(w.asked, Request) and w.asked.isp is not claim.spec.isp:
        text = f"the pod asks for ISP {w.asked.isp.value}, but an EIP's ISP ({claim.spec.isp.value}) cannot be changed"
        return "ISPUnchangeable", text
    return "Allocated", ""


def _unmet_told(w: World, claim: Claim) -> bool:
    present = claim.status.condition("Allocated")
    return present is not None and (present.reason, present.message) == _unmet(w, claim)


def _with_unmet(w: World, claim: Claim, reason: str, message: str) -> list[Changes]:
    statuses = {
        "Allocated": (True, reason, message),
        "Bound": (True, "Bound", ""),
        "Published": (True, "Published", ""),
        "Ready": (True, "Bound", ""),
    }
    return status.conditions(claim, w.now, statuses)


def _told(w: World, claim: Claim, recorded: Address) -> tuple[Told, ...]:
    told: list[Told] = []
    if claim.status.phase is not Phase.BOUND or claim.status.bindings != tuple(filter(None, (binding_here(w),))):
        told.append(Told("AssociatedEIP", f"EIP {recorded.public_ip} ({recorded.address_id}) is bound"))
    reason, message = _unmet(w, claim)
    if message and not _unmet_told(w, claim):
        told.append(Told(reason, message, warning=True, on=("Pod", "EIPClaim")))
    return tuple(told)
