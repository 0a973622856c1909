"""The operations on functions: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.cloud.dispatch import Call, Json, Operation, number, record, records, text
from emulator.cloud.errors import CloudError
from emulator.cloud.scf.models import Function, shown
from emulator.cloud.scf.trigger_responses import show_trigger

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_NAME = re.compile(r"[A-Za-z]([0-9A-Za-z_-]{0,58}[0-9A-Za-z])")
_RUNTIMES = frozenset({"Python2.7", "Python3.6", "Python3.7", "Python3.9", "Python3.10", "CustomRuntime"})
_LARGEST_ENVIRONMENT = 4096
_LARGEST_MEMORY = 3072
_MEMORY_STEP = 128
_LONGEST_TIMEOUT = 900
_MOST = 50
_RESERVED_PREFIXES = ("SCF_", "QCLOUD_", "TENCENTCLOUD_")


def _create(cloud: Cloud, call: Call) -> Json:
    config = {"Namespace": "default", "MemorySize": 128, "Timeout": 3, **call.params}
    _check(cloud, config)
    _check_environment(config.get("Environment", {}).get("Variables", []))
    if sum(1 for one in cloud.functions) >= _MOST:
        raise CloudError("LimitExceeded.Function", f"At most {_MOST} functions.")
    active_at = call.now + cloud.behaviour.transition_seconds
    cloud.functions.add(Function(config["FunctionName"], config["Namespace"], call.now, active_at, config))
    return {}


def _check(cloud: Cloud, config: Mapping[str, Any]) -> None:
    """The limits of SCF's documents."""
    memory = config["MemorySize"]
    if not _NAME.fullmatch(config["FunctionName"]):
        raise CloudError("InvalidParameterValue.FunctionName", f"`{config['FunctionName']}` is no name of a function.")
    if config["Namespace"] != "default":
        raise CloudError("ResourceNotFound.Namespace", "This cloud has the namespace default only.")
    if config.get("Runtime") not in _RUNTIMES:
        raise CloudError("InvalidParameterValue.Runtime", f"There is no runtime {config.get('Runtime')}.")
    if memory != _MEMORY_STEP // 2 and (memory % _MEMORY_STEP or not 0 < memory <= _LARGEST_MEMORY):
        raise CloudError("InvalidParameterValue.MemorySize", f"64, or {_MEMORY_STEP} to {_LARGEST_MEMORY} by 128.")
    if not 0 < config["Timeout"] <= _LONGEST_TIMEOUT:
        raise CloudError("InvalidParameterValue.Timeout", f"Timeout is 1 to {_LONGEST_TIMEOUT} seconds.")
    if config.get("Role") and not any(role.name == config["Role"] for role in cloud.access.roles()):
        raise CloudError("ResourceNotFound.Role", f"There is no role {config['Role']}.")
    for tag in config.get("Tags", []):
        if not cloud.tags.exists(tag.get("Key", ""), tag.get("Value", "")):
            raise CloudError("ResourceNotFound.AttachedTagKeyNotFound", f"There is no tag {tag}.")


def _check_environment(environment: Sequence[Mapping[str, Any]]) -> None:
    names = [one.get("Key", "") for one in environment]
    if any(name.startswith(_RESERVED_PREFIXES) for name in names):
        raise CloudError("InvalidParameterValue.EnvironmentSystemKey", "An environment variable has a reserved prefix.")
    if sum(len(f"{one.get('Key')}{one.get('Value')}".encode()) for one in environment) > _LARGEST_ENVIRONMENT:
        raise CloudError("InvalidParameterValue.EnvironmentExceededLimit", f"At most {_LARGEST_ENVIRONMENT} bytes.")


def _get(cloud: Cloud, call: Call) -> Json:
    if "FunctionName" not in call.params:
        raise CloudError("InvalidParameter.FunctionNameOrResourceIdRequired", "Which function?")
    function = cloud.functions.find(call.params["FunctionName"], call.params.get("Namespace", "default"))
    config = function.config
    return {
        **_summary(function, call.now),
        "CodeInfo": "",
        "Triggers": [show_trigger(function, one, cloud.region) for one in function.triggers.values()],
        "Handler": config.get("Handler", ""),
        "CodeSize": 0,
        "Timeout": config.get("Timeout", 3),
        "FunctionVersion": "$LATEST",
        "MemorySize": config.get("MemorySize", 128),
        "VpcConfig": {"VpcId": "", "SubnetId": "", **config.get("VpcConfig", {})},
        "UseGpu": "FALSE",
        "Environment": config.get("Environment") or {"Variables": []},
        "CodeResult": "success",
        "CodeError": "",
        "ErrNo": 0,
        "Role": config.get("Role", ""),
        "InstallDependency": config.get("InstallDependency", "FALSE"),
        "ClsLogsetId": config.get("ClsLogsetId", ""),
        "ClsTopicId": config.get("ClsTopicId", ""),
        "EipConfig": {"EipFixed": "FALSE", "Eips": []},
        "AccessInfo": {"Host": "", "Vip": ""},
        "L5Enable": "FALSE",
        "Layers": [],
        "DeadLetterConfig": {"Type": "", "Name": "", "FilterType": ""},
        "PublicNetConfig": _public_net(config),
        "OnsEnable": "FALSE",
        "CfsConfig": {"CfsInsList": []},
        "AvailableStatus": "Available",
        "Qualifier": "$LATEST",
        "InitTimeout": config.get("InitTimeout", 65),
        "ImageConfig": None,
        "ProtocolType": None,
        "ProtocolParams": None,
        "InstanceConcurrencyConfig": None,
        "DnsCache": config.get("DnsCache", "FALSE"),
        "IntranetConfig": None,
    }


def _public_net(config: Mapping[str, Any]) -> Json:
    given = config.get("PublicNetConfig", {})
    eip = {"EipAddress": [], "EipStatus": "DISABLE", **given.get("EipConfig", {})}
    return {"PublicNetStatus": given.get("PublicNetStatus", "ENABLE"), "EipConfig": eip}


def _list(cloud: Cloud, call: Call) -> Json:
    offset, limit = call.params.get("Offset", 0), call.params.get("Limit", 20)
    if offset < 0 or limit <= 0:
        raise CloudError("InvalidParameterValue", "Limit is positive, Offset not negative.")
    wanted, key = call.params.get("Namespace", "default"), call.params.get("SearchKey", "")
    found = [one for one in cloud.functions if one.namespace == wanted and key in one.name]
    rows = [
        {
            **_summary(one, call.now),
            "TotalProvisionedConcurrencyMem": None,
            "ReservedConcurrencyMem": one.reserved_mb,
        }
        for one in found[offset : offset + limit]
    ]
    return {"Functions": rows, "TotalCount": len(found)}


def _summary(function: Function, now: float) -> Json:
    created = shown(function.created_at)
    config = function.config
    return {
        "ModTime": created,
        "AddTime": created,
        "Runtime": config.get("Runtime", ""),
        "FunctionName": function.name,
        "FunctionId": function.function_id,
        "Namespace": function.namespace,
        "Status": function.status(now),
        "StatusDesc": "",
        "Description": config.get("Description", ""),
        "Tags": config.get("Tags", []),
        "Type": config.get("Type", "Event"),
        "StatusReasons": [],
        "AsyncRunEnable": config.get("AsyncRunEnable", "FALSE"),
        "TraceEnable": config.get("TraceEnable", "FALSE"),
    }


def _delete(cloud: Cloud, call: Call) -> Json:
    namespace = call.params.get("Namespace", "default")
    cloud.functions.remove(call.params["FunctionName"], namespace)
    cloud.topics.stop_deliveries(namespace, call.params["FunctionName"])
    return {}


OPERATIONS = {
    "CreateFunction": Operation(
        _create,
        {
            **dict.fromkeys(("Code", "Environment", "VpcConfig", "DeadLetterConfig", "PublicNetConfig"), record),
            **dict.fromkeys(("CfsConfig", "ProtocolParams", "InstanceConcurrencyConfig", "IntranetConfig"), record),
            **dict.fromkeys(("FunctionName", "Handler", "Description", "Runtime", "Namespace", "Role"), text),
            **dict.fromkeys(("InstallDependency", "ClsLogsetId", "ClsTopicId", "Type", "CodeSource"), text),
            **dict.fromkeys(("AsyncRunEnable", "TraceEnable", "AutoDeployClsTopicIndex"), text),
            **dict.fromkeys(("AutoCreateClsTopic", "ProtocolType", "DnsCache"), text),
            **dict.fromkeys(("MemorySize", "Timeout", "InitTimeout"), number),
            **dict.fromkeys(("Layers", "Tags"), records),
        },
        required=("FunctionName", "Code"),
    ),
    "GetFunction": Operation(
        _get, {"FunctionName": text, "Qualifier": text, "Namespace": text, "ShowCode": text}, changes=False
    ),
    "ListFunctions": Operation(
        _list,
        {
            **dict.fromkeys(("Order", "Orderby", "SearchKey", "Namespace", "Description"), text),
            **dict.fromkeys(("Offset", "Limit"), number),
            "Filters": records,
        },
        changes=False,
    ),
    "DeleteFunction": Operation(
        _delete, {"FunctionName": text, "Namespace": text, "Qualifier": text}, required=("FunctionName",)
    ),
}
