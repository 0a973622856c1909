"""The operator's own key, as `scf deploy` takes it, or as a function finds its own."""

from __future__ import annotations

from collections.abc import Mapping

from shared import runtime
from shared.adapters.cloud.sdk import Secret
from shared.core.errors import InputRejected

NAMES = {
    "TENCENT_SECRET_ID": "TENCENTCLOUD_SECRETID",
    "TENCENT_SECRET_KEY": "TENCENTCLOUD_SECRETKEY",
    "TENCENT_TOKEN": "TENCENTCLOUD_SESSIONTOKEN",
}
"""The deploying command's names of what SCF calls otherwise."""


def read(environ: Mapping[str, str]) -> Secret:
    """The key of TENCENTCLOUD_SECRETID, else that of TENCENT_SECRET_ID; a token never goes with another's key.

    Raises InputRejected where there is none.
    """
    if environ.get("TENCENTCLOUD_SECRETID"):
        return runtime.secret(environ)
    if not environ.get("TENCENT_SECRET_ID") or not environ.get("TENCENT_SECRET_KEY"):
        told = "set TENCENT_SECRET_ID and TENCENT_SECRET_KEY, or TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY"
        raise InputRejected("NoCredentials", told)
    return runtime.secret({ours: environ.get(theirs, "") for theirs, ours in NAMES.items()})
