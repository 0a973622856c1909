"""The two kinds of patches. Neither changes what it is given; what stays the same is shared with the old object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.cluster.resources import Object

_MERGE_KEYS = {"conditions": "type", "podIPs": "ip", "ownerReferences": "uid", "containers": "name"}
"""The lists of core/v1 whose items a strategic merge patch tells apart by a key; it replaces the other lists."""


def merged(old: Object, patch: Object) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386): objects are merged, null removes, everything else replaces."""
    return _merged(old, patch, {})


def strategically_merged(old: Object, patch: Object) -> dict[str, Any]:
    """The strategic merge patch, as far as pods and nodes need it: lists with keys are merged item by item."""
    return _merged(old, patch, _MERGE_KEYS)


def _merged(old: Object, patch: Object, merge_keys: Object) -> dict[str, Any]:
    new = dict(old)
    for key, value in patch.items():
        before = new.get(key)
        if value is None:
            new.pop(key, None)
        elif isinstance(value, dict):
            new[key] = _merged(before if isinstance(before, dict) else {}, value, merge_keys)
        elif key in merge_keys:
            new[key] = _merged_list(before or (), value, merge_keys[key])
        else:
            new[key] = value
    return new


def _merged_list(old: Sequence[Object], patch: Sequence[Object], by: str) -> list[Object]:
    changes = {item[by]: item for item in patch}
    kept = [_merged(item, changes.pop(item[by], {}), {}) for item in old]
    return kept + [_merged({}, item, {}) for item in changes.values()]


def difference(old: Object, new: Object) -> dict[str, Any]:
    """The merge patch that makes `new` of `old`."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if changes := difference(before, value):
                patch[key] = changes
        elif value != before:
            patch[key] = value
    return patch
