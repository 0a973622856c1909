"""Points in time as Kubernetes writes them."""

from __future__ import annotations

from datetime import datetime, timezone

from shared.core.values import rfc3339


def moment(seconds: float) -> datetime:
    """The aware datetime of so many seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def timestamp(seconds: float) -> str:
    """RFC 3339, whole seconds."""
    return rfc3339(moment(seconds))


def micro_timestamp(seconds: float) -> str:
    """RFC 3339 with microseconds, which leases and audit records have."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
