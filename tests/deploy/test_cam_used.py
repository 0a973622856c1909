"""What `deploy/cam` grants is what the functions use: the demo's story is played with the keys of the roles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from eipctl.demo.script import SCENES, play
from eipctl.demo.stage import CLUSTER_ID, Stage, over_http
from eipctl.dev import roles
from emulator.cloud import CloudError
from shared import runtime
from shared.adapters.cloud import sdk
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings
from tests import cam
from tests.loop.scenes import PREFIX, pod


@asynccontextmanager
async def as_itself(stage: Stage, settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
    """Each function with a key of its role in place of one that may do everything."""
    del secret
    with roles.issued(stage.cloud, role) as given:
        async with over_http(stage, settings, runtime.secret(given), role) as ports:
            yield ports


@pytest.fixture(scope="module")
def played() -> Stage:
    """The demo, then what it leaves out: another bandwidth, and EIPs that both roles have to unbind."""
    stage = Stage(connect=as_itself)
    roles.make(stage.cloud, CLUSTER_ID)
    assert [step for _, step in play(stage, SCENES) if not step.ok] == []

    stage.cluster.apply(pod("web-0", eip_claim_delete_policy="Never"))
    stage.until_served("web-0")
    stage.cluster.annotate("Pod", "default", "web-0", {f"{PREFIX}/eip-attributes": '{"Bandwidth":"5"}'})
    stage.until("it is slower", lambda: stage.cloud.holdings()[0].bandwidth == 5)
    stage.cloud.behaviour.unbind_with_private_ip = False
    stage.delete("Pod", "web-0")
    stage.pass_time(5)
    stage.cluster.apply(pod("web-0", eip_claim_delete_policy="Never"))
    stage.until_served("web-0")
    stage.delete("Pod", "web-0")
    stage.delete("EIPClaim", "web-0")
    stage.until("no EIP is left", lambda: not stage.cloud.holdings())

    for role in Role:
        name = f"eipclaim-{CLUSTER_ID}-{role.value}"
        stage.cloud.console.create_secret(name, "kubeconfig")
        with roles.issued(stage.cloud, role):
            read(stage, role, name)
    return stage


def read(stage: Stage, role: Role, name: str) -> None:
    """As the functions read their kubeconfig."""
    params = {"SecretName": name, "VersionId": "SSM_Current"}
    stage.cloud.call("ssm", "GetSecretValue", params, identity=role.value)


@pytest.mark.parametrize("role", Role)
def test_what_a_role_is_granted_is_what_it_uses(played: Stage, role: Role) -> None:
    assert cam.used(played.cloud, role) == cam.granted(role)


def test_no_role_is_refused_anything(played: Stage) -> None:
    assert list(cam.refused(played.cloud)) == []


@pytest.fixture
def other() -> Iterator[Stage]:
    """A world of its own, whose account has an EIP of another cluster too, and the secrets of both roles."""
    stage = Stage(connect=as_itself)
    roles.make(stage.cloud, CLUSTER_ID)
    stage.cloud.console.buy(tags={"eipclaim-cluster": "cls-other"})
    for role in Role:
        stage.cloud.console.create_secret(f"eipclaim-{CLUSTER_ID}-{role.value}", "kubeconfig")
    with roles.issued(stage.cloud, Role.GIVE), roles.issued(stage.cloud, Role.TAKE):
        yield stage


def test_neither_role_reads_the_secret_of_the_other_or_touches_the_eip_of_another_cluster(other: Stage) -> None:
    (address,) = other.cloud.holdings()
    for role, foreign in ((Role.GIVE, Role.TAKE), (Role.TAKE, Role.GIVE)):
        with pytest.raises(CloudError, match="no permission"):
            read(other, role, f"eipclaim-{CLUSTER_ID}-{foreign.value}")
    with pytest.raises(CloudError, match="no permission"):
        other.cloud.call("vpc", "ReleaseAddresses", {"AddressIds": [address.address_id]}, identity="take")

    assert other.cloud.holdings() == (address,)


def test_nothing_is_bought_without_the_tag_of_the_cluster(other: Stage) -> None:
    tags = [{"Key": "eipclaim-cluster", "Value": "cls-other"}]
    for params in ({}, {"Tags": tags}):
        with pytest.raises(CloudError, match="no permission"):
            other.cloud.call("vpc", "AllocateAddresses", params, identity="give")

    assert len(other.cloud.holdings()) == 1
