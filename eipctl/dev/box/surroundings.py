"""What SCF documents that a function finds around it: variables, and the context of an invocation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

APPID, UIN = "1250000000", "100000000001"
PATH = "/usr/local/bin:/usr/bin:/bin"


def environ(function: str, code: Mapping[str, str], platform: Mapping[str, str]) -> dict[str, str]:
    """The variables of every instance of a function, but for its own and its credentials."""
    return {
        "PATH": PATH,
        "HOME": "/home/qcloud",
        "LANG": "C.UTF-8",
        "TENCENTCLOUD_RUNENV": "SCF",
        "TENCENTCLOUD_APPID": APPID,
        "TENCENTCLOUD_UIN": UIN,
        "TENCENTCLOUD_TZ": "UTC",
        "TZ": "UTC",
        "SCF_RUNTIME": "Python3.10",
        "SCF_FUNCTIONNAME": function,
        "SCF_FUNCTIONVERSION": "$LATEST",
        "_SCF_SERVER_PORT": "28902",
        **code,
        **platform,
    }


def source(event: object) -> dict[str, str]:
    """What says who woke it, where that is documented."""
    return {"TRIGGER_SRC": "Timer"} if isinstance(event, Mapping) and event.get("Type") == "Timer" else {}


def context(function: str, platform: Mapping[str, str], seconds: float, memory: int) -> Mapping[str, object]:
    """The context of one invocation: `environment` is JSON in a string, `environ` an older form of it."""
    return {
        "request_id": str(uuid.uuid4()),
        "function_name": function,
        "function_version": "$LATEST",
        "namespace": "default",
        "memory_limit_in_mb": memory,
        "time_limit_in_ms": int(seconds * 1000),
        "environment": json.dumps({"SCF_NAMESPACE": "default"}),
        "environ": "SCF_NAMESPACE=default;SCF_NAMESPACE=default",
        "tencentcloud_region": platform.get("TENCENTCLOUD_REGION", ""),
        "tencentcloud_appid": APPID,
        "tencentcloud_uin": UIN,
    }
