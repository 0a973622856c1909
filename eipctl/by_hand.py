"""`eipctl invoke`, from its options to its exit code: the result is on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eipctl import credentials, invoke
from eipctl.shell import FAILED, OK, UNUSABLE
from shared import runtime
from shared.core.errors import EipclaimError, InputRejected
from shared.settings import read_settings

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""Of an invocation that is waited for."""


@dataclass(frozen=True)
class Asked:
    """The options."""

    function: str
    event: Path | None
    claims: tuple[str, ...]
    dry_run: bool
    remote: bool
    name: str | None
    log: bool


def run(asked: Asked, environ: Mapping[str, str]) -> int:
    """Run the function that is asked for, print what came of it, and say how the command ends."""
    try:
        event = _event(asked)
    except InputRejected as error:
        return _unusable(error.message)
    except (OSError, ValueError) as error:
        return _unusable(f"{asked.event or asked.function}: {error}")
    try:
        return _told(asked, *(_remote(asked, event, environ) if asked.remote else _here(asked, event)))
    except InputRejected as error:
        return _told(asked, {"error": str(error)}, "", failed=UNUSABLE)


def _event(asked: Asked) -> object:
    """Raises InputRejected for options that do not go together, and what `read_event` raises."""
    conflicts = {
        "--claim and --dry-run are for reclaim": (asked.claims or asked.dry_run) and asked.function != "reclaim",
        "--dry-run goes with --claim": asked.dry_run and not asked.claims,
        "either --claim or --event": asked.claims and asked.event,
        "--name and --log go with --remote": (asked.name is not None or asked.log) and not asked.remote,
    }
    for told, holds in conflicts.items():
        if holds:
            raise InputRejected("BadUsage", told)
    if asked.claims:
        return invoke.naming(asked.claims, dry_run=asked.dry_run)
    event = invoke.read_event(asked.event, asked.function)
    if asked.remote:
        _check(event)
    return event


def _check(event: object) -> None:
    """Raises ValueError for an event that SCF would not take as it is."""
    if not event:
        raise ValueError("an empty event cannot be sent: SCF would be sent none")
    size = len(json.dumps(event).encode())
    if size > MAX_EVENT_BYTES:
        raise ValueError(f"the event has {size} bytes; SCF takes 6 MB ({MAX_EVENT_BYTES}) at most")


def _here(asked: Asked, event: object) -> tuple[Mapping[str, object], str]:
    """The result, and the log. Raises InputRejected where settings, kubeconfig or event cannot be used."""
    lines: list[str] = []
    try:
        result = invoke.invoke(asked.function, event, runtime.Host(write=lines.append))
    except EipclaimError as error:
        return {"error": str(error)}, ""
    for told in map(json.loads, lines):
        if told["event"] == "rejected":  # the function turns into a result what nobody needs to repeat
            raise InputRejected(told["reason"], told["message"])
    return result, "" if "error" in result else "\n".join(lines)


def _remote(asked: Asked, event: object, environ: Mapping[str, str]) -> tuple[Mapping[str, object], str]:
    """The result, and the end of the log if it was asked for. Raises InputRejected for settings or a key."""
    from eipctl import remote  # noqa: PLC0415 - it loads the vendor's client, which takes half a second

    try:
        settings = read_settings(environ)
        name = asked.name or remote.name(settings, environ, asked.function)
        deployed = remote.Deployed(name, settings.region, credentials.read(environ), settings.cloud_endpoint)
        answer = remote.invoke(deployed, event, log=asked.log)
    except InputRejected:
        raise
    except EipclaimError as error:
        return {"error": str(error)}, ""
    return answer.result, answer.log


def _told(asked: Asked, result: Mapping[str, object], log: str, failed: int = FAILED) -> int:
    if log:
        print(log.rstrip("\n"), file=sys.stderr)
    if "error" in result:  # the one line that says what is wrong
        print(f"eipctl: {asked.function}: {result['error']}", file=sys.stderr)
    print(json.dumps({"function": asked.function, **result}))
    return failed if "error" in result or result.get("failed") else OK


def _unusable(why: str) -> int:
    print(f"eipctl: {why}", file=sys.stderr)
    return UNUSABLE
