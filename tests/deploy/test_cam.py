"""The documents of `deploy/cam`: templates to fill in, and rights that are those of the two roles and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest

from shared.core import identity
from shared.core.table import Role

FOLDER = Path(__file__).parents[2] / "deploy" / "cam"
VALUES = {"region": "ap-guangzhou", "uin": "100000000001", "creator": "100000000002", "cluster": "cls-11111111"}
DOCUMENTS = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.json"))
BUYING = "AllocateAddresses"
LOOKING = {"DescribeAddresses", "DescribeNetworkInterfaces"}

Statement = dict[str, Any]


def statements(name: str | Path) -> list[Statement]:
    text = Template((FOLDER / name).read_text(encoding="utf-8")).substitute(VALUES)
    document: dict[str, Any] = json.loads(text)
    assert document["version"] == "2.0"
    found: list[Statement] = document["statement"]
    return found


def of_role(role: Role) -> Iterator[tuple[str, str, Statement]]:
    """(service, action, statement) of all that a role is granted."""
    for statement in statements(f"{role.value}-policy.json"):
        for action in statement["action"]:
            service, _, name = action.partition(":")
            yield service, name, statement


def tagged(statement: Statement, key: str) -> bool:
    tag = f"{identity.TAG_CLUSTER}&{VALUES['cluster']}"
    condition = {"for_any_value:string_equal": {key: [tag]}}
    return bool(statement.get("condition") == condition)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_document_is_json_that_allows_named_actions_alone(document: Path) -> None:
    found = statements(document)

    assert {one["effect"] for one in found} == {"allow"}
    assert all(re.fullmatch(r"(name/)?[a-z]+:[A-Za-z]+", action) for one in found for action in one["action"])
    assert all(one.get("resource") or one.get("principal") for one in found)


def test_every_placeholder_is_explained() -> None:
    used = {
        name for one in DOCUMENTS for name in re.findall(r"\$\{(\w+)\}", (FOLDER / one).read_text(encoding="utf-8"))
    }
    told = set(re.findall(r"^\| `\$\{(\w+)\}` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert used == told == set(VALUES)


@pytest.mark.parametrize("role", Role)
def test_nothing_is_changed_but_what_has_the_tag_of_the_cluster(role: Role) -> None:
    """An association touches an instance or an interface too, which has no tag; alone that right changes nothing."""
    for service, name, statement in of_role(role):
        if service not in {"cvm", "vpc"} or name in LOOKING:
            continue
        if name == BUYING:
            assert tagged(statement, "qcs:request_tag")
            assert statement["resource"] == ["*"]
        elif any(":eip/" in resource for resource in statement["resource"]):
            assert tagged(statement, "qcs:resource_tag")
            assert all(":eip/" in resource for resource in statement["resource"])
        else:
            assert name in {"AssociateAddress", "DisassociateAddress"}
            assert all(re.search(r":(instance|eni)/\*$", resource) for resource in statement["resource"])


@pytest.mark.parametrize("role", Role)
def test_a_role_reads_its_own_secret_and_no_other(role: Role) -> None:
    others = [(service, name, one["resource"]) for service, name, one in of_role(role) if service not in {"cvm", "vpc"}]

    owner = f"qcs::ssm:{VALUES['region']}:uin/{VALUES['uin']}:secret/creatorUin/{VALUES['creator']}"
    assert others == [("ssm", "GetSecretValue", [f"{owner}/eipclaim-{VALUES['cluster']}-{role.value}"])]


def test_nobody_but_the_platform_takes_on_a_role() -> None:
    (statement,) = statements("trust.json")

    assert statement["principal"] == {"service": ["scf.qcloud.com"]}
    assert statement["action"] == ["name/sts:AssumeRole"]


def test_the_operator_releases_nothing_without_the_tag_and_buys_nothing() -> None:
    for statement in statements("operator-policy.json"):
        names = {action.partition(":")[2] for action in statement["action"]}

        assert BUYING not in names
        assert "ReleaseAddresses" not in names or tagged(statement, "qcs:resource_tag")
