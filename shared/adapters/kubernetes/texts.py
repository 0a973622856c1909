"""Texts that others wrote, in JSON or YAML."""

from __future__ import annotations

import json

import yaml

_SCALARS = (ValueError, LookupError, AttributeError)
"""PyYAML's own, beside its YAMLError, for a scalar that only looks like a time or a number, or is said to be one."""


def parse(text: str) -> object:
    """What it holds. Raises ValueError where it is neither, without any of it in the message.

    JSON, which an installation writes, is YAML, but is read for itself in a three-hundredth of the time.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, *_SCALARS):
        raise ValueError("neither JSON nor YAML") from None
