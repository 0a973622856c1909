"""Faults to plant in the account of a healthy installation; leaving one mends it."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import yaml

from eipctl.deployment.doctor import account
from eipctl.deployment.tokens import token_of
from emulator.cloud.faults import Fault
from shared.core import identity
from tests.deployment.sites import CLUSTER_ID, TOPIC_ID, Planting, Site, kubeconfig_text

GIVE, TAKE = f"eipclaim-{CLUSTER_ID}-give", f"eipclaim-{CLUSTER_ID}-take"
ALL = {"version": "2.0", "statement": [{"effect": "allow", "action": ["*"], "resource": ["*"]}]}


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
    site.cloud.call("cam", "UpdatePolicy", {"PolicyName": TAKE, "PolicyDocument": json.dumps(ALL)})
    yield {}
    await site.install()


@asynccontextmanager
async def one_policy_more(site: Site) -> AsyncIterator[Mapping[str, str]]:
    made = {"PolicyName": "AdministratorAccess", "PolicyDocument": json.dumps(ALL)}
    policy_id = site.cloud.call("cam", "CreatePolicy", made)["PolicyId"]
    site.cloud.call("cam", "AttachRolePolicy", {"AttachRoleName": GIVE, "PolicyId": policy_id})
    yield {}
    site.cloud.call("cam", "DetachRolePolicy", {"DetachRoleName": GIVE, "PolicyId": policy_id})
    site.cloud.call("cam", "DeletePolicy", {"PolicyId": [policy_id]})


@asynccontextmanager
async def ipamd(site: Site) -> AsyncIterator[Mapping[str, str]]:
    service = {"effect": "allow", "action": ["name/sts:AssumeRole"], "principal": {"service": ["ccs.qcloud.com"]}}
    trust = {"version": "2.0", "statement": [service]}
    made = {"PolicyName": account.IPAMD_EIP_POLICY, "PolicyDocument": json.dumps(ALL)}
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


def function_with(key: str, **change: object) -> Planting:
    """A function is set up otherwise."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        function = site.cloud.functions.find(site.installation.function(key), "default")
        before, function.config = function.config, {**copy.deepcopy(dict(function.config)), **change}
        yield {}
        function.config = before

    return plant


def function_given(key: str, **variables: str | None) -> Planting:
    """A function has some of its variables otherwise, or not at all."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        function = site.cloud.functions.find(site.installation.function(key), "default")
        before = function.config
        given = {one["Key"]: one["Value"] for one in before["Environment"]["Variables"]} | variables
        pairs = [{"Key": name, "Value": value} for name, value in given.items() if value is not None]
        function.config = {**before, "Environment": {"Variables": pairs}}
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
async def other_ca(site: Site) -> AsyncIterator[Mapping[str, str]]:
    """The API tells of a cluster with another CA than the kubeconfig's."""
    kubeconfig = kubeconfig_text(site.plane)
    content, pem = yaml.safe_load(kubeconfig), "-----BEGIN CERTIFICATE-----\nQU5PVEhFUg==\n-----END CERTIFICATE-----\n"
    content["clusters"][0]["cluster"]["certificate-authority-data"] = base64.b64encode(pem.encode()).decode()
    site.cloud.console.set_kubeconfig(CLUSTER_ID, yaml.safe_dump(content))
    yield {}
    site.cloud.console.set_kubeconfig(CLUSTER_ID, kubeconfig)


@asynccontextmanager
async def no_private_access(site: Site) -> AsyncIterator[Mapping[str, str]]:
    site.cloud.console.set_kubeconfig(CLUSTER_ID, None)
    yield {}
    site.cloud.console.set_kubeconfig(CLUSTER_ID, kubeconfig_text(site.plane))


def refused(action: str) -> Planting:
    """The operator lacks a right in the account."""

    @asynccontextmanager
    async def plant(site: Site) -> AsyncIterator[Mapping[str, str]]:
        site.cloud.faults.arm(Fault("code", action, times=100, code="UnauthorizedOperation"))
        yield {}
        site.cloud.faults.clear()

    return plant
