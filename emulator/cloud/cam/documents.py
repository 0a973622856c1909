"""Policy documents of CAM, version 2.0: what is a valid one, and what it says of an access.

After "Element Reference" and "Condition Keys and Condition Operators" of CAM's documentation. Known are both effects,
actions and resources with `*`, and tags as conditions. A policy with anything else is refused, not misread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from emulator.cloud.account import UIN
from emulator.cloud.errors import CloudError

_LONGEST = 6144
_SEGMENTS = 6
_OPERATORS = frozenset({"string_equal", "for_any_value:string_equal"})
_KEYS = frozenset({"qcs:resource_tag", "qcs:request_tag"})
_ACTION = re.compile(r"\*|(name/)?[a-z0-9]+:[A-Za-z0-9*]+")


@dataclass(frozen=True, slots=True)
class Access:
    """A use of one resource by one action; tags as `key&value`. `*` is the resource of an action that has none."""

    action: str
    resource: str
    resource_tags: frozenset[str] = frozenset()
    request_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `conditions` are (key of CAM, values), all of which have to hold."""

    effect: Literal["allow", "deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, frozenset[str]], ...]

    def covers(self, access: Access) -> bool:
        """Whether it speaks of that access."""
        tags = {"qcs:resource_tag": access.resource_tags, "qcs:request_tag": access.request_tags}
        return (
            any(_matches(one, access.action) for one in self.actions)
            and any(covers(one, access.resource) for one in self.resources)
            and all(values & tags[key] for key, values in self.conditions)
        )


def allows(statements: tuple[Statement, ...], access: Access) -> bool:
    """Whether something allows the access and nothing denies it."""
    effects = {one.effect for one in statements if one.covers(access)}
    return effects == {"allow"}


def covers(pattern: str, resource: str) -> bool:
    """Whether a statement's resource covers one. What has no resource is covered by `*` alone: CAM denies it else."""
    if pattern == "*" or resource == "*":
        return pattern == "*"
    given, wanted = pattern.split(":", _SEGMENTS - 1), resource.split(":", _SEGMENTS - 1)
    account = given[4] or f"uin/{UIN}"
    free = [not given[2], not given[3], False, False]
    parts = zip((given[2], given[3], account, given[5]), wanted[2:], free, strict=True)
    return all(is_free or _matches(one, other) for one, other, is_free in parts)


@lru_cache(maxsize=256)
def read(document: str) -> tuple[Statement, ...]:
    """The statements of a policy. Raises CloudError with the code of the first element that is not valid."""
    if len(document.encode()) > _LONGEST:
        raise CloudError("InvalidParameter.PolicyDocumentLengthOverLimit", f"At most {_LONGEST} bytes.")
    return tuple(_statement(one) for one in _statements(document))


def read_trust(document: str) -> frozenset[str]:
    """The services that a role's trust policy lets take the role on. Raises CloudError for any other document."""
    services: set[str] = set()
    for one in _statements(document):
        principal = one.get("principal", {})
        names = principal.get("service") if isinstance(principal, dict) and set(principal) == {"service"} else None
        if names is None or one.get("effect") != "allow":
            raise CloudError("InvalidParameter.PrincipalError", "This cloud knows trust in services only.")
        if [_bare(action) for action in _texts(one, "action", "ActionError")] != ["sts:AssumeRole"]:
            raise CloudError("InvalidParameter.ActionError", "The action of a trust policy is sts:AssumeRole.")
        services |= {names} if isinstance(names, str) else set(names)
    return frozenset(services)


@lru_cache(maxsize=4096)
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def _matches(pattern: str, value: str) -> bool:
    return _form(pattern).fullmatch(value) is not None


def _bare(action: str) -> str:
    return action.removeprefix("name/")


def _statements(document: str) -> list[dict[str, Any]]:
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise CloudError("InvalidParameter.PolicyDocumentError", "The document is not JSON.") from error
    if not isinstance(policy, dict) or set(policy) != {"version", "statement"}:
        raise CloudError("InvalidParameter.PolicyDocumentError", "A document has a version and a statement.")
    if policy["version"] != "2.0":
        raise CloudError("InvalidParameter.VersionError", "The version is 2.0.")
    statements = policy["statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements or not all(isinstance(one, dict) for one in statements):
        raise CloudError("InvalidParameter.StatementError", "There is no statement.")
    return statements


def _statement(given: Mapping[str, Any]) -> Statement:
    if unknown := set(given) - {"effect", "action", "resource", "condition"}:
        raise CloudError("InvalidParameter.StatementError", f"A statement has no {', '.join(sorted(unknown))}.")
    if given.get("effect") not in ("allow", "deny"):
        raise CloudError("InvalidParameter.EffectError", "The effect is allow or deny.")
    actions = _texts(given, "action", "ActionError")
    if not all(_ACTION.fullmatch(one) for one in actions):
        raise CloudError("InvalidParameter.ActionError", "An action is service:Name.")
    resources = _texts(given, "resource", "ResourceError")
    for one in resources:
        if one != "*" and (one.count(":") < _SEGMENTS - 1 or not one.startswith("qcs::")):
            raise CloudError("InvalidParameter.ResourceContentError", f"`{one}` has not six segments, from qcs:: on.")
    conditions = _conditions(given.get("condition", {}))
    return Statement(given["effect"], tuple(_bare(one) for one in actions), resources, conditions)


def _conditions(given: object) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(given, dict):
        raise CloudError("InvalidParameter.ConditionError", "A condition is an object.")
    found = []
    for operator, keys in given.items():
        if operator not in _OPERATORS:
            raise CloudError("InvalidParameter.ConditionTypeError", f"This cloud knows no operator {operator}.")
        if not isinstance(keys, dict) or not set(keys) <= _KEYS:
            raise CloudError("InvalidParameter.ConditionContentError", f"This cloud knows {', '.join(sorted(_KEYS))}.")
        found += [(key, frozenset(_texts(keys, key, "ConditionContentError"))) for key in keys]
    return tuple(found)


def _texts(given: Mapping[str, Any], name: str, code: str) -> tuple[str, ...]:
    value = given.get(name)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise CloudError(f"InvalidParameter.{code}", f"There is no {name}.")
    return tuple(values)
