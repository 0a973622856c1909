"""The two roles that the functions have in the cloud, with a key pair each: what a role may not do is refused to it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from emulator.cloud import Cloud, Key
from shared.core.table import Role

_LOOK = {"DescribeAddresses", "DescribeNetworkInterfaces"}
_GIVE = {"AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ModifyAddressesBandwidth"}
_TAKE = {"DisassociateAddress", "ReleaseAddresses"}
RIGHTS: Mapping[Role, frozenset[str]] = {Role.GIVE: frozenset(_LOOK | _GIVE), Role.TAKE: frozenset(_LOOK | _TAKE)}
"""The actions of the VPC API that a role may call."""


@contextmanager
def issued(cloud: Cloud, role: Role) -> Iterator[Mapping[str, str]]:
    """Temporary credentials of a role, as variables; the cloud refuses them from the end of the context on.

    SCF's live for hours. Ours end with the invocation, so that one that keeps what it was given is found out.
    """
    number = secrets.token_hex(8)
    secret_id, secret_key, token = f"AKID-{role.value}-{number}", f"key-{number}", f"token-{number}"
    actions = frozenset(f"vpc:{action}" for action in RIGHTS[role])
    with cloud.lock:
        cloud.credentials[secret_id] = Key(secret_key, role.value, token, actions)
    try:
        yield {
            "TENCENTCLOUD_SECRETID": secret_id,
            "TENCENTCLOUD_SECRETKEY": secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": token,
        }
    finally:
        with cloud.lock:
            del cloud.credentials[secret_id]
