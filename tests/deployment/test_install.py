"""install: what is missing is made, what is right is left alone, and a run that died is carried on."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from eipctl.deployment import manifests
from eipctl.deployment.tokens import token_of
from shared.adapters.kubernetes import kubeconfig
from shared.adapters.kubernetes.client import MERGE_PATCH
from shared.core import identity
from tests.deployment import states
from tests.deployment.dying import Through, outlived
from tests.deployment.sites import CLUSTER_ID, TOPIC_ID, Site

GIVE = f"eipclaim-{CLUSTER_ID}-give"


def aged(token: str, by: timedelta) -> str:
    """A token that says it was made so much earlier; nobody would take it."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    earlier = {name: claims[name] - int(by.total_seconds()) for name in ("iat", "exp")}
    written = base64.urlsafe_b64encode(json.dumps({**claims, **earlier}).encode()).decode().rstrip("=")
    return f"{head}.{written}.{signature}"


async def test_a_second_install_changes_nothing(site: Site) -> None:
    assert await site.install() == []
    site.deploy()
    assert await site.install() == []

    again = Through()
    assert await site.plan() == []
    assert await site.install(again) == []
    assert again.changes == []


@pytest.mark.exhaustive
async def test_a_process_that_dies_after_every_call_gets_there_and_makes_no_call_twice(site: Site) -> None:
    """Each run makes one call and is gone."""
    await site.install()
    site.deploy()
    whole = Through()
    await site.install(whole)
    before = await site.state()
    site.undeploy()
    await site.teardown()
    clean = Through()
    await site.install(clean)
    await site.teardown()

    made: list[str] = []
    for _ in range(100):
        through = Through(1)
        left = await outlived(site.install(through))
        if left is not None:
            break
        made += through.changes

    assert left == []
    assert made == clean.changes
    assert len(made) > 20
    site.deploy()
    await site.install()
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_what_somebody_changed_is_shown_and_put_right(site: Site) -> None:
    await site.install()
    (role,) = (one for one in manifests.read() if one.name == "ClusterRole/eipclaim-give")
    await site.admin("PATCH", role.where, {"rules": []}, MERGE_PATCH)

    (change,) = await site.plan()
    assert change.name == "ClusterRole/eipclaim-give"
    assert any("eipclaims" in line and line.startswith("+") for line in change.lines)
    assert await site.install() == []


async def test_the_secrets_hold_kubeconfigs_that_work_and_nobody_is_shown_them(site: Site) -> None:
    changes = await site.plan()
    await site.install()

    asked = {"SecretName": GIVE, "VersionId": "SSM_Current"}
    access = kubeconfig.read(site.cloud.call("ssm", "GetSecretValue", asked)["SecretString"])
    assert (access.server, access.certificate) == (site.own.server, None)
    assert access.token
    shown = "\n".join(line for one in changes for line in one.told())
    assert access.token not in shown


async def test_a_token_past_half_its_life_is_renewed(site: Site) -> None:
    await site.install()
    asked = {"SecretName": GIVE, "VersionId": "SSM_Current"}
    content = json.loads(site.cloud.call("ssm", "GetSecretValue", asked)["SecretString"])
    token = await token_of(site.sides.cluster, identity.GIVE_ACCOUNT, timedelta(minutes=10))
    content["users"][0]["user"]["token"] = aged(token, timedelta(minutes=6))
    site.cloud.call("ssm", "UpdateSecret", {**asked, "SecretString": json.dumps(content)})

    (change,) = await site.plan()
    assert change.name == f"secret {GIVE}"
    assert await site.install() == []


async def test_a_token_of_an_account_that_was_made_anew_is_renewed(site: Site) -> None:
    await site.install()
    (account,) = (one for one in manifests.read() if one.name == "ServiceAccount/eipclaim-give")
    await account.remove(site.sides)

    names = {one.name for one in await site.plan()}
    assert names == {"ServiceAccount/eipclaim-give", f"secret {GIVE}"}
    assert await site.install() == []


async def test_functions_that_are_deployed_get_what_their_component_cannot_set(site: Site) -> None:
    await site.install()
    site.deploy()
    await site.install()

    functions = {one.name.rsplit("-", 1)[-1]: one for one in site.cloud.functions}
    assert {key: (one.retries, one.reserved_mb) for key, one in functions.items()} == {
        "allocate": (0, None),
        "bind": (2, 4 * 256),
        "reclaim": (0, None),
    }
    assert [one.function for one in site.cloud.topics.find(TOPIC_ID).deliveries] == [functions["bind"].name]
