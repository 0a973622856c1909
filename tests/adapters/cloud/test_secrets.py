"""Canaries: neither key, token nor signature shows in a message, a repr, a traceback or a log, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from emulator.cloud import Cloud, Fault, Key
from emulator.cloud.server import Server
from shared.adapters.cloud.sdk import Secret, connect
from shared.core.errors import EipclaimError

CANARY_KEY = "canary-of-a-secret-key"
CANARY_TOKEN = "canary-of-a-session-token"
SECRET = Secret("AKIDcanary", CANARY_KEY, CANARY_TOKEN)
TRACES = (CANARY_KEY, CANARY_TOKEN, "canary", "Signature=", "TC3-HMAC-SHA256")


def shown(text: str) -> list[str]:
    """What of the secrets stands in a text; the id is none."""
    return [trace for trace in TRACES if trace in text.replace("AKIDcanary", "")]


def told(error: BaseException) -> str:
    """All that Python, or a platform, may print of an error."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


def test_a_secret_shows_its_id_only() -> None:
    assert repr(SECRET) == "Secret(secret_id='AKIDcanary')"
    assert shown(f"{SECRET} {SECRET!r}") == []


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("drop"),
        Fault("drop_reply"),
        Fault("error_after"),
        Fault("error_after", shape="truncated"),
        Fault("error_after", shape="garbage"),
        Fault("error_after", shape="text"),
        Fault("code", code="AuthFailure.TokenFailure"),
        Fault("code", code="SomethingNew"),
        Fault("throttle"),
    ],
    ids=lambda fault: "none" if fault is None else f"{fault.kind} {fault.shape} {fault.code}",
)
async def test_nothing_secret_is_logged_even_at_debug(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    cloud.credentials["AKIDcanary"] = Key(CANARY_KEY, "give", token=CANARY_TOKEN)
    if fault is not None:
        cloud.faults.arm(fault)
    caplog.set_level(logging.DEBUG)
    messages = ""
    with Server(cloud) as server:
        async with connect("vpc", "2017-03-12", "ap-guangzhou", SECRET, endpoint=f"http://{server.endpoint}") as call:
            try:
                await call("AllocateAddresses", {})
            except EipclaimError as error:
                messages = told(error)
    logged = "\n".join(f"{record.name} {record.getMessage()} {record.__dict__}" for record in caplog.records)

    assert shown(logged) == []
    assert shown(messages) == []
    assert [call.identity for call in cloud.calls.since()] == ["give"], "the canaries were really sent"
    assert "httpcore.http11" in logged, "the libraries really do log"


@pytest.mark.parametrize(
    "secret",
    [
        Secret("AKIDcanary", f"{CANARY_KEY} "),
        Secret("AKIDcanary", CANARY_KEY, f"{CANARY_TOKEN}\n"),
        Secret("AKIDcanary", CANARY_KEY, f"{CANARY_TOKEN}é"),
        Secret("AKIDcanary", CANARY_KEY, f"\x00{CANARY_TOKEN}"),
    ],
)
async def test_credentials_that_cannot_be_sent_are_not_shown_either(secret: Secret) -> None:
    with pytest.raises(EipclaimError) as caught:
        async with connect("vpc", "2017-03-12", "ap-guangzhou", secret, endpoint="http://127.0.0.1:9"):
            pass

    assert shown(told(caught.value)) == []


async def test_a_server_that_echoes_the_request_is_not_repeated() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text="\n".join(f"{name}: {value}" for name, value in request.headers.items()))

    with pytest.raises(EipclaimError) as caught:
        async with connect("vpc", "2017-03-12", "ap-guangzhou", SECRET, transport=httpx.MockTransport(echo)) as call:
            await call("AllocateAddresses", {})

    assert shown(told(caught.value)) == []
