"""The cluster in memory grants its two accounts what `deploy/rbac.yaml` does, so that the demo proves the rights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.cluster.rights import OPTIONAL_RIGHTS, RIGHTS
from emulator.cluster.users import GIVE, TAKE, User

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS, OPTIONAL = (
    list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))
    for name in ("rbac.yaml", "optional/capacity.yaml")
)
NOT_EMULATED = {("get", "cronjobs.batch")}


def granted(user: User, manifests: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """All that the roles bound to the account grant it, as (verb, resource.group/subresource)."""
    account = user.name.rsplit(":", 1)[-1]
    bindings = [one for one in manifests if one["kind"].endswith("RoleBinding")]
    roles = {one["roleRef"]["name"] for one in bindings if any(s["name"] == account for s in one["subjects"])}
    rules = [rule for one in manifests if one["metadata"]["name"] in roles for rule in one.get("rules", ())]
    return {
        (verb, _qualified(resource, group))
        for rule in rules
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for group in rule["apiGroups"]
    }


def _qualified(resource: str, group: str) -> str:
    plural, slash, subresource = resource.partition("/")
    return (f"{plural}.{group}" if group else plural) + slash + subresource


@pytest.mark.parametrize("user", [GIVE, TAKE], ids=["give", "take"])
def test_the_rights_are_those_of_the_manifest(user: User) -> None:
    """No more and no fewer, but for a kind that the cluster in memory does not have."""
    assert set(RIGHTS[user.name]) == granted(user, MANIFESTS) - NOT_EMULATED
    assert set(OPTIONAL_RIGHTS[user.name]) == granted(user, OPTIONAL)
