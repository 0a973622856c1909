"""What is looked at in the cluster: that it answers, CRD, policy, clock, egress, sweeps, claims."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from eipctl.deployment import manifests
from eipctl.deployment.doctor.findings import Patient, Verdict, error, ok, warning
from eipctl.deployment.draining import claims
from eipctl.deployment.manifests import POLICIES
from eipctl.deployment.ports import Json, find
from shared.adapters.kubernetes import texts
from shared.adapters.kubernetes.client import path
from shared.core.errors import Ambiguous, Unavailable
from shared.core.identity import LEASE, SYSTEM_NAMESPACE

APPLY = "eipctl install"
SKEW, SHARP_SKEW = timedelta(seconds=30), timedelta(minutes=5)
STALE = timedelta(minutes=5)
WITH_POLICIES = (1, 30)
WITH_RULES = (1, 25)
SYSTEM = path("/api/v1", "namespaces", "kube-system")
AGENT = "ip-masq-agent"
MOST_NAMED = 5


async def answers(patient: Patient) -> Sequence[Verdict]:
    """Whether the apiserver does, and which one it is."""
    try:
        version = await patient.sides.cluster.send("GET", "/version")
    except (Ambiguous, Unavailable) as problem:
        return [error(f"no answer: {problem.message}", "is the cluster's endpoint open to this machine?")]
    if _release(version) < WITH_RULES:
        return [warning(f"Kubernetes {version['gitVersion']} drops the CRD's rules in CEL", "upgrade to 1.25 or newer")]
    return [ok(f"Kubernetes {version['gitVersion']}")]


async def crd(patient: Patient) -> Sequence[Verdict]:
    """Whether the CRD is there, established, and knows every field that this release writes."""
    (wanted,) = (one for one in manifests.read() if one.kind == "CustomResourceDefinition")
    found = await find(patient.sides.cluster, wanted.where)
    if found is None:
        return [error("the CRD is not installed", APPLY)]
    missing = set(_fields(_schema(wanted.content))) - set(_fields(_schema(found)))
    if missing:
        return [error(f"the CRD is older than this release: it drops {', '.join(sorted(missing))}", APPLY)]
    if not any(one["type"] == "Established" and one["status"] == "True" for one in found["status"]["conditions"]):
        return [error("the CRD is not established", "kubectl describe crd eipclaims.eipclaim.io")]
    if _schema(wanted.content) != _schema(found):
        return [warning("the CRD's schema is another than this release's", APPLY)]
    return [ok("as in deploy/crd.yaml")]


async def admission(patient: Patient) -> Sequence[Verdict]:
    """Whether the finalizer of claims is guarded."""
    version = await patient.sides.cluster.send("GET", "/version")
    if _release(version) < WITH_POLICIES:
        what = f"Kubernetes {version['gitVersion']} knows no admission policies: whoever patches claims may lose EIPs"
        return [warning(what, "upgrade to 1.30 or newer, or give nobody `patch eipclaims`")]
    found = {one.name: await find(patient.sides.cluster, one.where) for one in manifests.read() if one.kind in POLICIES}
    missing = [name for name, there in found.items() if there is None]
    if missing:
        return [error(f"not installed: {', '.join(missing)}", APPLY)]
    for one in manifests.read():
        there = found.get(one.name)
        if there is not None and not _within(one.content["spec"], there["spec"]):
            return [error(f"{one.name} is another than this release's", APPLY)]
    return [ok("finalizers are guarded")]


async def clock(patient: Patient) -> Sequence[Verdict]:
    """Whether this machine and the apiserver agree on the time: signatures and expiries hang on it."""
    await patient.sides.cluster.send("GET", "/version")
    apart = abs(patient.sides.cluster.now() - patient.clock())
    if apart < SKEW:
        return [ok(f"{apart.total_seconds():.0f} s between this machine and the apiserver")]
    what = f"{apart.total_seconds():.0f} s between this machine and the apiserver"
    make = error if apart >= SHARP_SKEW else warning
    return [make(what, "set the clocks by NTP: the cloud refuses signatures that are five minutes off")]


async def egress(patient: Patient) -> Sequence[Verdict]:
    """Whether pods' own traffic leaves by their EIPs."""
    cluster = patient.sides.cluster
    agent = await find(cluster, "/apis/apps/v1" + path("", "namespaces", "kube-system", "daemonsets", AGENT))
    config = await find(cluster, path(SYSTEM, "configmaps", f"{AGENT}-config"))
    if agent is None and config is None:
        return [ok("there is no ip-masq-agent")]
    try:
        content = texts.parse((config or {}).get("data", {}).get("config") or "{}")
    except ValueError:
        return [error("ConfigMap ip-masq-agent-config is not to be read", "mend its key `config`")]
    if isinstance(content, dict) and content.get("NonMasqueradeSrcCIDRs"):
        return [ok("ip-masq-agent lets sources pass: NonMasqueradeSrcCIDRs")]
    what = "ip-masq-agent hides EIPs behind the nodes when pods call out"
    todo = "add the pods' range to NonMasqueradeSrcCIDRs in kube-system/ip-masq-agent-config (docs/operations.md)"
    return [warning(what, todo)]


async def sweeps(patient: Patient) -> Sequence[Verdict]:
    """Whether `reclaim` has come lately."""
    where = "/apis/coordination.k8s.io/v1" + path("", "namespaces", SYSTEM_NAMESPACE, "leases", LEASE)
    lease = await find(patient.sides.cluster, where)
    if lease is None:
        return [
            error("no sweep has come yet: nothing is given back", "is reclaim deployed, with its timer and its token?")
        ]
    renewed = datetime.fromisoformat(str(lease["spec"]["renewTime"]).replace("Z", "+00:00"))
    age = patient.sides.cluster.now() - renewed
    if age > STALE:
        what = f"the last sweep came {age.total_seconds() / 60:.0f} minutes ago: nothing is given back"
        return [error(what, "look at the log of reclaim, and whether its timer is on")]
    return [ok(f"the last one came {max(age.total_seconds(), 0):.0f} s ago")]


async def blocked(patient: Patient) -> Sequence[Verdict]:
    """Which claims need a person."""
    found = await claims(patient.sides.cluster)
    stuck = [one for one in found if one.get("status", {}).get("phase") == "Blocked"]
    if not stuck:
        return [ok(f"none of {len(found)}")]
    reasons = Counter(reason(one) for one in stuck)
    told = ", ".join(f"{count} {name}" for name, count in reasons.most_common(MOST_NAMED))
    return [error(f"{len(stuck)} of {len(found)} claims are blocked: {told}", 'docs/operations.md, "Stuck claims"')]


def reason(claim: Json) -> str:
    """Why a claim is not ready."""
    conditions = claim.get("status", {}).get("conditions", ())
    return next((str(one["reason"]) for one in conditions if one["status"] != "True"), "Unknown")


def _release(version: Json) -> tuple[int, int]:
    """TKE's minor version ends in a plus."""
    return int(str(version["major"]).rstrip("+")), int(str(version["minor"]).rstrip("+"))


def _schema(found: Json) -> Any:  # noqa: ANN401 - a schema is JSON of any depth
    served = {one["name"]: one["schema"]["openAPIV3Schema"] for one in found["spec"]["versions"]}
    return served.get("v1alpha1", {})


def _fields(schema: Json, prefix: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield prefix + name
        yield from _fields(field.get("items", field), f"{prefix}{name}.")


def _within(wanted: Any, found: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether all that is wanted is there; the apiserver adds its defaults."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_within(value, found.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(found, list) and len(found) == len(wanted)
        return same and all(_within(one, other) for one, other in zip(wanted, found, strict=True))
    return bool(json.dumps(wanted) == json.dumps(found))
