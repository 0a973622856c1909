"""JSON that nobody means: the corpus of odd values, and what a mutation does with them.

`Raw` is JSON text that `json.dumps` would never write: numbers out of range, keys that stand twice, depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Path = tuple["str | int", ...]
DEPTH = 100_000


@dataclass(frozen=True)
class Raw:
    """JSON text as it is to stand on the wire."""

    text: str

    def __repr__(self) -> str:
        """Short: the text may be a megabyte."""
        return f"Raw({self.text[:20]!r}, {len(self.text)})"


NUMBERS: tuple[object, ...] = (
    0, -1, 1.5, -0.0, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308,
    Raw("1e400"), Raw("-1e400"), Raw("1e-400"), Raw("NaN"), Raw("-Infinity"), Raw("9" * 4301), Raw("1" + "0" * 100_000),
)  # fmt: skip
TEXTS: tuple[object, ...] = (
    "", " ", "null", "true", "0", "-1", "1e400", "NaN", "9" * 5000,
    "\0", "a\nb", "a\r\nb", "\x1b[31mred\x1b[0m", "\u202egnp.exe", "a\u2028b", "\ufeff", "\u0663\u0664", "\uff11",
    "\ud800",
    "../../api/v1/secrets", "..", "a/b", "%2e%2e", "a b", "{}", "[]", '{"a":',
    "x" * 1_000_000, "\u202e" * 10_000,
)  # fmt: skip
TIMES: tuple[object, ...] = (
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "2026-01-01", "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z", "\u0662\u0660\u0662\u0666-01-01T00:00:00Z", 10**11,
)  # fmt: skip
SHAPES: tuple[object, ...] = (
    None, True, False, [], {}, [[]], [{}], [None], {"": ""}, {"a": {"b": []}}, [0] * 100_000,
    Raw("[" * DEPTH + "]" * DEPTH), Raw('{"a":' * DEPTH + "0" + "}" * DEPTH), Raw('{"a":1,"a":2}'),
    Raw("{" + ",".join(f'"k{number}":0' for number in range(10_000)) + "}"),
)  # fmt: skip
JUNK = (*NUMBERS, *TEXTS, *TIMES, *SHAPES)
OF_GO = tuple(junk for junk in JUNK if junk != "\ud800" and not (isinstance(junk, Raw) and junk.text.isdecimal()))
"""What a program in Go can have written: no half of a surrogate pair, no number that fits no type."""


def text_of(value: object) -> str:
    """The JSON text of a value, as ASCII, with what is raw in it as it is."""
    raw: list[str] = []

    def keep(one: object) -> str:
        assert isinstance(one, Raw)
        raw.append(one.text)
        return f"@raw{len(raw) - 1}@"

    return re.sub('"@raw([0-9]+)@"', lambda match: raw[int(match[1])], json.dumps(value, default=keep))


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    """The way to every node, the root first."""
    yield here
    inner: Any = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from paths(one, (*here, key))


def at(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    """The node there."""
    for key in path:
        value = value[key]
    return value


def put(value: Any, path: Path, node: object) -> Any:  # noqa: ANN401 - JSON
    """A copy with that node there."""
    if not path:
        return node
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], node)
    return copy


def without(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    """A copy without that node; the root becomes null."""
    if not path:
        return None
    parent = at(value, path[:-1])
    copy: Any = dict(parent) if isinstance(parent, Mapping) else list(parent)
    del copy[path[-1]]
    return put(value, path[:-1], copy)


def twice(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    """A copy where that node stands twice: once more in its list, or under the same key, with null the first time."""
    if not path:
        return [value, value]
    parent = at(value, path[:-1])
    if isinstance(parent, list):
        return put(value, path[:-1], [*parent, parent[int(path[-1])]])
    return put(value, path[:-1], Raw(f"{{{json.dumps(path[-1])}:null,{text_of(parent)[1:]}"))


@st.composite
def mutations(draw: st.DrawFn, value: object, most: int = 3, junk: tuple[object, ...] = JUNK) -> object:
    """The value after one to `most` changes of its structure, each anywhere."""
    for _ in range(draw(st.integers(1, most))):
        path = draw(st.sampled_from(list(paths(value))))
        deed = draw(st.sampled_from(("junk", "junk", "drop", "twice", "wrap", "move")))
        if deed == "drop":
            value = without(value, path)
        elif deed == "twice":
            value = twice(value, path)
        elif deed == "wrap":
            value = put(value, path, draw(st.sampled_from(([at(value, path)], {"a": at(value, path)}))))
        else:
            other = at(value, draw(st.sampled_from(list(paths(value))))) if deed == "move" else None
            value = put(value, path, other if deed == "move" else draw(st.sampled_from(junk)))
    return value


def still_named(thing: Mapping[str, Any], nonsense: object) -> object:
    """The nonsense under the names that the apiserver sees to: it serves no object without them."""
    if not isinstance(nonsense, Mapping):
        return thing
    metadata = nonsense.get("metadata")
    names = {key: thing["metadata"][key] for key in ("name", "namespace") if key in thing["metadata"]}
    kept = metadata if isinstance(metadata, Mapping) else {}
    return {**nonsense, "kind": thing["kind"], "metadata": {**kept, **names}}
