"""Base of the frozen models of what comes from outside: the fields we use, everything else ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

FIRST_YEAR, LAST_YEAR = 1970, 2199


@dataclass(frozen=True)
class NullAs:
    """The empty value for a JSON null: Go marshals a nil slice or map so.

    It comes after the value's own schema: a validator before it would make pydantic build all JSON below as Python
    objects first, also what nobody reads.
    """

    empty: Callable[[], object]

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The value's own schema, or null."""
        nullable = core_schema.nullable_schema(handler(source))
        return core_schema.no_info_after_validator_function(self._filled, nullable)

    def _filled(self, value: object) -> object:
        return self.empty() if value is None else value


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _sane(value: datetime) -> datetime:
    """Raises ValueError for a moment that no clock showed: reckoning with it would overflow."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("must be between 1970 and 2200")
    return _aware(value)


def _sane_or_none(value: datetime | None) -> datetime | None:
    try:
        return None if value is None else _sane(value)
    except ValueError:
        return None


Moment = Annotated[datetime, AfterValidator(_sane)]
"""A moment that is reckoned with; without an offset it is UTC: one that cannot be compared would stop all others."""

Hint = Annotated[datetime | None, AfterValidator(_sane_or_none)]
"""A moment without which its object can be understood: one that no clock showed is none."""


WIRE = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True)
"""CamelCase JSON; unknown fields are ignored: releases differ in those they know.

Also for the slotted dataclasses, which the small parts of objects are: a large cluster has a hundred thousand of them,
and a model takes ten times their memory. In those `alias` would be the name that a type checker wants in a call, so an
odd name of JSON is `validation_alias` and `serialization_alias`.
"""


class Model(BaseModel):
    """A frozen value read from JSON."""

    model_config = ConfigDict(**WIRE, frozen=True)


Strings = Annotated[dict[str, str], NullAs(dict)]


def rfc3339(moment: datetime) -> str:
    """The moment as Kubernetes writes it: UTC, RFC 3339, whole seconds."""
    return _aware(moment).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
