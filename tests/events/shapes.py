"""Audit records, and every shape in which they may arrive."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"
Record = dict[str, Any]


def trace(name: str) -> list[Record]:
    """The records of a recorded log."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]


TRACES = {path.stem: trace(path.stem) for path in sorted(DATA.glob("*.jsonl"))}


def record(what: str, code: int | None = 200, *, name: str | None = "web-0", group: str = "", **more: object) -> Record:
    """A record of `verb resource[/subresource]`; `more` replaces top-level fields, those that are None are left out."""
    verb, _, path = what.partition(" ")
    resource, _, subresource = path.partition("/")
    target = {"resource": resource, "namespace": "shop", "name": name, "apiGroup": group, "subresource": subresource}
    fields: Record = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "5d2c0d2a-7a0f-4c0e-9a63-0d5f4f1f2f11",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/shop/{path}",
        "verb": verb,
        "user": {"username": "system:node:10.0.1.10"},
        "objectRef": {key: value for key, value in target.items() if value},
        "responseStatus": {"metadata": {}, "code": code},
        **more,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _strings_inside(fields: Record) -> Record:
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in fields.items()}


def _dotted(fields: Mapping[str, Any], prefix: str = "") -> Record:
    flat: Record = {}
    for key, value in fields.items():
        if isinstance(value, dict):
            flat |= _dotted(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value if isinstance(value, str) else json.dumps(value)
    return flat


SHAPES: dict[str, Callable[[Record], object]] = {
    "text": lambda fields: json.dumps(fields, separators=(",", ":")),
    "spaced text": lambda fields: json.dumps(fields, indent=1),
    "object": lambda fields: fields,
    "object with text inside": _strings_inside,
    "text with text inside": lambda fields: json.dumps(_strings_inside(fields)),
    "text with dotted keys": lambda fields: json.dumps(_dotted(fields)),
    "text with sorted keys": lambda fields: json.dumps(fields, sort_keys=True),
}


def cls_event(contents: Iterable[object], timestamp: object = "1605578090000000") -> dict[str, Any]:
    """What a CLS trigger sends for records of these contents."""
    records = [{"timestamp": timestamp, "content": content} for content in contents]
    return packed({"topic_id": "t-1", "topic_name": "audit", "records": records})


def packed(batch: object) -> dict[str, Any]:
    """A CLS event with any batch in it."""
    return {"clslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode(), 1, mtime=0)).decode()}}
