"""The signature TC3-HMAC-SHA256: who sent a request, as far as it can be proved.

Only the method, the query, the body, Content-Type and Host are signed; the action, the region and the token are not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from emulator.cloud.errors import CloudError

_ALGORITHM = "TC3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=(?P<secret_id>[^/]+)/(?P<date>[0-9-]+)/(?P<service>[a-z0-9]+)/tc3_request, "
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair's secret half, the session token if it is temporary, and whose it is.

    A key of a role may do what the role's policies allow; any other may do everything, or only the `actions`.
    """

    secret_key: str
    identity: str
    token: str | None = None
    actions: frozenset[str] | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request as it arrived; the names of the headers in lower case."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """A request's sender, and the service it was signed for."""

    key: Key
    service: str


def authenticate(request: HttpRequest, keys: Mapping[str, Key], now: float, skew: float | None) -> Sender:
    """The sender. Raises CloudError with a code of AuthFailure, in the order in which the API checks."""
    form = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if form is None or not {"content-type", "host"} <= set(form["signed"].split(";")):
        raise CloudError("AuthFailure.InvalidAuthorization", "The Authorization header is missing or malformed.")
    timestamp = request.headers.get("x-tc-timestamp", "")
    if not timestamp.isdecimal():
        raise CloudError("InvalidParameter", "X-TC-Timestamp is missing or no number.")
    if skew is not None and abs(now - int(timestamp)) > skew:
        raise CloudError("AuthFailure.SignatureExpire", f"The timestamp is more than {skew:g} seconds off.")
    key = keys.get(form["secret_id"])
    if key is None:
        raise CloudError("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    if not hmac.compare_digest(_signature(request, form, key, int(timestamp)), form["signature"]):
        raise CloudError("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
    if request.headers.get("x-tc-token") != key.token:
        raise CloudError("AuthFailure.TokenFailure", "The token is missing, wrong or expired.")
    return Sender(key, form["service"])


def _signature(request: HttpRequest, form: re.Match[str], key: Key, timestamp: int) -> str:
    date = datetime.fromtimestamp(timestamp, timezone.utc).strftime("%Y-%m-%d")
    signed = "".join(f"{name}:{request.headers.get(name, '').strip().lower()}\n" for name in form["signed"].split(";"))
    payload = request.body
    if request.headers.get("x-tc-content-sha256") == "UNSIGNED-PAYLOAD":
        payload = b"UNSIGNED-PAYLOAD"
    canonical = (
        f"{request.method}\n/\n{request.query}\n{signed}\n{form['signed']}\n{hashlib.sha256(payload).hexdigest()}"
    )
    scope = f"{date}/{form['service']}/tc3_request"
    text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"TC3{key.secret_key}".encode()
    for part in (date, form["service"], "tc3_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    return hmac.digest(secret, text.encode(), "sha256").hex()
