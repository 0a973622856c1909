"""The API's front: from an HTTP request to a reply, with the faults on the way. The doors only carry these."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulator.cloud.cloud import SERVICES, Cloud, Exchange
from emulator.cloud.dispatch import Json
from emulator.cloud.errors import CloudError
from emulator.cloud.faults import Fault
from emulator.cloud.tc3 import HttpRequest, Sender, authenticate

# The SDK looks for `Error` in a reply of exactly this type; with a charset behind it, errors would pass as success.
_JSON = "application/json"
_REDIRECTIONS = range(300, 400)
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller gets, after `wait` seconds: all of it, half of it, a closed connection, or nothing ever.

    `short` is all of it, announced as half.
    """

    body: bytes
    status: int = 200
    content_type: str = _JSON
    wait: float = 0.0
    ending: Literal["whole", "short", "cut", "closed", "never"] = "whole"
    work: Callable[[], Reply] | None = None
    """If there is one, this is no reply yet: the work gives it, and nothing of the cloud may be held meanwhile."""

    def finished(self) -> Reply:
        """The reply, after the work."""
        return self if self.work is None else self.work()

    @property
    def headers(self) -> dict[str, str]:
        """What stands above the body; a redirection leads to the same door."""
        length = len(self.body) // 2 if self.ending == "short" else len(self.body)
        location = {"Location": "/"} if self.status in _REDIRECTIONS else {}
        return {"Content-Type": self.content_type, "Content-Length": str(length), **location}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request on its way: `serve` it after `before` seconds, even if the caller has gone by then.

    `arrives` is false where the connection is lost before the cloud sees it.
    """

    serve: Callable[[], Reply]
    before: float = 0.0
    arrives: bool = True


def receive(cloud: Cloud, request: HttpRequest) -> Visit:
    """What is to become of a request; nothing is done yet but that a fault may be used up."""
    action = request.headers.get("x-tc-action", "")
    try:
        skew = cloud.behaviour.signature_skew_seconds
        sender = authenticate(request, cloud.credentials, cloud.signing_clock(), skew)
        params = _read(cloud, request, sender)
    except CloudError as error:
        refusal = cloud.refuse(action, error)
        return Visit(lambda: Reply(_encode(refusal.reply)))
    fault = cloud.faults.take(action, params, sender.key.identity)

    def serve() -> Reply:
        exchange = cloud.exchange(sender.service, action, params, sender.key, fault)
        if exchange.work is not None:
            return Reply(b"", work=lambda: _render(exchange.worked()))
        return _render(exchange)

    late = fault is not None and fault.kind == "late"
    before = fault.seconds or 0.0 if fault is not None and late else 0.0
    return Visit(serve, before, arrives=fault is None or fault.kind != "drop")


def _read(cloud: Cloud, request: HttpRequest, sender: Sender) -> Json:
    if request.method != "POST":
        raise CloudError("UnsupportedProtocol", "This cloud answers POST only.")
    service = SERVICES.get(sender.service)
    if service is None:
        raise CloudError("NoSuchProduct", f"There is no service {sender.service}.")
    if request.headers.get("x-tc-version") != service.version:
        raise CloudError("NoSuchVersion", f"The service {sender.service} has the version {service.version} only.")
    if service.regional and request.headers.get("x-tc-region") != cloud.region:
        raise CloudError("UnsupportedRegion", f"This cloud has the region {cloud.region} only.")
    try:
        params = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise CloudError("InvalidRequest", "The body is not JSON.") from error
    if not isinstance(params, dict):
        raise CloudError("InvalidRequest", "The body is not a JSON object.")
    return params


def _render(exchange: Exchange) -> Reply:
    body, fault = _encode(exchange.reply), exchange.fault
    if fault is None:
        return Reply(body)
    if fault.kind in ("drop", "drop_reply"):
        return Reply(b"", ending="closed")
    if fault.kind == "stall":
        return Reply(b"", ending="never")
    if fault.kind == "delay":
        return Reply(body, wait=fault.seconds or 0.0)
    if fault.kind in ("error_before", "error_after"):
        return _broken(exchange, fault, body)
    return Reply(body)


def _broken(exchange: Exchange, fault: Fault, body: bytes) -> Reply:
    if fault.shape == "code":
        error = {"Error": {"Code": fault.code, "Message": fault.message}, "RequestId": exchange.request_id}
        return Reply(_encode({"Response": error}))
    return {
        "status": Reply(_PAGE, fault.status, "text/html"),
        "truncated": Reply(body, ending="cut"),
        "short": Reply(body, ending="short"),
        "empty": Reply(b""),
        "garbage": Reply(b'{"Response": {"RequestId"'),
        "text": Reply(_PAGE, content_type="text/html"),
    }[fault.shape]


def _encode(reply: Json) -> bytes:
    return json.dumps(reply, ensure_ascii=False).encode()
