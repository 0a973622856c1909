"""What is looked at in the account: that it answers, tags, roles, secrets, quota, other owners, the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from eipctl.deployment import installation
from eipctl.deployment.absence import code, find, is_key_refused
from eipctl.deployment.account import pages
from eipctl.deployment.belonging import CURE, differ
from eipctl.deployment.changes import Resource, change
from eipctl.deployment.doctor.findings import Patient, Verdict, error, ok, unknown, warning
from eipctl.deployment.ports import Json
from eipctl.deployment.tokens import Kubeconfig
from shared.core.errors import Ambiguous, Refused, Unavailable
from shared.core.policy import DEFAULT_PREFIX

INSTALL = "eipctl install"
IPAMD_ROLE = "IPAMDofTKE_QCSRole"
IPAMD_EIP_POLICY = "QcloudAccessForIPAMDRoleInQcloudAllocateEIP"
OWN_PREFIX = "eipclaim.io"
SKEWED = frozenset({"AuthFailure.SignatureExpire", "AuthFailure.SignatureFailure"})
FEW_DAYS = timedelta(days=7)
TOTAL, DAILY, REASSIGN = "TOTAL_EIP_QUOTA", "DAILY_EIP_APPLY", ("DAILY_EIP_ASSIGN", "DAILY_PUBLIC_IP_ASSIGN")
SCARCE = 0.2
PRIVATE_ACCESS = "switch it on (TKE console, Basic information), or give --server to every install and doctor"
WINDOW, LAG = timedelta(minutes=15), timedelta(minutes=2)


async def answers(patient: Patient) -> Sequence[Verdict]:
    """Whether the cloud's API does, takes our signature, and knows the cluster."""
    try:
        caller = await patient.sides.cloud.call("cam", "GetUserAppId", {})
        asked = {"ClusterIds": [patient.installation.cluster_id]}
        listed = await find(patient.sides.cloud, "tke", "DescribeClusters", asked)
    except (Ambiguous, Unavailable) as problem:
        return [error(f"no answer: {problem.message}", "is tencentcloudapi.com reachable from this machine?")]
    except Refused as problem:
        return [_refused(problem)]
    if listed is None or not listed["Clusters"]:
        what = f"the account {caller['OwnerUin']} has no cluster {patient.installation.cluster_id} in this region"
        return [error(what, "are EIPCLAIM_CLUSTER_ID and TENCENTCLOUD_REGION right?")]
    vpc = str(listed["Clusters"][0]["ClusterNetworkSettings"]["VpcId"])
    if vpc != patient.installation.settings.vpc_id:
        return [
            error(f"the cluster is in {vpc}, not in {patient.installation.settings.vpc_id}", f"EIPCLAIM_VPC_ID={vpc}")
        ]
    return [ok(f"account {caller['OwnerUin']}")]


def _refused(problem: Refused) -> Verdict:
    """What to do about it; raises what is no matter of key or region."""
    if code(problem) in SKEWED:
        return error(f"the signature is refused: {problem.message}", "right key? right time on this machine?")
    if code(problem) == "UnsupportedRegion":
        return error(f"there is no such region: {problem.message}", "is TENCENTCLOUD_REGION right?")
    if is_key_refused(problem):
        return error(f"the key is refused: {problem.message}", "are TENCENTCLOUD_SECRETID and its key right?")
    raise problem


async def endpoint(patient: Patient) -> Sequence[Verdict]:
    """Whether the kubeconfig is of the cluster that the settings name, and the functions have a way to it."""
    wanted = patient.installation.cluster_id
    reply = await patient.sides.cloud.call("tke", "DescribeClusterEndpoints", {"ClusterId": wanted})
    if differ(patient.own.ca, reply["CertificationAuthority"]):
        return [error(f"the kubeconfig is of another cluster than {wanted}: their CAs differ", CURE)]
    if patient.server:
        return [ok(f"the functions use {patient.server}, as --server says")]
    if not reply["ClusterIntranetEndpoint"]:
        what = f"the cluster's private access is off: the functions use {patient.own.server}, as your kubeconfig does"
        return [warning(what, PRIVATE_ACCESS)]
    return [ok(f"the functions use the private access, {reply['ClusterIntranetEndpoint']}")]


async def tags(patient: Patient) -> Sequence[Verdict]:
    """Whether the tags that every purchase carries exist."""
    return await _as_installed(patient, patient.installation.tags(), "nothing can be bought without it")


async def roles(patient: Patient) -> Sequence[Verdict]:
    """Whether the functions' two roles have the rights of `deploy/cam`, and no others."""
    parts = await installation.parts(patient.installation, patient.sides, patient.own, patient.server)
    found = list(await _as_installed(patient, [*parts.policies, *parts.roles], "the functions' rights are others"))
    for role in parts.roles:
        more = {str(one["PolicyName"]) for one in await role.attached(patient.sides.cloud)} - {role.policy.title}
        if more:
            found.append(
                warning(
                    f"{role.name} has other policies too: {', '.join(sorted(more))}", "detach what it must not have"
                )
            )
    return found


async def secrets(patient: Patient) -> Sequence[Verdict]:
    """Whether the functions' kubeconfigs lead to this cluster, and how long their tokens are good."""
    parts = await installation.parts(patient.installation, patient.sides, patient.own, patient.server)
    return [verdict for one in parts.secrets for verdict in await _secret(patient, one)]


async def _secret(patient: Patient, secret: Kubeconfig) -> Sequence[Verdict]:
    token = await secret.token(patient.sides)
    left = token.until - patient.sides.cluster.now() if token else FEW_DAYS
    if left <= timedelta():
        return [error(f"{secret.name}: its token has ended: the functions cannot reach the cluster", INSTALL)]
    if left < FEW_DAYS:
        return [warning(f"{secret.name}: its token ends in {left.total_seconds() / 86400:.1f} days", INSTALL)]
    return await _as_installed(patient, [secret], "the functions cannot reach the cluster by it")


async def quota(patient: Patient) -> Sequence[Verdict]:
    """What the account may still have, against the caps."""
    reply = await patient.sides.cloud.call("vpc", "DescribeAddressQuota", {})
    left = {str(one["QuotaId"]): (int(one["QuotaCurrent"]), int(one["QuotaLimit"])) for one in reply["QuotaSet"]}
    verdicts = [_room(left, name) for name in (TOTAL, DAILY, *(one for one in REASSIGN if one in left))]
    cap, limit = patient.installation.settings.max_eips, left.get(TOTAL, (0, 0))[1]
    if cap is None:
        verdicts.append(warning("no cap: one namespace can use up the account's EIPs", "set EIPCLAIM_MAX_EIPS"))
    elif cap > limit:
        verdicts.append(
            warning(f"EIPCLAIM_MAX_EIPS={cap} is above the region's quota of {limit}", "lower it, or raise the quota")
        )
    return verdicts


def _room(left: dict[str, tuple[int, int]], name: str) -> Verdict:
    if name not in left:
        return unknown(f"the API tells nothing of {name}", "look it up in the console")
    used, limit = left[name]
    todo = "free some, or have it raised by a ticket" if name == TOTAL else "wait until tomorrow, or have it raised"
    what = f"{name}: {used} of {limit} used"
    if used >= limit:
        return error(what, todo)
    return warning(what, todo) if limit - used < SCARCE * limit else ok(what)


async def others(patient: Patient) -> Sequence[Verdict]:
    """Whether TKE's own component acts on the same annotations."""
    cloud, prefix = patient.sides.cloud, patient.installation.settings.annotation_prefix
    if await find(cloud, "cam", "GetRole", {"RoleName": IPAMD_ROLE}) is None:
        return [ok(f"there is no role {IPAMD_ROLE}: any prefix is safe")]
    attached = [one async for one in pages(cloud, "ListAttachedRolePolicies", {"RoleName": IPAMD_ROLE})]
    if not any(one["PolicyName"] == IPAMD_EIP_POLICY for one in attached):
        return [ok(f"{IPAMD_ROLE} may not buy EIPs: the prefix {DEFAULT_PREFIX} is safe")]
    if prefix == DEFAULT_PREFIX:
        what = f"{IPAMD_ROLE} has {IPAMD_EIP_POLICY}: TKE's component acts on {prefix}/eip-attributes too"
        return [error(what, f"detach that policy, or set EIPCLAIM_ANNOTATION_PREFIX={OWN_PREFIX}")]
    return [ok(f"TKE's component buys EIPs too, by another prefix than {prefix}")]


async def audit_log(patient: Patient) -> Sequence[Verdict]:
    """Whether the cluster's audit log is on, goes where `bind` listens, and what comes late."""
    wanted = patient.installation
    reply = await patient.sides.cloud.call("tke", "DescribeLogSwitches", {"ClusterIds": [wanted.cluster_id]})
    audit: Json = next((one["Audit"] for one in reply["SwitchSet"] or () if one["ClusterId"] == wanted.cluster_id), {})
    if not audit.get("Enable"):
        what = "the cluster's audit log is off: EIPs come with the sweeps only, up to two minutes late"
        return [error(what, "switch it on: TKE console, Operations, Audit (it restarts kube-apiserver)")]
    topic, region = str(audit["TopicId"]), str(audit.get("TopicRegion") or "")
    if region and region != wanted.settings.region:
        what = f"the audit log goes to {region}: CLS wakes functions of its own region only"
        return [error(what, f"have it go to {wanted.settings.region}")]
    if wanted.topic_id != topic:
        what = f"the audit log goes to the topic {topic}, not to {wanted.topic_id or 'one that is named here'}"
        return [error(what, f"DEPLOY_AUDIT_TOPIC_ID={topic}, then scf deploy")]
    return [await _lag(patient, topic)]


async def _lag(patient: Patient, topic: str) -> Verdict:
    now = patient.sides.cluster.now()
    asked = {
        "TopicId": topic,
        "From": int((now - WINDOW).timestamp() * 1000),
        "To": int((now + WINDOW).timestamp() * 1000),
        "QueryString": "*",
        "QuerySyntax": 1,
        "Sort": "desc",
        "Limit": 1,
    }
    results = (await patient.sides.cloud.call("cls", "SearchLog", asked)).get("Results") or ()
    if not results:
        return error("no record in the audit log's topic for 15 minutes", "is the log agent of the control plane well?")
    age = now - datetime.fromtimestamp(int(results[0]["Time"]) / 1000, timezone.utc)
    if age > LAG:
        return warning(
            f"the newest audit record is {age.total_seconds():.0f} s old", "EIPs come late: look at CLS's collection"
        )
    return ok(f"on; the newest record is {max(age.total_seconds(), 0):.0f} s old")


async def _as_installed(patient: Patient, resources: Sequence[Resource], harm: str) -> Sequence[Verdict]:
    """A verdict on each that is not as install makes it, or one that all are."""
    found = [change(one.name, await one.look(patient.sides)) for one in resources]
    wrong = [error(f"{one.name} is {_wrong(one.verb.value)}: {harm}", INSTALL) for one in found if one is not None]
    return wrong or [ok(", ".join(one.name for one in resources))]


def _wrong(verb: str) -> str:
    return {"create": "missing", "update": "not as install makes it"}.get(verb, verb)
