"""Carrying out one decision: intent before effect, outcome after it, both on the resourceVersion decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.core import identity, manifests, outcome, status
from shared.core.actions import (
    DESTRUCTIVE,
    Act,
    Action,
    Allocate,
    Associate,
    Changes,
    CloudAction,
    CreateClaim,
    DeleteClaim,
    Disassociate,
    Publish,
    RejectInput,
    Release,
    ReleaseOrphan,
    RemoveFinalizer,
    Respec,
    SetBandwidth,
    Told,
    Update,
)
from shared.core.claim import Claim, Intent
from shared.core.decide import decide
from shared.core.errors import Conflict, EipclaimError, Gone, Refused
from shared.core.policy import read
from shared.core.table import Role
from shared.core.world import Outcome, World
from shared.observe import Ports, top_owner

SEND_WITHIN = 20.0
"""Seconds: no mutation is sent later than that after its intent was written."""

SAFEGUARDS = frozenset({"intent", "bindings"})
"""Without these fields of status no mutation is sent: there stands whether it was made, and where we may unbind."""


@dataclass(frozen=True)
class Effect:
    """What came of a decision: the claim as last replied, what was learned of its intent, and any failure.

    `done` is False where the world had changed before anything was done.
    """

    done: bool
    claim: Claim | None = None
    intent: Intent | None = None
    outcome: Outcome | None = None
    failure: EipclaimError | None = None


async def carry_out(act: Act, world: World, role: Role, ports: Ports) -> Effect:
    """Do it, at most once, and say what came of it. Errors of the ports are part of the answer, not raised."""
    try:
        if isinstance(act.action, DESTRUCTIVE) and not await _still_right(act, world, role, ports):
            return Effect(done=False)
        return await _do(act.action, world, ports)
    except EipclaimError as error:
        return Effect(done=False, failure=error)


async def _still_right(act: Act, world: World, role: Role, ports: Ports) -> bool:
    """A fresh look at the pod by name must lead to the same decision: lists are stale, names and IPs return."""
    if world.orphan is not None:
        return True
    pod = await ports.cluster.get_pod(*world.key)
    same_place = pod is not None and world.pod is not None and (pod.uid, pod.ipv4) == (world.pod.uid, world.pod.ipv4)
    fresh = replace(
        world,
        pod=pod,
        asked=read(pod, world.node, world.policy) if pod is not None else None,
        place=world.place if same_place else None,
    )
    again = decide(fresh, role)
    return isinstance(again, Act) and again.rule == act.rule and type(again.action) is type(act.action)


async def _do(action: Action, world: World, ports: Ports) -> Effect:
    if isinstance(action, (Allocate, Associate, Disassociate, Release, SetBandwidth)):
        return await _mutate(action, world, ports)
    if isinstance(action, ReleaseOrphan):
        await ports.cloud.release(action.address_id, SEND_WITHIN)
        return Effect(done=True)
    if isinstance(action, RejectInput):
        return await _reject(action, world, ports)
    if isinstance(action, CreateClaim):
        return await _create(action, world, ports)
    claim = _claim(world)
    if isinstance(action, Publish):
        return await _publish(action, world, claim, ports)
    return await _write(action, claim, world, ports)


def _claim(world: World) -> Claim:
    if world.claim is None:
        raise Conflict("NoClaim", "the deed needs a claim")
    return world.claim


async def _write(
    action: Update | Respec | DeleteClaim | RemoveFinalizer, claim: Claim, world: World, ports: Ports
) -> Effect:
    """Deeds upon the claim alone."""
    if isinstance(action, DeleteClaim):
        await ports.cluster.delete_claim(claim)
        await _tell(action.told, world, claim, ports)
        return Effect(done=True)
    if isinstance(action, RemoveFinalizer):
        # Told first: after the finalizer is off there may be no object left to tell it on, and what a warning names
        # as left behind nobody else would know of.
        await _tell(action.told, world, claim, ports, surely=any(one.warning for one in action.told))
        others = [finalizer for finalizer in claim.metadata.finalizers if finalizer != identity.FINALIZER]
        await ports.cluster.patch_claim(claim, {"metadata": {"finalizers": others}})
        return Effect(done=True)
    if isinstance(action, Respec):
        metadata = {"metadata": {"finalizers": list(action.finalizers)}} if action.finalizers else {}
        spec = {"spec": dict(action.spec)} if action.spec else {}
        written, loss = await ports.cluster.patch_claim(claim, {**metadata, **spec}), None
    else:
        written, loss = await _patch_status(claim, action.status, ports)
    await _tell(action.told, world, written, ports)
    return Effect(done=True, claim=written, failure=loss)


async def _create(action: CreateClaim, world: World, ports: Ports) -> Effect:
    owner = action.owner
    if owner is None and world.policy.cascade and world.pod is not None:
        # Now, not at the first look: the name may have had another claim then, or another workload.
        owner = await top_owner(ports.cluster, world.pod)
    try:
        manifest = manifests.claim(world.namespace, world.name, replace(action, owner=owner))
        claim = await ports.cluster.create_claim(manifest)
    except Gone:
        # The namespace is terminating: its pods go soon, and nothing can be created in it.
        return Effect(done=False)
    await _tell(action.told, world, claim, ports)
    return Effect(done=True, claim=claim)


async def _reject(action: RejectInput, world: World, ports: Ports) -> Effect:
    """The event first: the condition is the memory that it was told."""
    if world.pod is None:
        return Effect(done=False)
    if not world.unreadable and await ports.cluster.get_claim(*world.key) is not None:
        # Made since the look: what is wrong is its to say, and an EIP at the pod is its own.
        return Effect(done=False)
    await _tell((Told(action.reason, action.message, warning=True),), world, None, ports)
    condition = status.pod_condition(ports.cluster.now(), holds=False, reason=action.reason, message=action.message)
    await ports.cluster.patch_pod_status(world.pod, {}, condition)
    return Effect(done=True)


async def _publish(action: Publish, world: World, claim: Claim, ports: Ports) -> Effect:
    """The pod first: the claim's condition Published must not be true before the pod says it."""
    if world.pod is not None and (action.annotations or action.condition):
        await ports.cluster.patch_pod_status(world.pod, action.annotations, action.condition)
    written, loss = await _patch_status(claim, action.status, ports)
    await _tell(action.told, world, written, ports)
    return Effect(done=True, claim=written, failure=loss)


async def _mutate(action: CloudAction, world: World, ports: Ports) -> Effect:
    if isinstance(action, Disassociate) and action.annotations and world.pod is not None:
        await _unpublish(action.annotations, world, ports)
    try:
        written = await ports.cluster.patch_claim_status(_claim(world), action.status)
    except EipclaimError as error:
        # Whether or not the intent was written, nothing has been sent.
        return Effect(done=False, intent=action.intent, outcome=Outcome.NOT_DONE, failure=error)
    lacking = status.dropped(_claim(world), action.status, written)
    if SAFEGUARDS.intersection(lacking):
        refused = outcome.old_crd(lacking)
        verdict = outcome.unrecorded(action, written, ports.cluster.now(), refused, _claim(world))
        failure: EipclaimError | None = refused
    else:
        verdict, failure = await _sent(action, world, written, ports)
    try:
        claim, loss = await _patch_status(written, verdict.changes, ports)
    except EipclaimError as error:
        # The outcome is known here all the same; what could not be recorded is found again by the mark.
        return Effect(failure is None, None, action.intent, verdict.outcome, failure or error)
    await _tell(verdict.told, world, claim, ports)
    return Effect(failure is None, claim, action.intent, verdict.outcome, failure or loss)


async def _sent(
    action: CloudAction, world: World, written: Claim, ports: Ports
) -> tuple[outcome.Verdict, EipclaimError | None]:
    """What came of the call."""
    try:
        address_id = await _send(action, ports)
    except EipclaimError as error:
        return outcome.failed(action, written, ports.cluster.now(), error, _claim(world)), error
    return outcome.succeeded(action, written, ports.cluster.now(), address_id), None


async def _patch_status(claim: Claim, changes: Changes, ports: Ports) -> tuple[Claim, Refused | None]:
    """The claim with the changes, and what is wrong where the cluster did not keep all of them."""
    if not changes:
        return claim, None
    written = await ports.cluster.patch_claim_status(claim, changes)
    lacking = status.dropped(claim, changes, written)
    return written, outcome.old_crd(lacking) if lacking else None


async def _unpublish(annotations: Mapping[str, str | None], world: World, ports: Ports) -> None:
    """A pod that lives on without the EIP must not go on telling it; one that is gone by now tells nothing."""
    pod = world.pod
    if pod is None:
        return
    present = pod.condition(identity.CONDITION)
    condition = None
    if present is not None and present.status == "True":
        condition = status.pod_condition(ports.cluster.now(), holds=False, reason="Unbound")
    try:
        await ports.cluster.patch_pod_status(pod, annotations, condition)
    except Gone:
        return


async def _send(action: CloudAction, ports: Ports) -> str | None:
    cloud, intent = ports.cloud, action.intent
    within = SEND_WITHIN - max(0.0, (ports.cluster.now() - intent.at).total_seconds())
    if isinstance(action, Allocate):
        return await cloud.allocate(intent.parameters, intent.token or "", within)
    if isinstance(action, Associate):
        await cloud.associate(action.address_id, action.network_interface_id, action.private_ip, within)
    elif isinstance(action, Disassociate):
        await cloud.disassociate(action.address_id, within)
    elif isinstance(action, Release):
        await cloud.release(action.address_id, within)
    else:
        await cloud.set_bandwidth(action.address_id, action.mbps, within)
    return None


async def _tell(
    told: tuple[Told, ...], world: World, claim: Claim | None, ports: Ports, *, surely: bool = False
) -> None:
    """Events are a courtesy: one that cannot be told stops nothing, unless it has to be told `surely`."""
    about = {"Pod": world.pod, "EIPClaim": claim or world.claim}
    for one in told:
        for kind in one.on:
            involved = about[kind]
            if involved is not None:
                await _tell_one(manifests.event(one, involved, ports.cluster.now()), ports, surely=surely)


async def _tell_one(manifest: Mapping[str, object], ports: Ports, *, surely: bool) -> None:
    try:
        await ports.cluster.create_event(manifest)
    except Gone:
        return  # a namespace that is terminating takes none, and must not wait for it
    except EipclaimError:
        if surely:
            raise
