"""SCF's cron expressions of seven fields: second, minute, hour, day, month, weekday (0 is Sunday), year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

FIELDS = 7
DAYS = {name: str(number) for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}


def matches(expression: str, at: datetime) -> bool:
    """Whether a timer of that expression fires in this second. Raises ValueError for what is no such expression.

    Where day and weekday are both given, either is enough.
    """
    fields = expression.upper().split()
    if len(fields) != FIELDS:
        raise ValueError(f"{expression!r} does not have {FIELDS} fields")
    second, minute, hour, day, month, weekday, year = fields
    given = [day != "*" and _holds(day, at.day, first=1), weekday != "*" and _holds(weekday, at.isoweekday() % 7)]
    return (
        (any(given) or day == weekday == "*")
        and _holds(second, at.second)
        and _holds(minute, at.minute)
        and _holds(hour, at.hour)
        and _holds(month, at.month, first=1)
        and _holds(year, at.year)
    )


def _holds(field: str, value: int, *, first: int = 0) -> bool:
    """Whether the value is one of the field's, whose steps are counted from the first that it can have."""
    return any(_within(part, value, first) for part in field.split(","))


def _within(part: str, value: int, first: int) -> bool:
    span, _, step = part.partition("/")
    low, high = (first, value) if span == "*" else _bounds(span, value, open_ended=bool(step))
    return low <= value <= high and (value - low) % int(step or 1) == 0


def _bounds(span: str, value: int, *, open_ended: bool) -> tuple[int, int]:
    numbers: Iterator[int] = (int(DAYS.get(one, one)) for one in span.split("-"))
    first = next(numbers)
    return first, next(numbers, value if open_ended else first)
