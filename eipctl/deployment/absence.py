"""Which refusals of the cloud mean that a thing is not there.

The functions' table of codes is the EIP API's. The codes of the other services are told apart here, by the code that
stands first in the message of the error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eipctl.deployment.ports import Cloud, Json
from shared.core.errors import EipclaimError

_CODE = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*")
_ABSENT = frozenset(
    {
        "InvalidParameter.AttachmentNotExist",  # cam
        "InvalidParameter.PolicyIdNotExist",
        "InvalidParameter.RoleNotExist",
        "InvalidParameterValue.TagKeyNotExist",  # tag
        "ResourceNotFound",
    }
)


def code(error: EipclaimError) -> str:
    """The cloud's own code, such as ResourceNotFound.Function; empty where no answer came."""
    found = _CODE.match(error.message)
    return found[0] if found else ""


def is_absent(error: EipclaimError) -> bool:
    """Whether what was asked for is not there."""
    return code(error) in _ABSENT or code(error).startswith("ResourceNotFound.")


def is_key_refused(error: EipclaimError) -> bool:
    """Whether the key, or its signature, was not taken; one of the same family says that a right is lacking."""
    return code(error).startswith("AuthFailure.") and code(error) != "AuthFailure.UnauthorizedOperation"


async def find(cloud: Cloud, service: str, action: str, params: Json) -> Json | None:
    """The reply, or None where what it is about is not there."""
    try:
        return await cloud.call(service, action, params)
    except EipclaimError as error:
        if is_absent(error):
            return None
        raise


async def drop(cloud: Cloud, service: str, action: str, params: Mapping[str, object]) -> None:
    """Take away what may be gone already."""
    await find(cloud, service, action, params)
