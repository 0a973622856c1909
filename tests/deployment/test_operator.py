"""An operator with the rights of `deploy/cam/operator-policy.json` alone installs, asks the doctor, and tears down."""

from __future__ import annotations

import json

from eipctl.deployment import account
from eipctl.deployment.ports import Json
from emulator.cloud import Key
from emulator.cloud.account import UIN
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from tests.deployment.sites import CLUSTER_ID, Site

OPERATOR = "operator"
ELSEWHERE = {
    # what somebody changed, or a token past half its life, is put right
    "UpdatePolicy", "UpdateAssumeRolePolicy", "UpdateSecret", "EnableSecret", "RestoreSecret",
    "DeleteReservedConcurrencyConfig",
    # `eipctl invoke --remote`, by the API's name and by CAM's; `eipctl plan`
    "Invoke", "InvokeFunction", "DescribeNetworkInterfaces",
}  # fmt: skip
"""What an operator has other occasions for than to install once and to tear down."""


def become_operator(site: Site) -> None:
    """From now on the commands are allowed no more than that."""
    site.cloud.console.create_role(OPERATOR, [json.dumps(_document(site))])
    site.cloud.credentials[DEFAULT_SECRET_ID] = Key(DEFAULT_SECRET_KEY, OPERATOR, role=OPERATOR)


def _document(site: Site) -> Json:
    values = {"region": site.cloud.region, "uin": UIN, "creator": UIN, "cluster": CLUSTER_ID}
    return account.document("operator-policy", values)


def name(action: str) -> str:
    return action.partition(":")[2]


async def test_the_operator_s_rights_are_enough_for_all_three_commands(site: Site) -> None:
    become_operator(site)

    await site.install()
    site.deploy()
    await site.install()
    await site.serve("web-0", "10.0.0.101")
    await site.sweep()
    findings = await site.examine()
    await site.end("web-0")
    site.undeploy()
    left = await site.teardown()

    uses = [use for use in site.cloud.access.uses if use.role == OPERATOR]
    assert [f"{use.access.action} on {use.access.resource}" for use in uses if not use.allowed] == []
    assert left == []
    assert [one for one in findings if "nauthorized" in str(one)] == []
    granted = {name(action) for one in _document(site)["statement"] for action in one["action"]}
    assert granted - {name(use.access.action) for use in uses} == ELSEWHERE
