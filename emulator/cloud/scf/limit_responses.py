"""The operations on a function's limits: how often what failed is repeated, and how much may run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloud.dispatch import Call, Json, Operation, item, number, record, records, text
from emulator.cloud.errors import CloudError
from emulator.cloud.scf.models import Function

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_MOST_RETRIES = 2
_SHORTEST_TTL, _LONGEST_TTL = 60, 21_600
_MOST_RESERVED_MB = 128_000 - 12_800


def _set_retries(cloud: Cloud, call: Call) -> Json:
    config = item(call.params["AsyncTriggerConfig"], "AsyncTriggerConfig", RetryConfig=records, MsgTTL=number)
    retries = [item(one, "RetryConfig", RetryNum=number)["RetryNum"] for one in config["RetryConfig"]]
    if len(retries) != 1 or not 0 <= retries[0] <= _MOST_RETRIES:
        raise CloudError("LimitExceeded.RetryNum", f"RetryNum is 0 to {_MOST_RETRIES}.")
    if not _SHORTEST_TTL <= config["MsgTTL"] <= _LONGEST_TTL:
        raise CloudError("LimitExceeded.MsgTTL", f"MsgTTL is {_SHORTEST_TTL} to {_LONGEST_TTL} seconds.")
    function = _function(cloud, call)
    function.retries, function.ttl_seconds = retries[0], config["MsgTTL"]
    return {}


def _get_retries(cloud: Cloud, call: Call) -> Json:
    function = _function(cloud, call)
    retries = [{"RetryNum": function.retries}]
    return {"AsyncTriggerConfig": {"RetryConfig": retries, "MsgTTL": function.ttl_seconds}}


def _reserve(cloud: Cloud, call: Call) -> Json:
    function, wanted = _function(cloud, call), call.params["ReservedConcurrencyMem"]
    others = sum(one.reserved_mb or 0 for one in cloud.functions if one is not function)
    if wanted < 0 or others + wanted > _MOST_RESERVED_MB:
        raise CloudError(
            "LimitExceeded.FunctionReservedConcurrencyMemory", f"All functions reserve at most {_MOST_RESERVED_MB} MB."
        )
    function.reserved_mb = wanted
    return {}


def _get_reserved(cloud: Cloud, call: Call) -> Json:
    return {"ReservedMem": _function(cloud, call).reserved_mb}


def _unreserve(cloud: Cloud, call: Call) -> Json:
    _function(cloud, call).reserved_mb = None
    return {}


def _function(cloud: Cloud, call: Call) -> Function:
    return cloud.functions.find(call.params["FunctionName"], call.params.get("Namespace", "default"))


_NAMED = {"FunctionName": text, "Namespace": text}

OPERATIONS = {
    "UpdateFunctionEventInvokeConfig": Operation(
        _set_retries, {"AsyncTriggerConfig": record, **_NAMED}, required=("AsyncTriggerConfig", "FunctionName")
    ),
    "GetFunctionEventInvokeConfig": Operation(
        _get_retries, {**_NAMED, "Qualifier": text}, required=("FunctionName",), changes=False
    ),
    "PutReservedConcurrencyConfig": Operation(
        _reserve, {**_NAMED, "ReservedConcurrencyMem": number}, required=("FunctionName", "ReservedConcurrencyMem")
    ),
    "GetReservedConcurrencyConfig": Operation(_get_reserved, _NAMED, required=("FunctionName",), changes=False),
    "DeleteReservedConcurrencyConfig": Operation(_unreserve, _NAMED, required=("FunctionName",)),
}
