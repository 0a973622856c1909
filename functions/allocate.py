"""A timer wakes it every minute; it alone sweeps all pods that want an EIP, and finishes whatever events missed."""

from __future__ import annotations

from shared import runtime


def main_handler(event: object, context: object, host: runtime.Host = runtime.SCF) -> dict[str, object]:
    """The result of one invocation, as `docs/operations.md` describes it."""
    return runtime.invoke(runtime.ALLOCATE, event, context, host)
