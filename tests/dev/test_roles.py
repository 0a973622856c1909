"""What the two roles of `eipctl dev` may do in the emulated cloud, and whose keys a function gets."""

from __future__ import annotations

import pytest

from eipctl.dev import roles, serverless
from eipctl.dev.roles import RIGHTS
from emulator.cloud import Cloud, CloudError
from shared.core.table import Role

DENIED = "AuthFailure.UnauthorizedOperation"
VARIABLES = {"DEPLOY_GIVE_ROLE": "give", "DEPLOY_TAKE_ROLE": "take"}


def answered(cloud: Cloud, role: Role, action: str) -> str:
    """The code of the answer to a call without parameters."""
    try:
        cloud.call("vpc", action, {}, identity=role.value)
    except CloudError as error:
        return error.code
    return "OK"


@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_what_only_the_other_may_do(role: Role) -> None:
    cloud = Cloud(lambda: 0.0)
    roles.grant(cloud)

    refused = {action for rights in RIGHTS.values() for action in rights if answered(cloud, role, action) == DENIED}

    assert (
        refused
        == {
            Role.GIVE: {"ReleaseAddresses"},
            Role.TAKE: {"AllocateAddresses", "AssociateAddress", "ModifyAddressesBandwidth"},
        }[role]
    )


def test_a_function_gets_the_key_of_its_role() -> None:
    credentials = roles.grant(Cloud(lambda: 0.0))
    functions = serverless.read(VARIABLES).functions

    keys = {name: credentials[one.role]["TENCENTCLOUD_SECRETID"] for name, one in functions.items()}

    assert keys == {"allocate": "AKID-give", "bind": "AKID-give", "reclaim": "AKID-take"}
