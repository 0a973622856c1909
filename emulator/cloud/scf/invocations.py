"""The operation Invoke: a function is run, and what came of it is told as SCF tells it."""

from __future__ import annotations

import base64
import json
import traceback
from typing import TYPE_CHECKING, Any

from emulator.cloud.dispatch import Call, Json, Operation, Work, text
from emulator.cloud.errors import CloudError
from emulator.cloud.scf.models import FailedRun

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_SYNC_LIMIT = 6 * 1024 * 1024
_ASYNC_LIMIT = 128 * 1024
_USER_CODE_EXCEPTION = 430
_RESPONSE_TOO_LARGE = 413
_OVER_LIMIT = 432
_QUALIFIERS = frozenset({"$LATEST", "$DEFAULT"})
_MEGABYTE = 1024 * 1024
_DEFAULT_MEMORY = 128


def _invoke(cloud: Cloud, call: Call) -> Work:
    kind = call.params.get("InvocationType", "RequestResponse")
    if kind not in ("RequestResponse", "Event"):
        raise CloudError("InvalidParameterValue.Param", "InvocationType is RequestResponse or Event.")
    if call.params.get("LogType", "None") not in ("None", "Tail"):
        raise CloudError("InvalidParameterValue.Param", "LogType is None or Tail.")
    event = _event(call.params.get("ClientContext"), _ASYNC_LIMIT if kind == "Event" else _SYNC_LIMIT)
    function = cloud.functions.find(call.params["FunctionName"], call.params.get("Namespace", "default"))
    if call.params.get("Qualifier", "$LATEST") not in _QUALIFIERS:
        raise CloudError("ResourceNotFound.Qualifier", f"There is no version {call.params['Qualifier']}.")
    if function.status(call.now) != "Active":
        raise CloudError("FailedOperation.FunctionStatusError", f"The function is {function.status(call.now)}.")
    run = cloud.functions.runs.get(function.name, lambda _: None)
    memory = function.config.get("MemorySize", _DEFAULT_MEMORY) * _MEGABYTE
    request_id = cloud.identifiers.request()
    is_stopped = function.reserved_mb == 0

    def work() -> Json:
        told = _failure(_OVER_LIMIT, "the function has no instances", "", request_id) if is_stopped else None
        told = told or _told(run, event, request_id)
        if kind == "Event":  # nobody waits for it
            told = {"RetMsg": "", "ErrMsg": "", "Log": "", "InvokeResult": 0}
        elif call.params.get("LogType") == "Tail":
            told["Log"] = base64.b64encode(f"END RequestId: {request_id}\n".encode()).decode()
        spent: Json = {"Duration": 0.0, "BillDuration": 0, "MemUsage": 0 if kind == "Event" else memory}
        return {"Result": {**told, **spent, "FunctionRequestId": request_id}}

    return work


def _event(context: str | None, limit: int) -> Any:  # noqa: ANN401 - whatever JSON holds
    if context is None:
        return {}
    if len(context.encode()) > limit:
        raise CloudError("InvalidParameter.RequestTooLarge", f"ClientContext has at most {limit} bytes.")
    try:
        return json.loads(context)
    except (ValueError, RecursionError) as error:
        raise CloudError("InvalidParameterValue.ClientContext", "ClientContext is not JSON.") from error


def _told(run: Any, event: object, request_id: str) -> Json:  # noqa: ANN401 - what a hook takes is its own affair
    try:
        returned = json.dumps(run(event), ensure_ascii=False)
        if len(returned.encode()) > _SYNC_LIMIT:
            raise FailedRun(_RESPONSE_TOO_LARGE, "the response is too large")  # noqa: TRY301 - told like the others
    except FailedRun as failure:
        return _failure(failure.status, failure.message, "", request_id)
    except Exception:  # noqa: BLE001 - whatever a function raises is told to its caller
        return _failure(_USER_CODE_EXCEPTION, "user code exception caught", traceback.format_exc(), request_id)
    return {"RetMsg": returned, "ErrMsg": "", "Log": "", "InvokeResult": 0}


def _failure(status: int, message: str, trace: str, request_id: str) -> Json:
    said = {
        "errorCode": -1,
        "errorMessage": message,
        "requestId": request_id,
        "stackTrace": trace,
        "statusCode": status,
    }
    return {"RetMsg": json.dumps(said), "ErrMsg": message, "Log": "", "InvokeResult": 1}


OPERATIONS = {
    "Invoke": Operation(
        _invoke,
        {
            "FunctionName": text,
            "InvocationType": text,
            "Qualifier": text,
            "ClientContext": text,
            "LogType": text,
            "Namespace": text,
            "RoutingKey": text,
        },
        required=("FunctionName",),
        per_second=10_000,
    ),
}
