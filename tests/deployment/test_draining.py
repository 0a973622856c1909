"""What teardown says of a claim that is still there after a run of `reclaim`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from eipctl.deployment.draining import standing
from eipctl.deployment.summary import warning
from shared.core import identity
from tests.contract.worlds import claim

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
DELETED = {"deletionTimestamp": "2026-11-26T11:00:00Z"}
IN_USE = {
    "type": "Ready",
    "status": "True",
    "reason": "InUse",
    "message": "",
    "lastTransitionTime": "2026-11-26T11:00:00Z",
}
BOUND = {**IN_USE, "reason": "Bound"}


def bound(
    condition: dict[str, str], metadata: Mapping[str, object] | None = None, intent_age: float | None = None
) -> dict[str, Any]:
    """A claim in the phase Bound, with an intent of so many seconds ago."""
    made = claim("web-0")
    made["metadata"] |= {"uid": "uid-1", "resourceVersion": "1", **(metadata or {})}
    made["status"] = {"phase": "Bound", "conditions": [condition]}
    if intent_age is not None:
        at = (NOW - timedelta(seconds=intent_age)).isoformat().replace("+00:00", "Z")
        intent = {"action": "SetBandwidth", "attempt": 0, "token": None, "parameters": {}, "target": "eip-1"}
        made["status"]["intent"] = {**intent, "at": at, "by": "another"}
    return made


@pytest.mark.parametrize(
    ("found", "refusal", "why", "reason"),
    [
        (bound(BOUND), "PodAlive: the pod is live", "PodAlive: the pod is live", "the run has looked at the pod"),
        (bound(BOUND), "", "", "the next run deletes it"),
        (bound(IN_USE, DELETED), "", "PodAlive: it is deleted, and its pod lives", "the run has found it in use"),
        (bound(BOUND, DELETED), "", "", "no run has said that it is in use: it had no time, or was refused for rate"),
        (bound(IN_USE, DELETED, 59), "", "", "the run has looked at nothing while an intent is in flight"),
        (bound(IN_USE, DELETED, 61), "", "PodAlive: it is deleted, and its pod lives", "nobody is at that intent"),
        (
            bound(BOUND, {"annotations": {identity.PAUSED: "true"}}),
            "",
            f"it is paused: take the annotation {identity.PAUSED} off",
            "paused",
        ),
        ({**bound(IN_USE, DELETED), "status": {"intent": {}}}, "", "", "what cannot be read says nothing"),
    ],
)
def test_a_pod_is_said_to_live_only_where_somebody_has_looked(
    found: dict[str, Any], refusal: str, why: str, reason: str
) -> None:
    """It was said of every deleted claim in the phase Bound, also where the pod had ended under a young intent."""
    assert standing(found, refusal, NOW, force=False) == why, reason


def test_with_force_a_claim_in_use_is_not_left() -> None:
    assert standing(bound(IN_USE, DELETED), "", NOW, force=True) == ""


@pytest.mark.parametrize("force", [True, False])
def test_what_claims_say_of_their_pods_is_told_as_of_before(*, force: bool) -> None:
    assert warning(2, force=force).startswith("claims that were bound when last looked at: 2.")
