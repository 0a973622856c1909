"""What a world's audit log and its cloud's calls tell: how long pods wait for their EIPs, and what that costs.

Our requests and calls are the price of the pods that were bound, but for those of the times in which nothing changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from eipctl.dev.world import World
from emulator.cloud.calls import CallRecord
from shared.core import identity

MINUTE_SECONDS = 60.0
SETTLING_SECONDS = 5.0
"""After the last change of several: who made it may still look."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """Requests to the apiserver of both our accounts, and calls to the cloud."""

    requests: float
    calls: float

    def __str__(self) -> str:
        """Both, as read by people."""
        return f"{self.requests:.3g} requests to the apiserver, {self.calls:.3g} calls to the cloud"


@dataclass(frozen=True)
class Figures:
    """Of each pod that was bound the seconds from its IP being known to its EIP being bound, in ascending order."""

    waits: Sequence[float]
    bound: Cost | None
    idle: Cost | None

    def percentile(self, percent: int) -> float:
        """The wait that so many percent of the pods did not exceed."""
        return self.waits[math.ceil(len(self.waits) * percent / 100) - 1]

    def __str__(self) -> str:
        """All of them, a line each."""
        if not self.waits:
            return "figures: no pod was bound"
        return (
            f"figures: {len(self.waits)} pods were bound\n"
            f"  from IP to EIP  p50 {self.percentile(50):.1f} s, p99 {self.percentile(99):.1f} s\n"
            f"  a bound pod     {self.bound}\n"
            f"  an idle minute  {self.idle or 'there was none'}"
        )


def of(world: World) -> Figures:
    """Those of a world up to now."""
    with world.cloud.lock:
        calls, transition = world.cloud.calls.since(), world.cloud.behaviour.transition_seconds
    return measure(list(audited(world.plane.audit_log)), calls, transition)


def audited(log: Path) -> Iterator[Record]:
    """What an audit log holds, with the part of it that was put aside."""
    for file in (*sorted(log.parent.glob(f"{log.stem}-*{log.suffix}")), log):
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):  # the last one is still being written
                yield json.loads(line)


def measure(records: Sequence[Record], calls: Sequence[CallRecord], transition_seconds: float) -> Figures:
    """The figures of a cloud that takes so long to bind."""
    waits = sorted(_waits(records, calls, transition_seconds))
    ours = [_at(record) for record in records if is_ours(record)]
    called = [call.at for call in calls]
    idle = list(_idle([_at(record) for record in records], sorted(_changes(records, calls))))

    def within(spans: Sequence[tuple[float, float]]) -> Cost:
        return Cost(*(sum(any(a < at <= b for a, b in spans) for at in times) for times in (ours, called)))

    spared, bound = within(idle), len(waits)
    price = Cost((len(ours) - spared.requests) / bound, (len(called) - spared.calls) / bound) if bound else None
    return Figures(waits, price, within([(idle[-1][1] - MINUTE_SECONDS, idle[-1][1])]) if idle else None)


def is_ours(record: Record) -> bool:
    """Whether one of our accounts asked. The apiserver knows no name of whom it answered 401."""
    username: str = record["user"].get("username", "")
    return username.startswith(f"system:serviceaccount:{identity.SYSTEM_NAMESPACE}:")


def _waits(records: Iterable[Record], calls: Iterable[CallRecord], transition_seconds: float) -> Iterator[float]:
    """Of each pod's first EIP; a private IP is that of the pod which got it last."""
    known: dict[str, tuple[float, str]] = {}
    for record in records:
        asked = record.get("requestObject") or {}
        ip = (asked.get("status") or {}).get("podIP") if record["verb"] == "patch" and _is_kubelet(record) else None
        if ip:
            known.setdefault(asked["metadata"]["uid"], (_at(record), ip))
    served: set[str] = set()
    for call in calls:
        if call.action != "AssociateAddress" or not call.done:
            continue
        here = [(at, uid) for uid, (at, ip) in known.items() if ip == call.params["PrivateIpAddress"] and at <= call.at]
        at, uid = max(here, default=(0.0, ""))
        if uid and uid not in served:  # else it got its IP before what the log still holds
            served.add(uid)
            yield call.at + transition_seconds - at


def _changes(records: Iterable[Record], calls: Iterable[CallRecord]) -> Iterator[float]:
    """When a pod, a claim or an EIP changed; the heartbeat of a sweep changes nothing."""
    for record in records:
        resource = record.get("objectRef", {}).get("resource")
        if record["verb"] not in {"get", "list", "watch"} and resource in {"pods", "eipclaims"}:
            yield _at(record)
    yield from (call.at for call in calls if call.changes)


def _idle(times: Sequence[float], changes: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The spans of a minute and more in which nothing changed."""
    for before, after in pairwise([min(times), *changes, max(times)] if times else []):
        if after - before >= SETTLING_SECONDS + MINUTE_SECONDS:
            yield before + SETTLING_SECONDS, after


def _is_kubelet(record: Record) -> bool:
    return "system:nodes" in record["user"].get("groups", ())


def _at(record: Record) -> float:
    return datetime.fromisoformat(record["stageTimestamp"].replace("Z", "+00:00")).timestamp()
