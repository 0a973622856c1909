"""The emulator's own endpoints below /_emulator: look at the cloud, arm faults, do by hand what the console does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.cloud import Cloud
from emulator.cloud.errors import CloudError
from emulator.cloud.faults import Fault
from emulator.cloud.state import state

_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
_BEHAVIOUR: TypeAdapter[Behaviour] = TypeAdapter(Behaviour)
_CONSOLE = frozenset(
    {
        "create_tag", "create_instance", "terminate_instance", "create_interface", "detach_interface",
        "delete_interface", "assign_ip", "unassign_ip", "buy", "bind", "unbind", "release", "retag", "rename",
        "set_arrears", "set_blocked", "create_cluster", "set_kubeconfig", "set_audit_log", "delete_cluster",
        "create_secret", "create_topic", "put_log", "delete_topic", "create_role", "create_function",
    }
)  # fmt: skip


def control(
    cloud: Cloud, what: str, query: Mapping[str, str], body: bytes, advance: Callable[[float], None] | None = None
) -> tuple[int, object]:
    """The HTTP status and the JSON that answer `what`: a method and a path, which starts behind /_emulator/.

    `advance` moves the clock, where it is a virtual one.
    """
    try:
        given = json.loads(body) if body else {}
        return _answer(cloud, what, query, given, advance)
    except CloudError as error:
        return 409, {"error": str(error)}
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        return 400, {"error": str(error)}


def _answer(
    cloud: Cloud,
    what: str,
    query: Mapping[str, str],
    given: Any,  # noqa: ANN401 - whatever JSON holds
    advance: Callable[[float], None] | None,
) -> tuple[int, object]:
    if what == "GET state":
        return 200, state(cloud)
    if what == "GET calls":
        return 200, [asdict(record) for record in cloud.calls.since(int(query.get("since", "0")))]
    if what == "POST faults":
        for fault in _FAULTS.validate_python(given if isinstance(given, list) else [given]):
            cloud.faults.arm(fault)
    elif what == "DELETE faults":
        cloud.faults.clear()
    elif what == "POST behaviour":
        _change_behaviour(cloud, given)
    elif what == "POST reset":
        cloud.reset()
    elif what == "POST time" and advance is not None:
        advance(float(given["advance"]))
    elif what.startswith("POST console/") and what[len("POST console/") :] in _CONSOLE:
        return 200, {"result": getattr(cloud.console, what[len("POST console/") :])(**given)}
    else:
        return 404, {"error": f"There is nothing at {what}."}
    return 200, {}


def _change_behaviour(cloud: Cloud, changes: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(Behaviour)}
    if unknown := set(changes) - known:
        raise ValueError(f"There is no knob {', '.join(sorted(unknown))}.")
    wanted = _BEHAVIOUR.validate_python({**asdict(cloud.behaviour), **changes})
    for name in changes:
        setattr(cloud.behaviour, name, getattr(wanted, name))
