"""The filters and pages of the Describe operations, as far as they are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulator.cloud.dispatch import item, text, texts
from emulator.cloud.errors import CloudError

_MOST_FILTERS = 10
_MOST_VALUES = 100
_DEFAULT_LIMIT = 20
_MOST_PER_PAGE = 100


def read_filters(
    params: Mapping[str, Any], known: Callable[[str], bool], unknown_code: str
) -> list[tuple[str, tuple[str, ...]]]:
    """The filters as (name, values). Raises CloudError for too many of either, or a filter that does not exist."""
    filters = [item(entry, "Filters", Name=text, Values=texts) for entry in params.get("Filters", [])]
    if len(filters) > _MOST_FILTERS:
        raise CloudError("LimitExceeded.NumberOfFilters", f"At most {_MOST_FILTERS} filters.")
    for entry in filters:
        if not known(entry["Name"]):
            raise CloudError(unknown_code, f"There is no filter `{entry['Name']}`.")
        if len(entry["Values"]) > _MOST_VALUES:
            raise CloudError("InvalidParameterValue.LimitExceeded", f"At most {_MOST_VALUES} values for a filter.")
        if not entry["Values"]:
            raise CloudError("InvalidParameter", f"The filter `{entry['Name']}` has no values.")
    return [(entry["Name"], tuple(entry["Values"])) for entry in filters]


def read_page(params: Mapping[str, Any]) -> tuple[int, int]:
    """Offset and limit; 20 unless told otherwise, even when ids are given. Raises CloudError beyond 0 and 100."""
    offset, limit = params.get("Offset", 0), params.get("Limit", _DEFAULT_LIMIT)
    if limit > _MOST_PER_PAGE:
        raise CloudError("InvalidParameterValue.LimitExceeded", f"Limit is at most {_MOST_PER_PAGE}.")
    if offset < 0 or limit < 0:
        raise CloudError("InvalidParameter", "Offset and Limit cannot be negative.")
    return offset, limit
