"""What the two roles of `eipctl dev` may do in the emulated cloud, and how long a function's keys last."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from eipctl.dev import roles, serverless
from emulator.cloud import Cloud, CloudError
from emulator.cloud.server import Server
from shared import runtime
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION
from shared.core.errors import Refused
from shared.core.table import Role

DENIED = "UnauthorizedOperation"
EIP = "eip-00000000"
CALLS: Mapping[str, Mapping[str, object]] = {
    "DescribeAddresses": {},
    "DescribeNetworkInterfaces": {},
    "AllocateAddresses": {"Tags": [{"Key": "eipclaim-cluster", "Value": "cls-dev"}]},
    "AssociateAddress": {"AddressId": EIP},
    "DisassociateAddress": {"AddressId": EIP},
    "ModifyAddressesBandwidth": {"AddressIds": [EIP], "InternetMaxBandwidthOut": 1},
    "ReleaseAddresses": {"AddressIds": [EIP]},
}
VARIABLES = {"DEPLOY_GIVE_ROLE": "give", "DEPLOY_TAKE_ROLE": "take"}


def answered(cloud: Cloud, role: Role, action: str) -> str:
    """The code of the answer to a call about an EIP of the cluster."""
    (address_id,) = cloud.console.buy(tags={"eipclaim-cluster": "cls-dev"})
    params = json.loads(json.dumps(CALLS[action]).replace(EIP, address_id))
    try:
        cloud.call("vpc", action, params, identity=role.value)
    except CloudError as error:
        return error.code
    return "OK"


@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_what_only_the_other_may_do(role: Role) -> None:
    cloud = Cloud(lambda: 0.0)
    roles.make(cloud, "cls-dev")
    with roles.issued(cloud, role):
        refused = {action for action in CALLS if answered(cloud, role, action) == DENIED}

    assert (
        refused
        == {
            Role.GIVE: {"ReleaseAddresses"},
            Role.TAKE: {"AllocateAddresses", "AssociateAddress", "ModifyAddressesBandwidth"},
        }[role]
    )


def test_a_function_has_the_role_that_serverless_yml_says() -> None:
    functions = serverless.read(VARIABLES).functions

    assert {name: one.role for name, one in functions.items()} == {
        "allocate": "give",
        "bind": "give",
        "reclaim": "take",
    }


async def test_credentials_are_new_for_each_invocation_and_refused_after_it() -> None:
    async def described(given: Mapping[str, str]) -> Mapping[str, object]:
        endpoint = f"http://{server.endpoint}"
        async with sdk.connect(SERVICE, VERSION, cloud.region, runtime.secret(given), endpoint=endpoint) as call:
            return await call("DescribeAddresses", {})

    cloud = Cloud()
    roles.make(cloud, "cls-dev")
    with Server(cloud) as server:
        with roles.issued(cloud, Role.GIVE) as first, roles.issued(cloud, Role.GIVE) as second:
            seen = [await described(given) for given in (first, second)]
        with pytest.raises(Refused, match=r"AuthFailure\.SecretIdNotFound"):
            await described(first)

    assert [one["TotalCount"] for one in seen] == [0, 0]
    assert not set(first.values()) & set(second.values())
