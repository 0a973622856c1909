"""Invariants I7 and I10 to I12: what is promised comes about, and what is written and told is true."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from emulator.cloud.calls import CallRecord
from emulator.cloud.cloud import DEFAULT_SECRET_KEY
from emulator.cloud.vpc.models.address import Address
from emulator.cluster.resources import CLAIMS, EVENTS
from shared.core.claim import ActionKind, Claim, Intent, Retention
from tests.faults.history import OURS, Change, Past, running
from tests.faults.invariants import ACTIONS, INVOCATION, Invariant, address_id, changed, left_behind, tale_of

SENT_WITHIN = 20.0 + 15.0
"""Seconds: a call is sent at most 20 after its intent, and given up 15 later."""


class Served(Invariant):
    """At rest every running pod that asks for an EIP has it and was told, its claim is Ready, and nothing lingers."""

    name, says = "I7", "what is wanted comes about"

    def rest(self, past: Past) -> Iterator[str]:
        present = {tale.claim.key: tale for tale in past.tales.values() if not tale.gone}
        for pod in past.pods.values():
            if running(pod) and not pod.deleting and past.wants(pod) and pod.spec.node_name:
                tale = present.get(pod.key)
                if past.stage.sees.told(pod) is None or tale is None or not ready(tale.claim):
                    yield f"{pod.metadata.name} is not served: {tale.claim.status if tale else 'no claim'}"
        for tale in present.values():
            alive = any(running(pod) for pod in past.named(tale.claim.key))
            if not alive and (tale.claim.deleting or tale.claim.spec.retention is Retention.POD):
                yield f"{tale.name} lingers: {tale.claim.status}"


def ready(claim: Claim) -> bool:
    """Whether its condition Ready is True."""
    condition = claim.status.condition("Ready")
    return condition is not None and condition.status == "True"


class IntentFirst(Invariant):
    """A call that changes an EIP finds its intent in the claim, at most 20 + 15 s old, and no answer in it.

    `attempt` never falls; a claim's attempt has one token, and a token one set of parameters. Exception: orphans
    have no claim to write into.
    """

    name, says = "I10", "intent before effect, one token for one purchase"

    def __init__(self) -> None:
        """No token was seen yet."""
        self._tokens: dict[str, str] = {}
        self._attempts: dict[tuple[str, int], str] = {}

    def call(self, call: CallRecord, past: Past) -> Iterator[str]:
        kind = ACTIONS.get(call.action)
        if kind is None:
            return
        if kind is ActionKind.ALLOCATE:
            asked = json.dumps(dict(call.params), sort_keys=True)
            if self._tokens.setdefault(str(call.params["ClientToken"]), asked) != asked:
                yield f"token {call.params['ClientToken']} came with other parameters"
        tale = tale_of(call, past)
        if tale is None or tale.gone:
            if not past.stage.policy.release_orphans:
                yield f"{call.action} {address_id(call)} without a claim"
            return
        intent = tale.claim.status.intent
        if intent is None or intent.action is not kind or intent.accepted or not meant(intent, call):
            yield f"{call.action} {address_id(call)} without its intent in {tale.name}: {intent}"
        elif call.at - tale.intent_since > SENT_WITHIN:
            yield f"{call.action} {address_id(call)} came {call.at - tale.intent_since:.0f} s after its intent"

    def change(self, change: Change, past: Past) -> Iterator[str]:
        del past
        if change.resource != CLAIMS or change.before is None or change.after is None:
            return
        before, after = (thing.get("status", {}).get("attempt", 1) for thing in (change.before, change.after))
        if after < before and change.by in OURS:
            yield f"{change.after['metadata']['name']}: attempt fell from {before} to {after}"
        intent = change.after.get("status", {}).get("intent") or {}
        if token := intent.get("token"):
            purchase = change.after["metadata"]["uid"], intent["attempt"]
            if self._attempts.setdefault(purchase, token) != token:
                yield f"{change.after['metadata']['name']}: attempt {intent['attempt']} has another token"


def meant(intent: Intent, call: CallRecord) -> bool:
    """Whether the intent is for that very call."""
    if intent.action is ActionKind.ALLOCATE:
        token, asked = str(call.params["ClientToken"]), dict(call.params).items()
        return intent.token == token and intent.parameters.items() <= asked
    if intent.action is ActionKind.ASSOCIATE:
        return intent.target == str(call.params["PrivateIpAddress"])
    return intent.target == address_id(call)


class WithinCaps(Invariant):
    """There are never more EIPs with our tags than the caps allow, in the cluster and in each namespace.

    Exception: those that an event Abandoned names or a stripped claim left, which no claim has any more (I5: by no hand
    of ours). What is capped is the claims.
    """

    name, says = "I11", "the caps hold"

    def look(self, new: Mapping[str, Address], past: Past) -> Iterator[str]:
        policy = past.stage.policy
        if not new or (policy.max_eips is None and policy.max_eips_per_namespace is None):
            return
        counted = [one for one in past.held.values() if past.ours(one) and not left_behind(one, past)]
        owners = [owner for owner in (past.owner(one.name) for one in counted) if owner is None or not owner.gone]
        namespaces = [owner.claim.metadata.namespace for owner in owners if owner is not None]
        if policy.max_eips is not None and len(owners) > policy.max_eips:
            yield f"{len(owners)} EIPs, where {policy.max_eips} are allowed"
        for namespace in set(namespaces):
            allowed = policy.max_eips_per_namespace
            if allowed is not None and namespaces.count(namespace) > allowed:
                yield f"{namespaces.count(namespace)} EIPs in {namespace}, where {allowed} are allowed"


class HonestStatus(Invariant):
    """Ready becomes True only when the EIP was bound at the pod's IP within the invocation; no text holds a secret.

    What a listing that lags shows was so before: the invocation's age and the lag are added.
    """

    name, says = "I12", "what is told was seen"

    def change(self, change: Change, past: Past) -> Iterator[str]:
        if change.after is not None and change.resource in {CLAIMS, EVENTS}:
            text = json.dumps(change.after)
            if DEFAULT_SECRET_KEY in text or "Traceback" in text:
                yield f"{change.after['metadata']['name']} tells what it must not: {text}"
        tale = changed(change, past)
        if tale is None or change.before is None or change.by not in OURS or not ready(tale.claim):
            return
        was = [c["status"] for c in change.before.get("status", {}).get("conditions", ()) if c["type"] == "Ready"]
        if was == ["True"]:
            return
        recorded = tale.claim.status.address_id or ""
        since = change.at - INVOCATION - past.stage.cloud.behaviour.read_lag_seconds
        seen = [ip for (one, ip), at in past.bound_at.items() if one == recorded and at >= since]
        uids = [uid for (uid, ip) in past.alive_until if ip in seen and past.ran_lately(uid, ip, since)]
        if not uids:
            yield f"{tale.name} is Ready, and {recorded} was at no pod"
