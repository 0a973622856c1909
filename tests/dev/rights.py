"""Which of the rights of `deploy/rbac.yaml` the functions have used, by the audit logs of real apiservers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from eipctl.dev import figures

RBAC = Path(__file__).parents[2] / "deploy" / "rbac.yaml"


class Right(NamedTuple):
    """May be, or was, done by an account. As a grant, without a namespace or a name: in all, to all."""

    account: str
    verb: str
    resource: str
    namespace: str | None
    name: str | None

    def covers(self, use: Right) -> bool:
        """Whether it allows that use."""
        return all(granted in (None, used) for granted, used in zip(self, use, strict=True))

    def __str__(self) -> str:
        """In one line."""
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.account}: {self.verb} {self.resource}{f' {self.name}' if self.name else ''}{where}"


def granted(manifests: Iterable[Mapping[str, Any]] | None = None) -> set[Right]:
    """All that the manifest's roles grant the accounts that they are bound to."""
    objects = list(yaml.safe_load_all(RBAC.read_text(encoding="utf-8")) if manifests is None else manifests)
    roles = {(one["kind"], one["metadata"]["name"]): one for one in objects if one["kind"].endswith("Role")}
    return {
        Right(subject["name"], verb, _qualified(group, resource), role["metadata"].get("namespace"), name)
        for binding in objects
        if binding["kind"].endswith("Binding")
        for role in [roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]]]
        for subject in binding["subjects"]
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [None])
    }


def used(records: Iterable[figures.Record]) -> Iterator[Right]:
    """What our accounts asked for and were allowed."""
    for record in records:
        target = record.get("objectRef")
        allowed = record.get("annotations", {}).get("authorization.k8s.io/decision") == "allow"
        if target and allowed and figures.is_ours(record):
            subresource = f"/{target['subresource']}" if "subresource" in target else ""
            resource = _qualified(target.get("apiGroup", ""), target["resource"] + subresource)
            account = record["user"]["username"].rsplit(":", 1)[-1]
            yield Right(account, record["verb"], resource, target.get("namespace"), target.get("name"))


def unused(grants: Collection[Right], uses: Collection[Right]) -> list[Right]:
    """What is granted and was never used."""
    return sorted((one for one in grants if not any(one.covers(use) for use in uses)), key=str)


def ungranted(grants: Collection[Right], uses: Collection[Right]) -> list[Right]:
    """What was used, and allowed by something else than the manifest."""
    return sorted((use for use in uses if not any(one.covers(use) for one in grants)), key=str)


def _qualified(group: str, resource: str) -> str:
    plural, slash, subresource = resource.partition("/")
    return (f"{plural}.{group}" if group else plural) + slash + subresource
