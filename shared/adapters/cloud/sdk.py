"""One signed call of a Tencent Cloud API by the SDK's async client, and what its failures mean.

The SDK's own retryer is never set: after a throttled attempt it throws away a later success and sends the call again
(tencentcloud-sdk-python-common 3.1.195, `retry.py`: `err` is not reset). The async client lets `httpx.TransportError`
and `json.JSONDecodeError` through beside its own exception, and looks for an error only where the Content-Type is
exactly `application/json`: all shapes are judged here.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import anyio
import httpx
import tencentcloud
from tencentcloud.common.common_client_async import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from shared.adapters.cloud.codes import CODES, Codes, classify
from shared.core.errors import Ambiguous, InputRejected, Unavailable

Params = Mapping[str, object]
Call = Callable[[str, Params], Awaitable[Mapping[str, object]]]
"""Action and parameters to the content of `Response`; raises errors of `shared.core.errors`."""

CALL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
_SENDABLE = re.compile(r"[!-~]+")

# At DEBUG the SDK logs the Authorization header and the session token.
logging.getLogger("tencentcloud_sdk_common").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Secret:
    """Credentials of a role: temporary ones carry a token."""

    secret_id: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@asynccontextmanager
async def connect(
    service: str,
    version: str,
    region: str,
    secret: Secret,
    *,
    endpoint: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    codes: Codes = CODES,
) -> AsyncIterator[Call]:
    """A call of one service, with connections of its own that are closed at the end.

    `endpoint` is a URL for an emulator, `transport` one in this process; without them it is the service's own host.
    `codes` says what the service's error codes mean. Raises InputRejected for credentials that cannot be.
    """
    credential = _credential(secret)
    async with httpx.AsyncClient(
        transport=transport or httpx.AsyncHTTPTransport(verify=_authorities(), trust_env=False),
        timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
        follow_redirects=False,
    ) as http:
        client = _client(service, version, region, credential, endpoint=endpoint, http=http)

        async def call(action: str, params: Params) -> Mapping[str, object]:
            return await _call(client, codes, action, params)

        yield call


def _credential(secret: Secret) -> Credential:
    """Checked here: the layers below would quote what cannot stand in a header, and it is secret."""
    parts = (secret.secret_id, secret.secret_key, *([secret.token] if secret.token else []))
    if not all(_SENDABLE.fullmatch(part) for part in parts):
        raise InputRejected("InvalidCredentials", "the credentials are empty, or hold spaces or other odd characters")
    return Credential(secret.secret_id, secret.secret_key, secret.token)


@cache
def _authorities() -> ssl.SSLContext:
    """Those that httpx trusts by itself: it would read them anew, 50 ms of CPU, in each invocation of an instance."""
    return httpx.create_ssl_context(trust_env=False)


def _client(
    service: str, version: str, region: str, credential: Credential, *, endpoint: str | None, http: httpx.AsyncClient
) -> CommonClient:
    """The SDK's client on connections of ours.

    Its constructor is passed by: it makes an httpx client of its own, which obeys the environment's proxies, fails
    where one of them is a SOCKS proxy, and loads all certificates a second time.
    """
    client = CommonClient.__new__(CommonClient)
    vars(client).update(
        _service=service,
        _apiVersion=version,
        region=region,
        credential=credential,
        profile=ClientProfile(httpProfile=_http_profile(service, endpoint), language="en-US"),
        request_client=f"SDK_PYTHON_{tencentcloud.__version__}; eipclaim",
        circuit_breaker=None,
        http_client=http,
    )
    return client


def _http_profile(service: str, endpoint: str | None) -> HttpProfile:
    """`scheme` is set by the constructor alone, and is what counts."""
    if endpoint is None:
        return HttpProfile()
    parts = urlsplit(beside(service, endpoint))
    return HttpProfile(protocol=parts.scheme, endpoint=parts.netloc)


def beside(service: str, endpoint: str) -> str:
    """The URL of a service where `endpoint` is that of the VPC API.

    The other services of a site have hosts of their own, named alike (ssm.intl.tencentcloudapi.com); an emulator has
    one for all.
    """
    return endpoint.replace("://vpc.", f"://{service}.", 1)


async def _call(client: CommonClient, codes: Codes, action: str, params: Params) -> Mapping[str, object]:
    try:
        with anyio.fail_after(CALL_SECONDS):
            reply = await client.call_and_deserialize(action, dict(params), dict)
        return _content(reply, codes)
    except TencentCloudSDKException as error:
        raise classify(str(error.code), str(error.message), error.requestId, codes) from None
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    ) as error:
        raise Unavailable("NotSent", f"{action} was not sent: {type(error).__name__}") from error
    except (httpx.HTTPError, OSError) as error:
        raise Ambiguous("NoAnswer", f"{action} had no usable answer: {type(error).__name__}") from error
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        # The SDK indexes what it expects in a reply; whatever is missing there is no answer either.
        raise Ambiguous("NoAnswer", f"{action} had an answer of an unknown form: {type(error).__name__}") from error


def _content(reply: object, codes: Codes) -> Mapping[str, object]:
    response = reply.get("Response") if isinstance(reply, dict) else None
    if not isinstance(response, dict):
        raise Ambiguous("NoAnswer", "the answer holds no Response")
    if "Error" not in response:
        return response
    error, request_id = response["Error"], response.get("RequestId")
    if not isinstance(error, dict):
        raise Ambiguous("NoAnswer", "the answer holds an error of an unknown form")
    raise classify(str(error.get("Code")), str(error.get("Message")), str(request_id) if request_id else None, codes)
