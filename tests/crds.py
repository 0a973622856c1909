"""Our CRD as a release that does not know some fields of the status would have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[1] / "deploy" / "crd.yaml"


def current() -> dict[str, Any]:
    """The CRD of this release."""
    crd: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return crd


def status(crd: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the status, to read or to change."""
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    return schema


def fields(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of all fields, such as `intent.token`."""
    for name, field in schema.get("properties", {}).items():
        yield prefix + name
        yield from fields(field.get("items", field), f"{prefix}{name}.")


def required(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of those fields without which what they are part of makes no sense."""
    for name, field in schema.get("properties", {}).items():
        inner = field.get("items", field)
        yield from (f"{prefix}{name}.{one}" for one in inner.get("required", ()))
        yield from required(inner, f"{prefix}{name}.")


def without(*unknown: str) -> dict[str, Any]:
    """The CRD that drops these fields."""
    crd = current()
    for field in unknown:
        *above, last = field.split(".")
        schema = status(crd)
        for name in above:
            schema = schema["properties"][name]
            schema = schema.get("items", schema)
        del schema["properties"][last]
    return crd
