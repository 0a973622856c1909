"""The real claims and pods of the model: built from facts, made canonical, numbered, aged and patched.

Canonical: what no decision depends on is made the same, and an age stops growing where no rule tells it from a
greater one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from shared.core import identity
from shared.core.claim import Claim, Intent, Metadata, Status
from shared.core.durations import duration
from shared.core.pod import Pod
from shared.core.status import PATIENCE
from shared.core.world import GRACE
from tests.core.cases import merge
from tests.core.worlds import AT, CLUSTER, KEEP, NOW
from tests.core.worlds import pod as build_pod
from tests.model.state import DRAINING, ENDED, LIVE, NOBODY, STAGES, UNSCHEDULED, PodFacts

EXPIRY = "5m"
MOST_FAILURES = PATIENCE + 4
"""The back-off is at its longest then."""


def ip_of(number: int) -> str | None:
    """The address behind the number."""
    return f"10.0.0.{number}" if number else None


def eni_of(number: int) -> str | None:
    """The interface that the address is on."""
    return f"eni-{number}" if number else None


def number(name: str | None) -> int:
    """The number at the end of an id, or 0."""
    return int(name.replace(".", "-").rsplit("-", 1)[-1]) if name else 0


@cache
def pod_of(facts: PodFacts, *, static: bool) -> Pod | None:
    """The pod as the apiserver shows it."""
    if not STAGES[facts.stage] or facts.stage == 0:
        return None
    told = {} if not facts.told else published(facts.told)
    condition = {"type": identity.CONDITION, "status": "False", "reason": facts.reason, "message": facts.message}
    return build_pod(
        f"pod-{facts.uid}",
        node=None if facts.stage == UNSCHEDULED else "node-1",
        ip=ip_of(facts.ip) if facts.stage in {LIVE, DRAINING} else None,
        phase="Succeeded" if facts.stage == ENDED else "Running",
        deleting=facts.stage == DRAINING,
        attributes="" if facts.wanted else None,
        annotations={**told, **(KEPT if static and facts.kept else {})},
        status={"conditions": [condition] if facts.reason else []},
    )


KEPT = {**KEEP, "tke.cloud.tencent.com/claim-expired-duration": EXPIRY}
ID_KEY = "tke.cloud.tencent.com/eip-id"


def published(slot: int) -> dict[str, str]:
    """The annotations that tell a pod its EIP."""
    return {"tke.cloud.tencent.com/eip-public-ip": f"1.2.3.{slot}", ID_KEY: f"eip-{slot}"}


class Claims:
    """Every claim that was ever met, by number; 0 is none."""

    def __init__(self) -> None:
        """None yet."""
        self._numbers: dict[str, int] = {}
        self._claims: list[Claim] = []
        self._aged: dict[tuple[int, int], int] = {}
        self._disowned: dict[tuple[int, str], int] = {}
        self._created: dict[tuple[str, int], int] = {}
        self._marked: dict[tuple[int, str], int] = {}

    def __getitem__(self, index: int) -> Claim:
        """The claim of that number."""
        return self._claims[index - 1]

    def get(self, index: int) -> Claim | None:
        """The claim of that number, or None for 0."""
        return self._claims[index - 1] if index else None

    def intern(self, claim: Claim) -> int:
        """The number of the claim's canonical form."""
        claim = canonical(claim)
        key = claim.model_dump_json()
        if key not in self._numbers:
            self._claims.append(claim)
            self._numbers[key] = len(self._claims)
        return self._numbers[key]

    def aged(self, index: int, seconds: int) -> int:
        """The same claim, that many seconds later."""
        if not index or not seconds:
            return index
        key = index, seconds
        if key not in self._aged:
            self._aged[key] = self.intern(_aged(self[index], timedelta(seconds=seconds)))
        return self._aged[key]

    def disowned(self, index: int, by: str) -> int:
        """The same claim, once the invocation that wrote its intent is over."""
        if not index:
            return index
        key = index, by
        if key not in self._disowned:
            claim = self[index]
            intent = claim.status.intent
            if intent is not None and intent.by == by:
                claim = _with(claim, intent=intent.model_copy(update={"by": NOBODY}))
            self._disowned[key] = self.intern(claim)
        return self._disowned[key]

    def created(self, manifest: str, uid: int) -> int:
        """The claim that the apiserver makes of a manifest (JSON)."""
        key = manifest, uid
        if key not in self._created:
            given = {"metadata": {"uid": f"claim-{uid}", "resourceVersion": "7", "generation": 1}}
            self._created[key] = self.intern(Claim.model_validate(merge(json.loads(manifest), given)))
        return self._created[key]

    def changed(self, index: int, metadata: Metadata) -> int:
        """The same claim with other metadata; 0 if nothing holds it any more."""
        claim = self[index].model_copy(update={"metadata": metadata})
        return 0 if claim.deleting and not claim.metadata.finalizers else self.intern(claim)

    def deleted(self, index: int) -> int:
        """The claim after a DELETE."""
        key = index, "deleted"
        if key not in self._marked:
            at = datetime.fromisoformat(AT.replace("Z", "+00:00"))
            self._marked[key] = self.changed(index, replace(self[index].metadata, deletion_timestamp=at))
        return self._marked[key]

    def annotated(self, index: int, key: str) -> int:
        """The claim after an operator has set an annotation."""
        marked = index, key
        if marked not in self._marked:
            self._marked[marked] = self.changed(index, replace(self[index].metadata, annotations={key: "true"}))
        return self._marked[marked]

    def stripped(self, index: int) -> int:
        """The claim without finalizers."""
        key = index, "stripped"
        if key not in self._marked:
            self._marked[key] = self.changed(index, replace(self[index].metadata, finalizers=()))
        return self._marked[key]


def _with(claim: Claim, **status: object) -> Claim:
    return claim.model_copy(update={"status": claim.status.model_copy(update=status)})


def _no_later(moment: datetime | None, longest: timedelta) -> datetime | None:
    return None if moment is None else max(moment, NOW - longest)


def _missing_since(claim: Claim) -> datetime:
    """As long before the expiry as it always is."""
    length, expires_at = duration(claim.spec.expire_after or EXPIRY), claim.status.expires_at
    return NOW if length is None or expires_at is None else max(expires_at, NOW) - length


def canonical(claim: Claim) -> Claim:
    """The claim without what decides nothing."""
    before = claim.status
    retry = before.retry
    if retry is not None:
        retry = retry.model_copy(update={"at": max(retry.at, NOW), "failures": min(retry.failures, MOST_FAILURES)})
    intent = before.intent
    if intent is not None:
        intent = intent.model_copy(update={"at": max(intent.at, NOW - GRACE)})
    bindings = sorted((replace(b, at=NOW) for b in before.bindings), key=lambda b: (b.pod_uid, b.private_ip))
    conditions = sorted((replace(c, last_transition_time=NOW) for c in before.conditions), key=lambda c: c.type)
    return _with(
        claim,
        intent=intent,
        retry=retry,
        bindings=tuple(bindings),
        conditions=tuple(conditions),
        pod_missing_since=None if before.pod_missing_since is None else _missing_since(claim),
        expires_at=None if before.expires_at is None else max(before.expires_at, NOW),
        address_missing_since=_no_later(before.address_missing_since, GRACE),
    )


def _aged(claim: Claim, by: timedelta) -> Claim:
    def earlier(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment - by

    before: Status = claim.status
    intent: Intent | None = before.intent
    return _with(
        claim,
        intent=None if intent is None else intent.model_copy(update={"at": intent.at - by}),
        retry=None if before.retry is None else before.retry.model_copy(update={"at": before.retry.at - by}),
        expires_at=earlier(before.expires_at),
        address_missing_since=earlier(before.address_missing_since),
    )


def token_of(claim: Claim, attempt: int) -> str:
    """The token of a purchase as it should be."""
    return identity.token(CLUSTER, claim.uid, attempt)


def patched(claim: Claim, patch: Mapping[str, object]) -> Claim:
    """The claim after a merge patch."""
    wire = claim.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Claim.model_validate(merge(wire, patch))
