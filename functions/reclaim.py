"""A timer or a person wakes it; it alone may delete a claim, release an EIP and take a finalizer off."""

from __future__ import annotations

from shared import runtime


def main_handler(event: object, context: object, host: runtime.Host = runtime.SCF) -> dict[str, object]:
    """The result of one invocation, as `docs/operations.md` describes it."""
    return runtime.invoke(runtime.RECLAIM, event, context, host)
