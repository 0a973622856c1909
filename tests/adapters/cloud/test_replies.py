"""Replies of every shape to the vendor's own client: only a `Response` without an `Error` is a success."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import warnings
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Secret, connect
from shared.core.errors import Ambiguous, Conflict, EipclaimError

SECRET = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
JSON = "application/json"
CHARSET = "application/json; charset=utf-8"


async def ask(transport: httpx.AsyncBaseTransport | None, endpoint: str | None = None, times: int = 1) -> object:
    """The last of so many calls' contents."""
    reply: object = None
    async with connect("vpc", "2017-03-12", "ap-guangzhou", SECRET, endpoint=endpoint, transport=transport) as call:
        for _ in range(times):
            reply = await call("AllocateAddresses", {})
    return reply


def answering(status: int, content_type: str | None, body: bytes, **headers: str) -> httpx.MockTransport:
    def answer(_: httpx.Request) -> httpx.Response:
        types = {} if content_type is None else {"Content-Type": content_type}
        return httpx.Response(status, headers={**types, **headers}, content=body)

    return httpx.MockTransport(answer)


def envelope(**content: object) -> bytes:
    return json.dumps({"Response": content}).encode()


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        (JSON, "the type that the SDK knows"),
        (CHARSET, "a type in which it would not look for an error"),
        ("text/plain", "its other type"),
        ("text/html", "a wrong type, but what matters is the content"),
    ],
)
async def test_the_content_of_response_is_the_reply(content_type: str, reason: str) -> None:
    body = envelope(AddressSet=["eip-11111111"], RequestId="r")

    assert await ask(answering(200, content_type, body)) == {"AddressSet": ["eip-11111111"], "RequestId": "r"}, reason


@pytest.mark.parametrize("content_type", [JSON, CHARSET, "text/plain", "text/html", "APPLICATION/JSON"])
async def test_an_error_is_one_in_a_reply_of_any_type(content_type: str) -> None:
    body = envelope(Error={"Code": "OperationDenied.MutexTaskRunning", "Message": "Wait."}, RequestId="r")
    with pytest.raises(Conflict) as caught:
        await ask(answering(200, content_type, body))

    assert caught.value.message == "OperationDenied.MutexTaskRunning (request r): Wait."


async def test_a_warning_that_an_api_is_going_away_does_not_make_its_reply_an_error() -> None:
    body = envelope(AddressSet=["eip-11111111"], DeprecatedWarning="soon", RequestId="r")
    with warnings.catch_warnings(record=True) as warned:
        reply = await ask(answering(200, JSON, body))

    assert reply
    assert "soon" in str(warned[-1].message), "the SDK warns by itself"


ERROR = {"Code": "UnsupportedOperation.AddressStatusNotPermit", "Message": "Not now."}


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON, envelope(Error=ERROR), "without RequestId the SDK does not read it"),
        (JSON, envelope(Error=None, RequestId="r"), "an error that says nothing"),
        (CHARSET, envelope(Error=None, RequestId="r"), "likewise, past the SDK"),
        (JSON, envelope(Error="InvalidParameter", RequestId="r"), "not the form of an error"),
        (CHARSET, envelope(Error="InvalidParameter", RequestId="r"), "likewise, past the SDK"),
        (CHARSET, envelope(Error=["InvalidParameter"], RequestId="r"), "likewise"),
        (JSON, envelope(Error={}, RequestId="r"), "an error without a code"),
        (CHARSET, envelope(Error={}, RequestId="r"), "likewise, past the SDK"),
        (CHARSET, envelope(Error={"Code": ["InvalidParameter"]}), "a code that is none"),
        (CHARSET, envelope(Error={"Code": None, "Message": None}), "likewise"),
        (JSON, b'{"Response": null}', "no content"),
        (JSON, b'{"Response": []}', "not the form of a content"),
        (JSON, b'{"Response": "Error"}', "likewise"),
        (CHARSET, b'{"Response": "Error"}', "likewise, past the SDK"),
        (JSON, b'{"response": {"RequestId": "r"}}', "no Response"),
        (CHARSET, b'{"response": {"RequestId": "r"}}', "likewise, past the SDK"),
        (JSON, b"{}", "nothing"),
        (JSON, b"[]", "no object"),
        (CHARSET, b"[]", "likewise, past the SDK"),
        (JSON, b"null", "likewise"),
        (CHARSET, b"null", "likewise"),
        (JSON, b'"Response"', "likewise"),
        (JSON, b"1", "likewise"),
        (JSON, b"", "nothing at all"),
        (CHARSET, b"", "nothing at all"),
        (JSON, b'{"Response": {"RequestId"', "cut off by somebody who closed it properly"),
        (JSON, b"[" * 100_000, "nested too deep to be read"),
        (CHARSET, b"[" * 100_000, "likewise"),
        (JSON, b'{"Response": {"RequestId": "\xff\xfe"}}', "no UTF-8"),
        (CHARSET, b'{"Response": {"RequestId": "\xff\xfe"}}', "no UTF-8"),
        ("text/event-stream", envelope(RequestId="r"), "the SDK would hand over a stream"),
        (None, envelope(RequestId="r"), "the SDK wants a type"),
    ],
)
async def test_a_reply_of_an_unknown_form_may_mean_anything(content_type: str | None, body: bytes, reason: str) -> None:
    with pytest.raises(EipclaimError) as caught:
        await ask(answering(200, content_type, body))

    assert type(caught.value) is Ambiguous, reason
    assert "RequestId" not in caught.value.message, reason


@pytest.mark.parametrize("status", [100, 201, 204, 301, 302, 307, 400, 403, 404, 429, 500, 502, 503, 504])
async def test_a_reply_with_any_other_status_than_200_may_mean_anything(status: int) -> None:
    with pytest.raises(EipclaimError) as caught:
        await ask(answering(status, JSON, envelope(Error=ERROR, RequestId="r"), Location="https://elsewhere.example/"))

    assert type(caught.value) is Ambiguous
    assert caught.value.message == "ServerNetworkError: no usable answer"


async def test_a_redirection_is_not_followed() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(Ambiguous):
        await ask(httpx.MockTransport(answer))

    assert asked == ["vpc.tencentcloudapi.com"]


async def test_a_compressed_reply_is_read_and_a_broken_one_may_mean_anything() -> None:
    body = gzip.compress(envelope(RequestId="r"))

    assert await ask(answering(200, JSON, body, **{"Content-Encoding": "gzip"})) == {"RequestId": "r"}
    with pytest.raises(Ambiguous):
        await ask(answering(200, JSON, b"no gzip", **{"Content-Encoding": "gzip"}))


class Trickle(httpx.AsyncByteStream):
    """A reply that comes in pieces, each of them soon enough for any read time-out."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = envelope(RequestId="r")
        yield body[:1]
        for _ in range(self._pieces):
            await anyio.sleep(1)
            yield b""
        yield body[1:]


@pytest.mark.parametrize(
    ("pieces", "seconds", "outcome"), [(14, 14, {"RequestId": "r"}), (15, 15, None), (10_000, 15, None)]
)
def test_a_call_is_given_up_after_15_seconds_whatever_still_trickles_in(
    timeline: Timeline, pieces: int, seconds: float, outcome: object
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": JSON}, stream=Trickle(pieces))

    async def main() -> object:
        try:
            return await ask(httpx.MockTransport(answer))
        except Ambiguous:
            return None

    began = timeline.now()

    assert run(timeline, main()) == outcome
    assert timeline.now() - began == pytest.approx(seconds, abs=0.001)


class Connections:
    """A server that answers every request with the same bytes, and knows which of its connections are open."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply
        self.made = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made, self.open = self.made + 1, self.open + 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(self._reply)
        except asyncio.IncompleteReadError:
            writer.close()
        finally:
            self.open -= 1


def wire(content_type: str | None, body: bytes, status: int = 200) -> bytes:
    kind = "" if content_type is None else f"Content-Type: {content_type}\r\n"
    return f"HTTP/1.1 {status} X\r\n{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("reply", "connections", "reason"),
    [
        (wire(JSON, envelope(RequestId="r")), 1, "one connection serves all calls"),
        (wire(JSON, envelope(Error=ERROR, RequestId="r")), 1, "a refusal is read to its end"),
        (wire("text/html", b"<html>", 502), 1, "so is an error page"),
        (wire(JSON, b"{"), 1, "so is nonsense"),
        (wire(None, b"{}"), 3, "the SDK leaves this one unread"),
        (wire("text/event-stream", b"data: x\n\n"), 3, "and this one"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", 1, "nothing to read"),
        (b"nonsense\r\n\r\n", 3, "no HTTP: the connection is of no more use"),
    ],
)
async def test_no_connection_outlives_its_client(reply: bytes, connections: int, reason: str) -> None:
    served = Connections(reply)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with connect("vpc", "2017-03-12", "", SECRET, endpoint=f"http://{host}:{port}") as call:
        for _ in range(3):
            with contextlib.suppress(EipclaimError):
                await call("AllocateAddresses", {})
    with anyio.fail_after(10):
        while served.open:
            await anyio.lowlevel.checkpoint()
    server.close()
    await server.wait_closed()
    gc.collect()  # whatever was forgotten open says so now, which is an error

    assert (served.made, served.open) == (connections, 0), reason
