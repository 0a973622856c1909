"""What the roles are granted by `deploy/cam`, and what they used of it in an emulated cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from eipctl.dev import roles
from emulator.cloud import Cloud
from emulator.cloud.cam.documents import read
from shared.core.table import Role

_ONE_API = ("cvm:", "vpc:")


class Right(NamedTuple):
    """An action on resources of a kind, `*` where it has none. Of EIPs, in whichever of its two spellings."""

    action: str
    kind: str


def granted(role: Role) -> set[Right]:
    """All that the role's policy allows."""
    return {
        _right(action, resource)
        for statement in read(roles.policy(role, "ap-guangzhou", "cls-11111111"))
        for action in statement.actions
        for resource in statement.resources
    }


def used(cloud: Cloud, role: Role) -> set[Right]:
    """All that the role did, and was allowed."""
    return {
        _right(one.access.action, one.access.resource)
        for one in cloud.access.uses
        if one.role == role.value and one.allowed
    }


def refused(cloud: Cloud) -> Iterator[str]:
    """What was refused to any role, in words."""
    return (f"{one.role}: {one.access}" for one in cloud.access.uses if not one.allowed)


def _right(action: str, resource: str) -> Right:
    name = action[len("cvm:") :] if action.startswith(_ONE_API) else action
    return Right(name, resource.rsplit(":", 1)[-1].split("/", 1)[0])
