"""The operations on triggers: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from emulator.cloud.account import UIN
from emulator.cloud.dispatch import Call, Json, Operation, number, records, text
from emulator.cloud.errors import CloudError
from emulator.cloud.scf.models import Function, Trigger, shown

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_TIMER_NAME = re.compile(r"[0-9A-Za-z_-]{1,100}")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*,/-]+")
_CRON_FIELDS = (5, 7)
_MOST_OF_A_KIND = 10
_LONGEST_ARGUMENT = 4096


def _create(cloud: Cloud, call: Call) -> Json:
    params = call.params
    function = _function(cloud, call)
    if function.status(call.now) != "Active":
        raise CloudError("FailedOperation.CreateTrigger", f"The function is {function.status(call.now)}.")
    if params["Type"] != "timer":
        raise CloudError("InvalidParameterValue.Type", "This cloud makes timers; CLS makes its own triggers.")
    if not _TIMER_NAME.fullmatch(params["TriggerName"]):
        raise CloudError("InvalidParameterValue.TriggerName", f"`{params['TriggerName']}` is no name of a timer.")
    if ("timer", params["TriggerName"]) in function.triggers:
        raise CloudError("ResourceInUse.Trigger", f"The trigger {params['TriggerName']} exists.")
    if sum(kind == "timer" for kind, _ in function.triggers) >= _MOST_OF_A_KIND:
        raise CloudError("LimitExceeded.Trigger", f"At most {_MOST_OF_A_KIND} triggers of a kind.")
    argument = params.get("CustomArgument", "")
    if len(argument.encode()) > _LONGEST_ARGUMENT:
        raise CloudError("InvalidParameterValue.CustomArgument", f"At most {_LONGEST_ARGUMENT} bytes.")
    told = json.dumps({"cron": _cron(params.get("TriggerDesc", ""))})
    is_on = params.get("Enable", "OPEN") == "OPEN"
    trigger = Trigger(params["TriggerName"], "timer", told, argument, is_on, _qualifier(call), call.now)
    function.triggers[trigger.kind, trigger.name] = trigger
    return {"TriggerInfo": show_trigger(function, trigger, cloud.region)}


def _cron(description: str) -> str:
    """The expression of a timer, which is given bare or in JSON."""
    try:
        given = json.loads(description)
    except ValueError:
        given = description
    cron = given.get("cron") if isinstance(given, dict) else given
    fields = cron.split() if isinstance(cron, str) else []
    if len(fields) not in _CRON_FIELDS or not all(_CRON_FIELD.fullmatch(one) for one in fields):
        raise CloudError("InvalidParameterValue.Cron", f"`{description}` is no cron expression of 7 fields.")
    return " ".join(fields)


def _delete(cloud: Cloud, call: Call) -> Json:
    function, key = _function(cloud, call), (call.params["Type"], call.params["TriggerName"])
    if key not in function.triggers:
        raise CloudError("ResourceNotFound.Trigger", f"There is no trigger {call.params['TriggerName']}.")
    del function.triggers[key]
    if key[0] == "cls":
        cloud.topics.stop_deliveries(function.namespace, function.name)
    return {}


def _list(cloud: Cloud, call: Call) -> Json:
    function = _function(cloud, call)
    offset, limit = call.params.get("Offset", 0), call.params.get("Limit", 20)
    found = list(function.triggers.values())
    rows = [show_trigger(function, one, cloud.region) for one in found[offset : offset + limit]]
    return {"TotalCount": len(found), "Triggers": rows}


def show_trigger(function: Function, trigger: Trigger, region: str) -> Json:
    """A trigger as it is listed."""
    created = shown(trigger.created_at)
    return {
        "Enable": int(trigger.enabled),
        "Qualifier": trigger.qualifier,
        "TriggerName": trigger.name,
        "Type": trigger.kind,
        "TriggerDesc": trigger.description,
        "AvailableStatus": "Available",
        "CustomArgument": trigger.argument,
        "AddTime": created,
        "ModTime": created,
        "ResourceId": f"qcs::scf:{region}:uin/{UIN}:function/{function.name}/{trigger.name}",
        "BindStatus": "on" if trigger.enabled else "off",
        "TriggerAttribute": "single",
        "Description": "",
    }


def _function(cloud: Cloud, call: Call) -> Function:
    return cloud.functions.find(call.params["FunctionName"], call.params.get("Namespace", "default"))


def _qualifier(call: Call) -> str:
    qualifier: str = call.params.get("Qualifier", "$LATEST")
    if qualifier not in ("$LATEST", "$DEFAULT"):
        raise CloudError("ResourceNotFound.Qualifier", f"There is no version {qualifier}.")
    return qualifier


OPERATIONS = {
    "CreateTrigger": Operation(
        _create,
        dict.fromkeys(
            (
                "FunctionName", "TriggerName", "Type", "TriggerDesc", "Namespace", "Qualifier", "Enable",
                "CustomArgument", "Description",
            ),
            text,
        ),
        required=("FunctionName", "TriggerName", "Type"),
    ),
    "DeleteTrigger": Operation(
        _delete,
        dict.fromkeys(("FunctionName", "TriggerName", "Type", "Namespace", "TriggerDesc", "Qualifier"), text),
        required=("FunctionName", "TriggerName", "Type"),
    ),
    "ListTriggers": Operation(
        _list,
        {
            **dict.fromkeys(("FunctionName", "Namespace", "OrderBy", "Order"), text),
            **dict.fromkeys(("Offset", "Limit"), number),
            "Filters": records,
        },
        required=("FunctionName",),
        changes=False,
    ),
}  # fmt: skip
