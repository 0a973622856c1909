"""The two roles that the functions have in the cloud, with a key pair each: what a role may not do is refused to it."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.cloud import Cloud, Key
from shared.core.table import Role

_LOOK = {"DescribeAddresses", "DescribeNetworkInterfaces"}
_GIVE = {"AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ModifyAddressesBandwidth"}
_TAKE = {"DisassociateAddress", "ReleaseAddresses"}
RIGHTS: Mapping[Role, frozenset[str]] = {Role.GIVE: frozenset(_LOOK | _GIVE), Role.TAKE: frozenset(_LOOK | _TAKE)}
"""The actions of the VPC API that a role may call."""

Credentials = Mapping[str, Mapping[str, str]]
"""By the name of a role, the environment that SCF gives a function of that role."""


def grant(cloud: Cloud) -> Credentials:
    """Make the roles, and temporary credentials for each."""
    return {role.value: _credentials(cloud, role) for role in Role}


def _credentials(cloud: Cloud, role: Role) -> Mapping[str, str]:
    secret_id, secret_key, token = (f"AKID-{role.value}", f"key-of-{role.value}", f"token-of-{role.value}")
    actions = frozenset(f"vpc:{action}" for action in RIGHTS[role])
    cloud.credentials[secret_id] = Key(secret_key, role.value, token, actions)
    return {
        "TENCENTCLOUD_SECRETID": secret_id,
        "TENCENTCLOUD_SECRETKEY": secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": token,
    }
