"""Requests as the vendor's own client sends them for us: their form, their credentials, and when they are not sent."""

from __future__ import annotations

import httpx
import pytest

from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from emulator.cloud.transport import InProcessTransport
from shared.adapters.cloud.sdk import Secret, connect
from shared.core.errors import Ambiguous, EipclaimError, InputRejected, Unavailable

SECRET = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)


async def ask(
    transport: httpx.AsyncBaseTransport | None, endpoint: str | None = None, secret: Secret = SECRET
) -> object:
    async with connect("vpc", "2017-03-12", "ap-guangzhou", secret, endpoint=endpoint, transport=transport) as call:
        return await call("AllocateAddresses", {})


async def test_the_request_is_what_the_api_documents() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"Response": {"RequestId": "r"}})

    await ask(httpx.MockTransport(answer), secret=Secret("AKIDexample", "key", "token"))
    (request,) = seen
    wanted = {
        "Host": "vpc.tencentcloudapi.com",
        "Content-Type": "application/json",
        "X-TC-Action": "AllocateAddresses",
        "X-TC-Version": "2017-03-12",
        "X-TC-Region": "ap-guangzhou",
        "X-TC-Language": "en-US",
        "X-TC-Token": "token",
    }

    assert (request.method, str(request.url)) == ("POST", "https://vpc.tencentcloudapi.com/?")
    assert {name: request.headers[name] for name in wanted} == wanted
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 15.0, "write": 15.0, "pool": 15.0}
    assert request.headers["X-TC-RequestClient"].endswith("; eipclaim")
    assert request.headers["Authorization"].startswith("TC3-HMAC-SHA256 Credential=AKIDexample/")


async def test_a_closed_port_is_known_to_have_taken_nothing(unused_endpoint: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await ask(None, unused_endpoint)

    assert refused.value.message == "AllocateAddresses was not sent: ConnectError"


async def test_what_does_not_speak_tls_is_known_to_have_taken_nothing(cloud: Cloud) -> None:
    with Server(cloud) as server, pytest.raises(Unavailable):
        await ask(None, f"https://{server.endpoint}")

    assert cloud.calls.since() == []


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), Unavailable, "no name, no connection"),
        (httpx.ConnectTimeout("timed out"), Unavailable, "no connection"),
        (httpx.PoolTimeout("timed out"), Unavailable, "no turn for a connection"),
        (httpx.UnsupportedProtocol("ftp"), Unavailable, "nowhere to connect to"),
        (httpx.InvalidURL("no URL"), Unavailable, "nowhere to connect to"),
        (httpx.ReadError("reset"), Ambiguous, "sent"),
        (httpx.ReadTimeout("timed out"), Ambiguous, "sent"),
        (httpx.WriteError("reset"), Ambiguous, "sent in part, or in full"),
        (httpx.WriteTimeout("timed out"), Ambiguous, "sent in part, or in full"),
        (httpx.CloseError("reset"), Ambiguous, "sent"),
        (httpx.RemoteProtocolError("no HTTP"), Ambiguous, "sent"),
        (httpx.DecodingError("no gzip"), Ambiguous, "answered"),
        (httpx.ProxyError("502"), Ambiguous, "never happens: there are no proxies"),
        (ConnectionResetError("reset"), Ambiguous, "an error of the system's that nobody has wrapped"),
        (TimeoutError("timed out"), Ambiguous, "likewise"),
    ],
)
async def test_only_a_request_without_a_connection_is_known_not_to_have_been_sent(
    error: Exception, kind: type[EipclaimError], reason: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(EipclaimError) as caught:
        await ask(httpx.MockTransport(fail))

    assert type(caught.value) is kind, reason
    assert caught.value.message.endswith(f": {type(error).__name__}"), reason
    assert str(error) not in caught.value.message, reason


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (Secret("", "key"), "empty"),
        (Secret("id", ""), "empty"),
        (Secret("id", " key"), "a space, which the SDK refuses"),
        (Secret("id", "key\n"), "a line's end, as of a value read from a file"),
        (Secret("id", "key", "tok\nen"), "a header cannot hold it, and httpx would quote it"),
        (Secret("id", "key", "tök"), "not ASCII"),
        (Secret("i\x00d", "key"), "a control character"),
    ],
)
async def test_credentials_that_cannot_be_are_told_of_without_being_shown(
    cloud: Cloud, secret: Secret, reason: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        await ask(InProcessTransport(cloud), secret=secret)

    assert refused.value.reason == "InvalidCredentials", reason
    assert "key" not in refused.value.message, reason
    assert cloud.calls.since() == [], reason


async def test_an_empty_token_is_none(cloud: Cloud) -> None:
    await ask(InProcessTransport(cloud), secret=Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY, ""))

    assert len(cloud.holdings()) == 1


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("HTTP_PROXY", "http://127.0.0.1:9", "nothing listens there"),
        ("ALL_PROXY", "socks5://127.0.0.1:9", "httpx cannot even speak to it"),
        ("HTTPS_PROXY", "nonsense://", "httpx cannot even read it"),
        ("SSL_CERT_FILE", "/nonexistent", "no such file"),
    ],
)
async def test_proxies_and_certificates_of_the_environment_are_ignored(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv(variable.lower(), value)
    with Server(cloud) as server:
        await ask(None, f"http://{server.endpoint}")

    assert len(cloud.holdings()) == 1, reason
