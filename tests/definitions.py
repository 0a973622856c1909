"""Tencent's own definitions of its APIs, as its command line ships them: what a request and a reply may hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

Definition = Mapping[str, Any]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "object": (dict,),
    "list": (list,),
}


@lru_cache(maxsize=16)
def api(service: str, version: str) -> Definition:
    """The definition of one version (`2017-03-12`) of a service's API. Raises FileNotFoundError if there is none."""
    file = f"tccli/services/{service}/v{version.replace('-', '')}/api.json"
    definition: Definition = json.loads(Path(str(distribution("tccli").locate_file(file))).read_text(encoding="utf-8"))
    return definition


def members(service: str, version: str, action: str, part: str = "input") -> Mapping[str, Definition]:
    """By name, what a request or a reply (`output`) of that action may hold. Raises KeyError for an unknown action."""
    definition = api(service, version)
    return _members(definition, definition["actions"][action][part])


def problems(service: str, version: str, action: str, params: Mapping[str, object]) -> list[str]:
    """What is wrong with a request: unknown names, wrong types, and what is required and missing."""
    if action not in api(service, version)["actions"]:
        return [f"there is no {service}:{action}"]
    return _problems(service, version, action, "input", params)


def reply_problems(service: str, version: str, action: str, reply: Mapping[str, object]) -> list[str]:
    """The same of a reply, in which every field stands that is not optional; null is what any may be."""
    return _problems(service, version, action, "output", reply)


def _problems(service: str, version: str, action: str, part: str, given: Mapping[str, object]) -> list[str]:
    definition = api(service, version)
    name = definition["actions"][action][part]
    return [f"{service}:{action} {problem}" for problem in _object(definition, name, given, "", part)]


def _members(definition: Definition, name: str) -> dict[str, Definition]:
    return {one["name"]: one for one in definition["objects"][name]["members"]}


def _object(definition: Definition, name: str, given: Mapping[str, object], at: str, part: str) -> Iterator[str]:
    known = _members(definition, name)
    for one in sorted(set(given) - set(known)):
        yield f"has no {at}{one}"
    wanted = "required" if part == "input" else "output_required"
    for one, member in known.items():
        if given.get(one) is None:
            if member.get(wanted) and not (part == "output" and one in given):
                yield f"misses {at}{one}"
        else:
            yield from _value(definition, member, given[one], f"{at}{one}", part)


def _value(definition: Definition, member: Definition, value: object, at: str, part: str) -> Iterator[str]:
    kind, inner = member["type"], member["member"]
    if not isinstance(value, _TYPES[kind]) or (kind != "bool" and isinstance(value, bool)):
        yield f"wants {at} to be {kind}"
    elif isinstance(value, dict):
        yield from _object(definition, inner, value, f"{at}.", part)
    elif isinstance(value, list):
        one = {"type": _inner_type(definition, inner), "member": inner}
        for index, entry in enumerate(value):
            yield from _value(definition, one, entry, f"{at}.{index}", part)


def _inner_type(definition: Definition, name: str) -> str:
    if name in definition["objects"]:
        return "object"
    return {"int64": "int", "uint64": "int", "float": "float", "bool": "bool"}.get(name, "string")
