"""The demo's story with the rights of `deploy/cam` alone: what is granted is enough, and nothing of it is idle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

import pytest

from eipctl.demo import stage as demo
from eipctl.demo.script import SCENES, play
from eipctl.demo.stage import EXAMPLES, Stage
from emulator.cloud import CloudError, Key
from emulator.cloud.account import UIN
from emulator.cloud.cam.documents import Statement, read
from shared.adapters.cloud import sdk
from shared.core import identity
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings

CAM = Path(__file__).parents[2] / "deploy" / "cam"
OTHER = "cls-other"
DENIED = "UnauthorizedOperation"
OWN_TAGS = [{"Key": key, "Value": value} for key, value in identity.tags(demo.CLUSTER_ID).items()]


def document(role: Role, stage: Stage, cluster: str) -> str:
    values = {"region": stage.cloud.region, "uin": UIN, "creator": UIN, "cluster": cluster}
    return Template((CAM / f"{role.value}-policy.json").read_text(encoding="utf-8")).substitute(values)


def staged(cluster: str = demo.CLUSTER_ID) -> Stage:
    """The demo's world with the two roles that an installation of that cluster makes, a key and a secret of each."""
    stage = Stage(connect=as_its_role)
    for role in Role:
        stage.cloud.console.create_role(role.value, [document(role, stage, cluster)])
        stage.cloud.credentials[role.value] = Key("key", role.value, role=role.value)
        stage.cloud.console.create_secret(f"eipclaim-{demo.CLUSTER_ID}-{role.value}", "{}")
    return stage


@asynccontextmanager
async def as_its_role(stage: Stage, settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
    """As the demo, but with the key that SCF would give a function of that role."""
    del secret
    async with demo.over_http(stage, settings, sdk.Secret(role.value, "key"), role) as ports:
        yield ports


def call(stage: Stage, role: Role, service: str, action: str, params: Mapping[str, object]) -> str:
    """What comes of one call of a role."""
    try:
        stage.cloud.call(service, action, params, identity=role.value)
    except CloudError as error:
        return error.code
    return "OK"


def kinds(statement: Statement) -> set[str]:
    return {resource.rpartition(":")[2].split("/")[0] for resource in statement.resources}


def granted(stage: Stage) -> set[tuple[str, str, str]]:
    """(role, action, kind of resource), an action's two spellings being one right."""
    return {
        (role.value, action.partition(":")[2], kind)
        for role in Role
        for statement in read(document(role, stage, demo.CLUSTER_ID))
        for action in statement.actions
        for kind in kinds(statement)
    }


def used(stage: Stage) -> set[tuple[str, str, str]]:
    return {
        (use.role, use.access.action.partition(":")[2], use.access.resource.rpartition(":")[2].split("/")[0])
        for use in stage.cloud.access.uses
        if use.allowed
    }


def secret(role: Role) -> Mapping[str, object]:
    return {"SecretName": f"eipclaim-{demo.CLUSTER_ID}-{role.value}", "VersionId": "1"}


def test_the_rights_of_the_documents_are_enough_and_all_of_them_are_used() -> None:
    stage = staged()

    steps = [step for _, step in play(stage, SCENES)]
    refused = [use for use in stage.cloud.access.uses if not use.allowed]

    assert [step for step in steps if not step.ok] == []
    assert len(steps) == len(SCENES)
    assert refused == []
    # What the story has no occasion for: an EIP that is bound when it is taken, another bandwidth, a kubeconfig in SSM.
    stage.apply(EXAMPLES / "deployment.yaml")
    stage.until_served(stage.until_pod_of("web"))
    (address,) = stage.cloud.holdings()
    for role in (Role.TAKE, Role.GIVE):
        call(stage, role, "vpc", "DisassociateAddress", {"AddressId": address.address_id})
        call(stage, role, "ssm", "GetSecretValue", secret(role))
    faster = {"AddressIds": [address.address_id], "InternetMaxBandwidthOut": 50}
    call(stage, Role.GIVE, "vpc", "ModifyAddressesBandwidth", faster)
    assert used(stage) == granted(stage)


@pytest.mark.parametrize("role", Role)
def test_the_roles_of_another_cluster_of_the_account_change_nothing_here(role: Role) -> None:
    """Not by any call that either role has, with this cluster's tags, on its EIPs, or for its secrets."""
    stage = staged(OTHER)
    allocated = {"Tags": OWN_TAGS, "ClientToken": "token"}
    stage.cloud.call("vpc", "AllocateAddresses", allocated)
    stage.pass_time(5)
    (address,) = stage.cloud.holdings()
    one, some = {"AddressId": address.address_id}, {"AddressIds": [address.address_id]}
    interface = next(iter(stage.cloud.interfaces)).interface_id
    calls: Mapping[str, Mapping[str, object]] = {
        "AllocateAddresses": {**allocated, "ClientToken": "another"},
        "AssociateAddress": {**one, "NetworkInterfaceId": interface, "PrivateIpAddress": "10.0.0.9"},
        "DisassociateAddress": one,
        "ModifyAddressesBandwidth": {**some, "InternetMaxBandwidthOut": 1},
        "ReleaseAddresses": some,
    }

    answers = {action: call(stage, role, "vpc", action, params) for action, params in calls.items()}

    assert answers == dict.fromkeys(calls, DENIED)
    assert call(stage, role, "ssm", "GetSecretValue", secret(role)) == DENIED
    assert stage.cloud.holdings() == (address,)


def test_neither_role_can_do_what_makes_the_other_dangerous() -> None:
    stage = staged()
    stage.cloud.call("vpc", "AllocateAddresses", {"Tags": OWN_TAGS})
    stage.pass_time(5)
    (address,) = stage.cloud.holdings()

    released = call(stage, Role.GIVE, "vpc", "ReleaseAddresses", {"AddressIds": [address.address_id]})
    bought = call(stage, Role.TAKE, "vpc", "AllocateAddresses", {"Tags": OWN_TAGS})
    untagged = call(stage, Role.GIVE, "vpc", "AllocateAddresses", {})
    read_by_give = call(stage, Role.GIVE, "ssm", "GetSecretValue", secret(Role.TAKE))
    read_by_take = call(stage, Role.TAKE, "ssm", "GetSecretValue", secret(Role.GIVE))

    assert [released, bought, untagged, read_by_give, read_by_take] == [DENIED] * 5
