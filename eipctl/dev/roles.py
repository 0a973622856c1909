"""The two roles that the functions have in the cloud, as `deploy/cam` grants them, and their keys.

What the policies do not allow is refused, as CAM would.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from string import Template

from eipctl.dev.binaries import ROOT
from emulator.cloud import Cloud, Key
from emulator.cloud.account import UIN
from shared.core.table import Role

_POLICIES = ROOT / "deploy" / "cam"


def policy(role: Role, region: str, cluster_id: str) -> str:
    """The document of `deploy/cam` for a role, filled in for the emulated account."""
    text = (_POLICIES / f"{role.value}-policy.json").read_text(encoding="utf-8")
    return Template(text).substitute(region=region, uin=UIN, creator=UIN, cluster=cluster_id)


def make(cloud: Cloud, cluster_id: str) -> None:
    """Have both roles, named after themselves, each with its policy."""
    for role in Role:
        cloud.console.create_role(role.value, [policy(role, cloud.region, cluster_id)])


@contextmanager
def issued(cloud: Cloud, role: Role) -> Iterator[Mapping[str, str]]:
    """Temporary credentials of a role, as variables; the cloud refuses them from the end of the context on.

    SCF's live for hours. Ours end with the invocation, so that one that keeps what it was given is found out.
    """
    number = secrets.token_hex(8)
    secret_id, secret_key, token = f"AKID-{role.value}-{number}", f"key-{number}", f"token-{number}"
    with cloud.lock:
        cloud.credentials[secret_id] = Key(secret_key, role.value, token, role=role.value)
    try:
        yield {
            "TENCENTCLOUD_SECRETID": secret_id,
            "TENCENTCLOUD_SECRETKEY": secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": token,
        }
    finally:
        with cloud.lock:
            del cloud.credentials[secret_id]
