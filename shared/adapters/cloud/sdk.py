"""One signed call of a Tencent Cloud API by the SDK's async client, and what its failures mean.

The SDK's own retryer is never set: after a throttled attempt it throws away a later success and sends the call again
(tencentcloud-sdk-python-common 3.1.195, `retry.py`: `err` is not reset). The async client lets `httpx.TransportError` and
`json.JSONDecodeError` through beside its own exception, and looks for an error only where the Content-Type is exactly
`application/json`: all shapes are judged here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
import httpx
from tencentcloud.common.common_client_async import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from shared.adapters.cloud.codes import classify
from shared.core.errors import Ambiguous, EipclaimError, Unavailable

Params = Mapping[str, object]
Call = Callable[[str, Params], Awaitable[Mapping[str, object]]]
"""Action and parameters to the content of `Response`; raises errors of `shared.core.errors`."""

CALL_SECONDS = 15.0
CONNECT_SECONDS = 5.0

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
    endpoint: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Call]:
    """A call of one service, with connections of its own that are closed at the end.

    `endpoint` is a URL for an emulator, `transport` one in this process; without them it is the service's own host.
    """
    profile = ClientProfile(httpProfile=_http_profile(endpoint), language="en-US")
    credential = Credential(secret.secret_id, secret.secret_key, secret.token)
    async with httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
        follow_redirects=False,
    ) as http:
        client = _client(service, version, credential, region, profile)
        await client.http_client.aclose()
        client.http_client = http

        async def call(action: str, params: Params) -> Mapping[str, object]:
            return await _call(client, action, params)

        yield call


def _client(service: str, version: str, credential: Credential, region: str, profile: ClientProfile) -> CommonClient:
    return CommonClient(service, version, credential, region, profile)


def _http_profile(endpoint: str | None) -> HttpProfile:
    http = HttpProfile(reqTimeout=int(CALL_SECONDS), keepAlive=True)
    if endpoint:
        parts = urlsplit(endpoint)
        http.protocol, http.endpoint = parts.scheme, parts.netloc
    return http


async def _call(client: CommonClient, action: str, params: Params) -> Mapping[str, object]:
    try:
        with anyio.fail_after(CALL_SECONDS):
            reply = await client.call_and_deserialize(action, dict(params), dict)
        return _content(reply)
    except TencentCloudSDKException as error:
        raise classify(str(error.code), str(error.message), error.requestId) from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise Unavailable("NotSent", f"{action} was not sent: {type(error).__name__}") from error
    except (httpx.HTTPError, json.JSONDecodeError, TimeoutError) as error:
        raise Ambiguous("NoAnswer", f"{action} had no usable answer: {type(error).__name__}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # The SDK indexes what it expects in a reply; whatever is missing there is no answer either.
        raise Ambiguous("NoAnswer", f"{action} had an answer of an unknown form: {type(error).__name__}") from error


def _content(reply: object) -> Mapping[str, object]:
    response = reply.get("Response") if isinstance(reply, dict) else None
    if not isinstance(response, dict):
        raise Ambiguous("NoAnswer", "the answer holds no Response")
    error = response.get("Error")
    if isinstance(error, dict):
        raise _error(error, response)
    return response


def _error(error: Mapping[str, object], response: Mapping[str, object]) -> EipclaimError:
    request_id = response.get("RequestId")
    return classify(str(error.get("Code")), str(error.get("Message")), str(request_id) if request_id else None)
