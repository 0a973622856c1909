"""Base of the frozen models of what comes from outside: the fields we use, everything else ignored."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(2200, 1, 1, tzinfo=timezone.utc)


def none_as_empty_list(value: object) -> object:
    """An empty list for a JSON null: Go marshals a nil slice so."""
    return () if value is None else value


def none_as_empty_map(value: object) -> object:
    """An empty map for a JSON null: Go marshals a nil map so."""
    return {} if value is None else value


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _sane(value: datetime) -> datetime:
    """Raises ValueError for a moment that no clock showed: reckoning with it would overflow."""
    value = _aware(value)
    if not EARLIEST <= value <= LATEST:
        raise ValueError("must be between 1970 and 2200")
    return value


def _sane_or_none(value: datetime | None) -> datetime | None:
    try:
        return None if value is None else _sane(value)
    except ValueError:
        return None


Moment = Annotated[datetime, AfterValidator(_sane)]
"""A moment that is reckoned with; without an offset it is UTC: one that cannot be compared would stop all others."""

Hint = Annotated[datetime | None, AfterValidator(_sane_or_none)]
"""A moment without which its object can be understood: one that no clock showed is none."""


class Model(BaseModel):
    """A frozen value read from camelCase JSON; unknown fields are ignored: releases differ in those they know."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


Strings = Annotated[dict[str, str], BeforeValidator(none_as_empty_map)]


def rfc3339(moment: datetime) -> str:
    """The moment as Kubernetes writes it: UTC, RFC 3339, whole seconds."""
    return _aware(moment).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
