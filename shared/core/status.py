"""How a claim's status is written: conditions, intents and back-off as merge patches of our own fields only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shared.core.actions import Changes
from shared.core.claim import ActionKind, Binding, Claim, Condition, Intent, Phase, Retry, Status
from shared.core.identity import CONDITION
from shared.core.values import rfc3339

MAX_MESSAGE_CHARS = 300
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(minutes=4)
PATIENCE = 5
"""So often in a row an answer that may be another one soon is met without a back-off, and without telling anybody.

A count above it says that somebody was told.
"""

ASIDE = frozenset({ActionKind.SET_BANDWIDTH, ActionKind.RELEASE})
"""What is done to an EIP in use, or beside it: such a refusal does not make a claim that lives Blocked."""


def one_line(text: str) -> str:
    """The text as one line of at most 300 printable characters: no controls, no bidirectional marks."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= MAX_MESSAGE_CHARS else flat[: MAX_MESSAGE_CHARS - 3] + "..."


def conditions(claim: Claim, now: datetime, statuses: Mapping[str, tuple[bool, str, str]]) -> list[Changes]:
    """All conditions after these (type: holds, reason, message); a transition time moves only with the status."""
    merged = {condition.type: condition for condition in claim.status.conditions}
    for kind, (holds, reason, message) in statuses.items():
        status = "True" if holds else "False"
        before = merged.get(kind)
        since = before.last_transition_time if before is not None and before.status == status else now
        merged[kind] = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=one_line(message),
            last_transition_time=since,
            observed_generation=claim.metadata.generation,
        )
    return [_condition(condition) for condition in merged.values()]


def _condition(condition: Condition) -> Changes:
    wire: dict[str, object] = {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": rfc3339(condition.last_transition_time),
    }
    if condition.observed_generation is not None:
        wire["observedGeneration"] = condition.observed_generation
    return wire


def phase(
    claim: Claim,
    now: datetime,
    to: Phase,
    *,
    reason: str | None = None,
    message: str = "",
    allocated: bool | None = None,
    published: bool = False,
) -> dict[str, object]:
    """The patch that says where the claim stands: phase and conditions.

    `reason` is the phase's name unless given; `allocated` is whether an EIP is recorded after the patch, by default
    whether one is now.
    """
    why = reason or to.value
    has = claim.status.address_id is not None if allocated is None else allocated
    bound = to is Phase.BOUND
    statuses = {
        "Allocated": (has, "Allocated" if has else why, "" if has else message),
        "Bound": (bound, "Bound" if bound else why, "" if bound else message),
        "Published": (bound and published, "Published" if bound and published else why, ""),
        "Ready": (bound and published, why, message),
    }
    changes: dict[str, object] = {"phase": to.value, "conditions": conditions(claim, now, statuses)}
    if claim.metadata.generation is not None:
        changes["observedGeneration"] = claim.metadata.generation
    return changes


def pod_condition(now: datetime, *, holds: bool, reason: str, message: str = "") -> Changes:
    """The pod's condition `eipclaim.io/bound`, which its readiness may wait for (KEP-580)."""
    return {
        "type": CONDITION,
        "status": "True" if holds else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": rfc3339(now),
    }


def intent(claim: Claim, value: Intent) -> dict[str, object]:
    """The patch that writes an intent; what it does not have is removed from an older one that stands in the claim."""
    older = claim.status.intent.parameters if claim.status.intent is not None else {}
    wire = {
        "action": value.action.value,
        "attempt": value.attempt,
        "token": value.token,
        "parameters": {**dict.fromkeys(older), **value.parameters} if value.parameters else None,
        "target": value.target,
        "at": rfc3339(value.at),
        "by": value.by,
        "accepted": value.accepted or None,
    }
    return {"intent": wire}


def bindings(values: Iterable[Binding]) -> list[Changes]:
    """The places for a merge patch, which replaces a list as a whole."""
    return [
        {
            "podUID": value.pod_uid,
            "nodeName": value.node_name,
            "networkInterfaceID": value.network_interface_id,
            "privateIP": value.private_ip,
            "at": rfc3339(value.at),
        }
        for value in values
    ]


def failures(claim: Claim, action: ActionKind) -> int:
    """How often that action has failed in a row."""
    retry = claim.status.retry
    return retry.failures if retry is not None and retry.action is action else 0


def back_off(claim: Claim, action: ActionKind, now: datetime, *, soon: bool = False) -> Changes:
    """The next retry of that action: after a first telling answer 30 s, then doubling, at most 4 minutes.

    An answer that may be another one `soon` is telling only after as many others as there is patience for.
    """
    failed = max(failures(claim, action), 0 if soon else PATIENCE) + 1
    doubled = min(max(failed - PATIENCE - 1, 0), 8)
    delay = min(FIRST_BACK_OFF * 2**doubled, LONGEST_BACK_OFF) if failed > PATIENCE else timedelta(0)
    return {"action": action.value, "at": rfc3339(now + delay), "failures": failed}


def in_back_off(retry: Retry | None, action: ActionKind, now: datetime) -> bool:
    """Whether that kind of action has to wait still; another kind's back-off does not matter."""
    return retry is not None and retry.action is action and now < retry.at


def dropped(before: Claim, changes: Changes, after: Claim) -> tuple[str, ...]:
    """The fields of status that are not as the patch wrote them: an older CRD drops without a word what it lacks."""
    whole = before.status.model_dump(mode="json", by_alias=True, exclude_none=True)
    meant = Status.model_validate(_merged(whole, changes))
    fields = ((name, field.alias or name) for name, field in Status.model_fields.items())
    return tuple(alias for name, alias in fields if getattr(meant, name) != getattr(after.status, name))


def _merged(old: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object]:
    """The JSON merge patch (RFC 7386)."""
    new = dict(old)
    for key, value in patch.items():
        before = new.pop(key, None)
        if isinstance(value, Mapping):
            new[key] = _merged(before if isinstance(before, Mapping) else {}, value)
        elif value is not None:
            new[key] = value
    return new
