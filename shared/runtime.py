"""From an SCF invocation to the loop and back: settings, credentials, clients, deadline, log and result are wired here.

Everything is made anew for each invocation: a frozen instance keeps nothing that could act later, but for some minutes
the text of a kubeconfig from the cloud (`adapters.access`).
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from os import environ
from typing import Any, TypeVar

from shared.adapters import connections
from shared.adapters.cloud.sdk import Secret
from shared.core.errors import EipclaimError, InputRejected
from shared.core.table import Role
from shared.functions import ALLOCATE, BIND, RECLAIM, Function, Invocation, Nobody
from shared.observe import Ports
from shared.settings import Settings, read_settings

__all__ = ["ALLOCATE", "BIND", "RECLAIM", "SCF", "Host", "invoke"]

T = TypeVar("T")
Connect = Callable[[Settings, Secret, Role], AbstractAsyncContextManager[Ports]]

DEFAULT_LIMIT_SECONDS = 55.0
RESERVE_SECONDS = 5.0
"""No deed is started in the last seconds before the time limit."""

MAX_LOG_VALUE_CHARS = 500

NEW_OBJECTS = 1_000_000
"""So many more containers than before, and Python looks for cycles among them: more than a cluster of 10,000 pods has,
nearly all of which live until the invocation's end, so that to look is in vain. What is found in cycles is a hundred
small objects of a request that fails."""


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@dataclass(frozen=True)
class Host:
    """What the platform gives an invocation; the default is SCF, an embedding program gives its own."""

    connect: Connect = connections.connect
    environ: Mapping[str, str] = field(default_factory=lambda: environ)
    run: Callable[[Coroutine[Any, Any, Any]], Any] = _run
    nonce: Callable[[], str] = lambda: uuid.uuid4().hex[:8]
    write: Callable[[str], None] = _print
    monotonic: Callable[[], float] = time.monotonic


SCF = Host()


def invoke(function: Function, event: object, context: object, host: Host = SCF) -> dict[str, object]:
    """Run one function once and return its result, a JSON object.

    The result holds `error` where nothing could be looked at. Only a function whose event nobody else repeats (`bind`)
    raises then, so that the platform delivers the event again; the timers' next tick does all that is left. Input that
    is wrong is never raised: it would be as wrong the next time.
    """
    started = host.monotonic()
    log = _logger(host, function.name, context)
    try:
        with seldom_collected():
            result: dict[str, object] = host.run(_invoke(function, event, context, host, log, started=started))
    except InputRejected as error:
        result = _failure(function, error)
        log("rejected", reason=error.reason, message=error.message)
    except EipclaimError as error:
        result = _failure(function, error)
        log("failed", reason=error.reason, message=error.message)
        if function.raises:
            raise
    except Exception as error:  # the outermost frame: log it where operators look, in one line
        cause = first_cause(error)
        log("crashed", error=type(cause).__name__, where=_where(cause))
        if function.raises:
            raise
        result = {"function": function.name, "error": f"{type(cause).__name__}: see the log"}
    result["seconds"] = round(host.monotonic() - started, 3)
    log("result", **result)
    return result


async def _invoke(
    function: Function, event: object, context: object, host: Host, log: Callable[..., None], *, started: float
) -> dict[str, object]:
    told = _mapping(context)
    variables = {**host.environ, **_environ(told)}
    settings = read_settings(variables)
    key = secret(variables)
    work = function.plan(event)
    if isinstance(work, Nobody):
        return work.result(log)  # nothing is connected: a log that is never silent says so a million times a month
    async with host.connect(settings, key, function.role) as ports:
        request_id = str(told.get("request_id") or "local")[:64]
        invocation = Invocation(
            ports=ports,
            policy=settings.policy(),
            request_id=f"{request_id}:{host.nonce()}",
            seconds=max(0.0, _left(told, host.monotonic() - started) - RESERVE_SECONDS),
            log=log,
        )
        return await work(invocation)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Fewer collections meanwhile, and the process's own number of them afterwards."""
    youngest, *older = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *older)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)


def _failure(function: Function, error: EipclaimError) -> dict[str, object]:
    return {"function": function.name, "error": f"{error.reason}: {error.message}"}


def _mapping(context: object) -> Mapping[str, object]:
    return context if isinstance(context, Mapping) else {}


def _environ(context: Mapping[str, object]) -> dict[str, str]:
    """The credentials that come with an invocation (`k=v;k=v`), which may be newer than the process's."""
    text = context.get("environ")
    pairs = (pair.partition("=") for pair in text.split(";")) if isinstance(text, str) else ()
    return {name: value for name, _, value in pairs if name.startswith("TENCENTCLOUD_") and value}


def secret(variables: Mapping[str, str]) -> Secret:
    """SCF's own names: the SDK's providers look for others (with `SECRET_ID`) and find nothing there."""
    secret_id, secret_key = variables.get("TENCENTCLOUD_SECRETID"), variables.get("TENCENTCLOUD_SECRETKEY")
    if not secret_id or not secret_key:
        missing = "TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY are not set: give the function an execution role"
        raise InputRejected("NoCredentials", missing)
    return Secret(secret_id, secret_key, variables.get("TENCENTCLOUD_SESSIONTOKEN") or None)


def _left(context: Mapping[str, object], gone: float) -> float:
    """Seconds that this invocation may take yet: what the platform says is left, else its time limit, else ours.

    Of a limit so many are gone already: to ask for a kubeconfig may have taken long.
    """
    remaining, limit = context.get("get_remaining_time_in_millis"), context.get("time_limit_in_ms")
    if callable(remaining) and (left := _positive(remaining())):
        return left / 1000
    return (_positive(limit) or DEFAULT_LIMIT_SECONDS * 1000) / 1000 - gone


def _positive(number: object) -> float | None:
    return float(number) if isinstance(number, (int, float)) and number > 0 else None


def first_cause(error: BaseException) -> BaseException:
    """The error itself, or the first one in the group that side by side work raises it in."""
    while errors := getattr(error, "exceptions", None):
        error = errors[0]
    return error


def _where(error: BaseException) -> str:
    """The last frames, without the message: it might hold what must not be logged."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))


def _logger(host: Host, function: str, context: object) -> Callable[..., None]:
    """One JSON object a line on standard output, which SCF ships to CLS by its fields."""
    request_id = _mapping(context).get("request_id")

    def log(event: str, **fields: object) -> None:
        told = {key: _short(value) for key, value in fields.items() if value is not None}
        host.write(json.dumps({"event": event, "function": function, "request": request_id, **told}, default=str))

    return log


def _short(value: object) -> object:
    return value[:MAX_LOG_VALUE_CHARS] if isinstance(value, str) else value
