"""The audit log wakes it through CLS; it alone serves just the pods and claims that the records name, at once."""

from __future__ import annotations

from shared import runtime


def main_handler(event: object, context: object, host: runtime.Host = runtime.SCF) -> dict[str, object]:
    """The result of one invocation, as `docs/operations.md` describes it."""
    return runtime.invoke(runtime.BIND, event, context, host)
