"""Faults to plant in a healthy installation, each with the check that has to find it; leaving one mends it."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from eipctl.deployment.account import Policy
from eipctl.deployment.doctor import account, findings
from eipctl.deployment.doctor.findings import Severity
from eipctl.deployment.manifests import Manifest, read
from eipctl.deployment.tokens import token_of
from emulator.cloud.faults import Fault
from shared.adapters.kubernetes.client import MERGE_PATCH
from shared.core import identity
from tests import crds
from tests.contract.worlds import claim
from tests.deployment.sites import CLUSTER_ID, TOPIC_ID, Site

ERROR, WARNING, UNKNOWN = Severity.ERROR, Severity.WARNING, Severity.UNKNOWN
Planting = Callable[[Site], AbstractAsyncContextManager[Mapping[str, str]]]
GIVE, TAKE = f"eipclaim-{CLUSTER_ID}-give", f"eipclaim-{CLUSTER_ID}-take"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{identity.SYSTEM_NAMESPACE}/leases/{identity.LEASE}"
CONFIG = "/api/v1/namespaces/kube-system/configmaps"
CLAIMS = f"/apis/{identity.API_VERSION}/namespaces/default/eipclaims"


@dataclass(frozen=True)
class Plant:
    """A fault, which check finds it, how bad that is, and a word that the finding must hold."""

    name: str
    planting: Planting
    check: str
    severity: Severity
    word: str


def manifest(name: str) -> Manifest:
    return next(one for one in read() if one.name == name)


@asynccontextmanager
async def old_crd(site: Site) -> AsyncIterator[Mapping[str, str]]:
    one = manifest("CustomResourceDefinition/eipclaims.eipclaim.io")
    found = await site.admin("GET", one.where)
    older = {**crds.without("intent.token"), "metadata": found["metadata"]}
    await site.admin("PUT", one.where, older)
    yield {}
    found = await site.admin("GET", one.where)
    await site.admin("PUT", one.where, {**crds.current(), "metadata": found["metadata"]})


def deleted(name: str) -> Planting:
    """An object of deploy/ is deleted."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        await site.admin("DELETE", manifest(name).where)
        yield {}
        await site.install()

    return plant


@asynccontextmanager
async def too_few_rights(site: Site) -> AsyncIterator[Mapping[str, str]]:
    one = manifest("ClusterRole/eipclaim-give")
    rules = [rule for rule in one.content["rules"] if rule["resources"] != ["pods/status"]]
    await site.admin("PATCH", one.where, {"rules": rules}, MERGE_PATCH)
    yield {}
    await site.install()


@asynccontextmanager
async def too_many_rights(site: Site) -> AsyncIterator[Mapping[str, str]]:
    subject = {"kind": "ServiceAccount", "name": identity.TAKE_ACCOUNT, "namespace": identity.SYSTEM_NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "planted"}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}]
    await site.admin("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "planted"}, "rules": rules})
    binding = {"metadata": {"name": "planted"}, "roleRef": role, "subjects": [subject]}
    await site.admin("POST", f"{RBAC}/clusterrolebindings", binding)
    yield {}
    for plural in ("clusterrolebindings", "clusterroles"):
        await site.admin("DELETE", f"{RBAC}/{plural}/planted")


@asynccontextmanager
async def no_secret(site: Site) -> AsyncIterator[Mapping[str, str]]:
    site.cloud.call("ssm", "DisableSecret", {"SecretName": TAKE})
    site.cloud.call("ssm", "DeleteSecret", {"SecretName": TAKE})
    yield {}
    await site.install()


def secret_with(make: Callable[[str], Mapping[str, Any]]) -> Planting:
    """The secret of give holds something else than install wrote."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        asked = {"SecretName": GIVE, "VersionId": "SSM_Current"}
        before = site.cloud.call("ssm", "GetSecretValue", asked)["SecretString"]
        token = await token_of(site.sides.cluster, identity.GIVE_ACCOUNT, timedelta(hours=1))
        content = {**json.loads(before), **make(token)}
        site.cloud.call("ssm", "UpdateSecret", {**asked, "SecretString": json.dumps(content)})
        yield {}
        site.cloud.call("ssm", "UpdateSecret", {**asked, "SecretString": before})

    return plant


def user(token: str) -> Mapping[str, Any]:
    return {"users": [{"name": identity.GIVE_ACCOUNT, "user": {"token": token}}]}


@asynccontextmanager
async def no_tag(site: Site) -> AsyncIterator[Mapping[str, str]]:
    site.cloud.call("tag", "DeleteTag", {"TagKey": identity.TAG_CLUSTER, "TagValue": CLUSTER_ID})
    yield {}
    await site.install()


@asynccontextmanager
async def another_policy(site: Site) -> AsyncIterator[Mapping[str, str]]:
    document = {"version": "2.0", "statement": [{"effect": "allow", "action": ["*"], "resource": ["*"]}]}
    site.cloud.call("cam", "UpdatePolicy", {"PolicyName": TAKE, "PolicyDocument": json.dumps(document)})
    yield {}
    await site.install()


@asynccontextmanager
async def one_policy_more(site: Site) -> AsyncIterator[Mapping[str, str]]:
    document = {"version": "2.0", "statement": [{"effect": "allow", "action": ["*"], "resource": ["*"]}]}
    made = {"PolicyName": "AdministratorAccess", "PolicyDocument": json.dumps(document)}
    policy_id = site.cloud.call("cam", "CreatePolicy", made)["PolicyId"]
    site.cloud.call("cam", "AttachRolePolicy", {"AttachRoleName": GIVE, "PolicyId": policy_id})
    yield {}
    site.cloud.call("cam", "DetachRolePolicy", {"DetachRoleName": GIVE, "PolicyId": policy_id})
    site.cloud.call("cam", "DeletePolicy", {"PolicyId": [policy_id]})


@asynccontextmanager
async def ipamd(site: Site) -> AsyncIterator[Mapping[str, str]]:
    document = {"version": "2.0", "statement": []}
    service = {"effect": "allow", "action": ["name/sts:AssumeRole"], "principal": {"service": ["ccs.qcloud.com"]}}
    trust = {"version": "2.0", "statement": [service]}
    made = {
        "PolicyName": account.IPAMD_EIP_POLICY,
        "PolicyDocument": json.dumps(
            {**document, "statement": [{"effect": "allow", "action": ["cvm:AllocateAddresses"], "resource": ["*"]}]}
        ),
    }
    policy_id = site.cloud.call("cam", "CreatePolicy", made)["PolicyId"]
    site.cloud.call("cam", "CreateRole", {"RoleName": account.IPAMD_ROLE, "PolicyDocument": json.dumps(trust)})
    site.cloud.call("cam", "AttachRolePolicy", {"AttachRoleName": account.IPAMD_ROLE, "PolicyId": policy_id})
    yield {}
    site.cloud.call("cam", "DetachRolePolicy", {"DetachRoleName": account.IPAMD_ROLE, "PolicyId": policy_id})
    site.cloud.call("cam", "DeleteRole", {"RoleName": account.IPAMD_ROLE})
    site.cloud.call("cam", "DeletePolicy", {"PolicyId": [policy_id]})


@asynccontextmanager
async def no_quota(site: Site) -> AsyncIterator[Mapping[str, str]]:
    behaviour = site.cloud.behaviour
    before, behaviour.address_quota = behaviour.address_quota, 0
    yield {}
    behaviour.address_quota = before


@asynccontextmanager
async def nothing_more_today(site: Site) -> AsyncIterator[Mapping[str, str]]:
    behaviour = site.cloud.behaviour
    before, behaviour.daily_quota = behaviour.daily_quota, 0
    yield {}
    behaviour.daily_quota = before


def told(**variables: str) -> Planting:
    """The operator has set something otherwise."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        del site
        yield variables

    return plant


@asynccontextmanager
async def no_audit_log(site: Site) -> AsyncIterator[Mapping[str, str]]:
    site.cloud.console.set_audit_log(CLUSTER_ID, None)
    yield {}
    site.cloud.console.set_audit_log(CLUSTER_ID, TOPIC_ID)


@asynccontextmanager
async def other_topic(site: Site) -> AsyncIterator[Mapping[str, str]]:
    site.cloud.console.set_audit_log(CLUSTER_ID, "topic-another")
    yield {}
    site.cloud.console.set_audit_log(CLUSTER_ID, TOPIC_ID)


def newest_record(seconds: float | None) -> Planting:
    """The audit log's newest record is so old; None: there is none."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        records = site.cloud.topics.find(TOPIC_ID).records
        before = list(records)
        records.clear()
        if seconds is not None:
            site.cloud.console.put_log(TOPIC_ID, {"verb": "create"}, at=site.cloud.clock() - seconds)
        yield {}
        records.clear()
        records.extend(before)

    return plant


def function_with(key: str, **change: Any) -> Planting:
    """A function is set up otherwise."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        function = site.cloud.functions.find(site.installation.function(key), "default")
        before, function.config = function.config, {**copy.deepcopy(dict(function.config)), **change}
        yield {}
        function.config = before

    return plant


@asynccontextmanager
async def not_deployed(site: Site) -> AsyncIterator[Mapping[str, str]]:
    title = site.installation.function("reclaim")
    function = site.cloud.functions.find(title, "default")
    site.cloud.functions.remove(title, "default")
    yield {}
    site.cloud.functions.add(function)


@asynccontextmanager
async def retried(site: Site) -> AsyncIterator[Mapping[str, str]]:
    function = site.cloud.functions.find(site.installation.function("allocate"), "default")
    before, function.retries = function.retries, 2
    yield {}
    function.retries = before


@asynccontextmanager
async def stopped(site: Site) -> AsyncIterator[Mapping[str, str]]:
    function = site.cloud.functions.find(site.installation.function("bind"), "default")
    before, function.reserved_mb = function.reserved_mb, 0
    yield {}
    function.reserved_mb = before


def without_trigger(key: str) -> Planting:
    """A function is woken by nothing."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        triggers = site.cloud.functions.find(site.installation.function(key), "default").triggers
        before = dict(triggers)
        triggers.clear()
        yield {}
        triggers.update(before)

    return plant


@asynccontextmanager
async def masquerading(site: Site) -> AsyncIterator[Mapping[str, str]]:
    config = json.dumps({"NonMasqueradeCIDRs": ["10.0.0.0/8"], "MasqLinkLocal": True})
    body = {"metadata": {"name": "ip-masq-agent-config"}, "data": {"config": config}}
    await site.admin("POST", CONFIG, body)
    yield {}
    await site.admin("DELETE", f"{CONFIG}/ip-masq-agent-config")


@asynccontextmanager
async def late_sweep(site: Site) -> AsyncIterator[Mapping[str, str]]:
    late = datetime.now(tz=timezone.utc) - timedelta(minutes=6)
    body = {"spec": {"renewTime": late.isoformat(timespec="microseconds").replace("+00:00", "Z")}}
    await site.admin("PATCH", LEASE, body, MERGE_PATCH)
    yield {}
    await site.sweep()


@asynccontextmanager
async def no_sweep(site: Site) -> AsyncIterator[Mapping[str, str]]:
    await site.admin("DELETE", LEASE)
    yield {}
    await site.sweep()


@asynccontextmanager
async def blocked(site: Site) -> AsyncIterator[Mapping[str, str]]:
    made = claim("web-0")
    made["metadata"].pop("finalizers")
    await site.admin("POST", CLAIMS, made)
    at = datetime.now(tz=timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    condition = {
        "type": "Allocated",
        "status": "False",
        "reason": "DailyQuota",
        "message": "",
        "lastTransitionTime": at,
    }
    status = {"status": {"phase": "Blocked", "conditions": [condition]}}
    await site.admin("PATCH", f"{CLAIMS}/web-0/status", status, MERGE_PATCH)
    yield {}
    await site.admin("DELETE", f"{CLAIMS}/web-0")


def refused(action: str) -> Planting:
    """The operator lacks a right in the account."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        site.cloud.faults.arm(Fault("code", action, times=100, code="UnauthorizedOperation"))
        yield {}
        site.cloud.faults.clear()

    return plant


PLANTS = (
    Plant("a CRD of an older release", old_crd, "crd", ERROR, "intent.token"),
    Plant("no binding of the policy", deleted("ValidatingAdmissionPolicyBinding/eipclaim-finalizer"), "admission", ERROR, "Binding"),
    Plant("a right too few", too_few_rights, "rights", ERROR, "may not patch pods/status"),
    Plant("a right too many", too_many_rights, "rights", ERROR, "eipclaim-take may patch pods"),
    Plant("a role without its binding", deleted("ClusterRoleBinding/eipclaim-take"), "rights", ERROR, "eipclaim-take may not"),
    Plant("no secret", no_secret, "rights", ERROR, TAKE),
    Plant("a token that is not taken", secret_with(lambda _: user("canary")), "rights", ERROR, "is not taken"),
    Plant("a token that ends soon", secret_with(user), "secrets", WARNING, "ends in 0.0 days"),
    Plant("an endpoint of another cluster", secret_with(lambda token: {**user(token), "clusters": [
        {"name": "cluster", "cluster": {"server": "https://10.9.9.9"}}]}), "secrets", WARNING, "ends in"),
    Plant("a secret that runs a program", secret_with(lambda _: {"users": [
        {"name": identity.GIVE_ACCOUNT, "user": {"exec": {}}}]}), "rights", ERROR, "exec is refused"),
    Plant("no tag", no_tag, "tags", ERROR, identity.TAG_CLUSTER),
    Plant("a policy that allows all", another_policy, "roles", ERROR, TAKE),
    Plant("a policy beside ours", one_policy_more, "roles", WARNING, "AdministratorAccess"),
    Plant("TKE's component buys EIPs too", ipamd, "other owners", ERROR, account.IPAMD_EIP_POLICY),
    Plant("the quota is used up", no_quota, "quota", ERROR, "TOTAL_EIP_QUOTA"),
    Plant("nothing more may be bought today", nothing_more_today, "quota", ERROR, "DAILY_EIP_APPLY"),
    Plant("no cap", told(EIPCLAIM_MAX_EIPS=""), "quota", WARNING, "no cap"),
    Plant("another VPC", told(EIPCLAIM_VPC_ID="vpc-another"), "cloud", ERROR, "vpc-emulated"),
    Plant("another cluster", told(EIPCLAIM_CLUSTER_ID="cls-another"), "cloud", ERROR, "cls-another"),
    Plant("no audit log", no_audit_log, "audit log", ERROR, "off"),
    Plant("the audit log goes elsewhere", other_topic, "audit log", ERROR, "topic-another"),
    Plant("the audit log comes late", newest_record(300.0), "audit log", WARNING, "s old"),
    Plant("the audit log does not come", newest_record(None), "audit log", ERROR, "no record"),
    Plant("a function is not deployed", not_deployed, "functions", WARNING, "reclaim is not deployed"),
    Plant("a time limit of SCF's default", function_with("bind", Timeout=3), "functions", ERROR, "Timeout is 3, not 55"),
    Plant("an environment that was wiped", function_with("allocate", Environment={"Variables": []}), "functions", ERROR, "EIPCLAIM_VPC_ID is None"),
    Plant("give's role for reclaim", function_with("reclaim", Role=GIVE), "functions", ERROR, "Role"),
    Plant("a timer's run is repeated", retried, "extras", ERROR, "retries"),
    Plant("bind is stopped", stopped, "extras", ERROR, "reservedMB"),
    Plant("no timer", without_trigger("reclaim"), "triggers", ERROR, "no timer"),
    Plant("no delivery", without_trigger("bind"), "triggers", ERROR, "audit log's topic"),
    Plant("EIPs are hidden on the way out", masquerading, "egress", WARNING, "ip-masq-agent"),
    Plant("the sweeps have stopped", late_sweep, "sweeps", ERROR, "6 minutes ago"),
    Plant("no sweep has come", no_sweep, "sweeps", ERROR, "no sweep"),
    Plant("a blocked claim", blocked, "claims", ERROR, "1 DailyQuota"),
    Plant("the operator may not see triggers", refused("ListTriggers"), "triggers", UNKNOWN, "could not be looked at"),
    Plant("the operator may not see the quota", refused("DescribeAddressQuota"), "quota", UNKNOWN, "could not be looked at"),
)  # fmt: skip
