"""What a case of the table is, how it is checked, and what the apiserver makes of a patch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.core.actions import Act, Action, Done, Publish, Respec, Update, Wait
from shared.core.claim import Claim
from shared.core.decide import decide
from shared.core.pod import Pod
from shared.core.policy import read
from shared.core.table import Role
from shared.core.world import World


@dataclass(frozen=True)
class Case:
    """In this world this rule decides, and `does` it: an action, or `Wait` or `Done` for every role."""

    reason: str
    rule: str
    world: World
    does: Action | type[Wait | Done]
    by: tuple[Role, ...] = ()
    until: datetime | None = None
    unless: tuple[tuple[World, str], ...] = field(default=())
    """Neighbours of the world in which another rule decides."""


def named(cases: Iterable[Case]) -> Mapping[str, Any]:
    """Arguments of `parametrize`."""
    cases = tuple(cases)
    return {"argnames": "case", "argvalues": cases, "ids": [f"{case.rule}: {case.reason}" for case in cases]}


def check(case: Case) -> None:
    """Who looks gets its act, or has to wait for who may; neighbours are decided by the rule that is named."""
    for role in Role:
        decision = decide(case.world, role)
        assert decision.rule == case.rule, f"{case.reason} ({role.value}): {decision}"
        if isinstance(case.does, type):
            assert isinstance(decision, case.does), f"{case.reason} ({role.value}): {decision}"
            assert getattr(decision, "until", None) == case.until, f"{case.reason} ({role.value}): {decision}"
        elif role in case.by:
            assert isinstance(decision, Act), f"{case.reason} ({role.value}): {decision}"
            assert decision.action == case.does, case.reason
        else:
            assert isinstance(decision, Wait), f"{case.reason} ({role.value}): {decision}"
    for neighbour, rule in case.unless:
        assert {decide(neighbour, role).rule for role in Role} == {rule}, f"unless: {case.reason}"


def merge(target: object, patch: object) -> object:
    """A JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def after(before: Claim, status: Mapping[str, object]) -> Claim:
    """The claim after a merge patch of its status."""
    wire = before.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Claim.model_validate(merge(wire, {"status": status}))


def written(w: World, action: Publish | Update | Respec) -> World:
    """The world after a deed within the cluster."""
    its_pod, its_claim = w.pod, w.claim
    if its_claim is None:
        return w
    wire = its_claim.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(action, Respec):
        metadata = {"finalizers": list(action.finalizers)} if action.finalizers else {}
        its_claim = Claim.model_validate(merge(wire, {"spec": action.spec, "metadata": metadata}))
    else:
        its_claim = after(its_claim, action.status)
    if isinstance(action, Publish) and its_pod is not None:
        told = {"conditions": [dict(action.condition)]} if action.condition is not None else {}
        patch = {"metadata": {"annotations": dict(action.annotations)}, "status": told}
        its_pod = Pod.model_validate(merge(its_pod.model_dump(mode="json", by_alias=True, exclude_none=True), patch))
    asked = read(its_pod, w.node, w.policy) if its_pod is not None else None
    return replace(w, claim=its_claim, pod=its_pod, asked=asked)
