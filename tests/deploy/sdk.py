"""A request body held against the model that Tencent's SDK has of it, which itself checks no types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tencentcloud.scf.v20180416 import models

_FIELD = re.compile(r":type (\w+): (.+)")
_CLASS = re.compile(r"(?:list of |:class:`tencentcloud\.scf\.v20180416\.models\.)(\w+)")
_PLAIN = {"str": str, "int": int, "bool": bool}


def mismatches(model: type, body: Mapping[str, object], path: str = "") -> Iterator[str]:
    """The fields of a body that the model does not have, by their path, and those whose type is not the model's.

    The types are read from the model's docstring: nothing else in the SDK has them.
    """
    types = dict(_FIELD.findall(vars(model)["__init__"].__doc__))
    for name, value in body.items():
        if name not in types:
            yield path + name
        else:
            yield from _of_type(types[name], value, path + name)


def _of_type(told: str, value: object, path: str) -> Iterator[str]:
    named = _CLASS.match(told)
    wanted: type = list if told.startswith("list of ") else dict if named else _PLAIN[told]
    if type(value) is not wanted:
        yield f"{path}: a {type(value).__name__}, not {wanted.__name__}"
        return
    for item in value if isinstance(value, list) else [value]:
        if named and isinstance(item, dict):
            yield from mismatches(getattr(models, named[1]), item, f"{path}.")
