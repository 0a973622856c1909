"""The events of `eipctl invoke`, and a function run here as the platform would, with this environment's settings."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from functions import allocate, bind, reclaim
from shared import runtime
from shared.adapters.events import parse
from shared.core.durations import excerpt
from shared.core.errors import InputRejected

HANDLERS: Mapping[str, Callable[[object, object, runtime.Host], dict[str, object]]] = {
    "allocate": allocate.main_handler,
    "bind": bind.main_handler,
    "reclaim": reclaim.main_handler,
}
TIMER = {"Type": "Timer", "TriggerName": "eipctl", "Time": "1970-01-01T00:00:00Z", "Message": ""}


def invoke(function: str, event: object, host: runtime.Host) -> dict[str, object]:
    """The result of one invocation; raises what the handler raises."""
    context = {
        "request_id": str(uuid.uuid4()),
        "function_name": function,
        "time_limit_in_ms": 55_000,
        "memory_limit_in_mb": 128,
    }
    return HANDLERS[function](event, context, host)


def naming(claims: Sequence[str], *, dry_run: bool) -> object:
    """The event that asks `reclaim` for claims, each named NAMESPACE/NAME. Raises InputRejected for what is no name."""
    named = []
    for claim in claims:
        namespace, slash, name = claim.partition("/")
        if not slash:
            raise InputRejected("BadClaim", f"--claim {excerpt(claim)}: name it as NAMESPACE/NAME")
        named.append({"namespace": namespace, "name": name})
    event = {"claims": named, "dryRun": dry_run}
    parse(event)
    return event


def read_event(path: Path | None, function: str) -> object:
    """The event in the file (`-` is standard input), or a timer's where none is given.

    Raises OSError where it cannot be read and ValueError where it is not JSON, or where `bind` is given none: it is
    woken by the audit log alone.
    """
    if path is None:
        if function == "bind":
            raise ValueError("bind needs --event: it is woken by audit-log records, not by a timer")
        return TIMER
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
