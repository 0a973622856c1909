"""Canaries in the place of every secret: whole invocations over real sockets, with every log on, show none of them."""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from eipctl.demo.scf import timer_event
from eipctl.invoke import HANDLERS
from emulator.cloud import Cloud, Fault, Key
from emulator.cloud.server import Server
from shared.core.errors import EipclaimError
from shared.runtime import Host
from tests.events.shapes import cls_event, record

SECRETS = {
    "TENCENTCLOUD_SECRETID": "AKIDcanaryzlvx",
    "TENCENTCLOUD_SECRETKEY": "canaryqkjw",
    "TENCENTCLOUD_SESSIONTOKEN": "canarymnbv",
}
TOKEN = "canarytrewq"
CANARIES = ("canary", "TC3-HMAC-SHA256", "Bearer ", "PRIVATE KEY")
EVENTS = {
    "allocate": timer_event(0),
    "reclaim": timer_event(0),
    "bind": cls_event([record("delete pods"), record("patch pods/status")]),
}


class Apiserver(BaseHTTPRequestHandler):
    """Has nothing, or refuses everything; as `echo` it sends back whatever it was sent."""

    mode = "empty"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.mode == "echo":
            self._say(502, str(self.headers))
        elif self.mode == "401":
            self._say(401, json.dumps({"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}))
        elif self.path.partition("?")[0].endswith(("/pods", "/eipclaims")):
            kind = "EIPClaim" if "eipclaims" in self.path else "Pod"
            self._say(200, json.dumps({"kind": f"{kind}List", "metadata": {}, "items": []}))
        else:
            self._say(404, json.dumps({"kind": "Status", "reason": "NotFound", "details": {"name": "it"}}))

    do_POST = do_PUT = do_GET  # noqa: N815 - the base class looks for these names

    def _say(self, code: int, text: str) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Prints nothing."""


@contextmanager
def apiserver(mode: str) -> Iterator[str]:
    handler = type("Handler", (Apiserver,), {"mode": mode})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def kubeconfig(server: str, user: dict[str, str]) -> str:
    named = {"name": "a", "context": {"cluster": "a", "user": "a"}, "cluster": {"server": server}, "user": user}
    return json.dumps({"current-context": "a", "contexts": [named], "clusters": [named], "users": [named]})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BAD_KEY = {
    "client-certificate-data": encoded("-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n"),
    "client-key-data": encoded("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"),
}
# What the apiserver is, how it is reached, who we are there, and what ails the cloud.
HTTP = ("empty", "http", {"token": TOKEN})
CASES: dict[str, tuple[str, str, dict[str, str], Fault | None]] = {
    "all is well": (*HTTP, None),
    "a token that has expired": ("401", "http", {"token": TOKEN}, None),
    "a gateway that echoes": ("echo", "http", {"token": TOKEN}, None),
    "no TLS at the other end": ("empty", "https", {"token": TOKEN}, None),
    "a key that is none": ("empty", "https", BAD_KEY, None),
    "a token that is none": ("empty", "http", {"token": f"{TOKEN}\n"}, None),
    "a token in the wrong place": ("empty", "http", {"username": TOKEN, "password": TOKEN}, None),
    "an auth plugin": ("empty", "http", {"exec": TOKEN}, None),
    "credentials that the cloud refuses": (*HTTP, Fault("code", code="AuthFailure.X")),
    "a code that nobody knows": (*HTTP, Fault("code", code="New", message="x" * 9000)),
    "a lost reply": (*HTTP, Fault("drop_reply", times=9)),
    "a cut reply": (*HTTP, Fault("error_after", shape="truncated", times=9)),
    "a gateway before the cloud": (*HTTP, Fault("error_after", times=9)),
}


def told_by(run: Callable[[], object]) -> str:
    """The result, or all that a platform may print of what is raised."""
    try:
        return repr(run())
    except EipclaimError as error:
        return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


def environ(file: Path, endpoint: str) -> dict[str, str]:
    return {
        "EIPCLAIM_CLUSTER_ID": "cls-blue",
        "EIPCLAIM_VPC_ID": "vpc-blue",
        "TENCENTCLOUD_REGION": "ap-guangzhou",
        "EIPCLAIM_KUBECONFIG": str(file),
        "EIPCLAIM_CLOUD_ENDPOINT": f"http://{endpoint}",
        **SECRETS,
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("function", EVENTS)
def test_no_secret_is_shown(
    function: str, case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    mode, scheme, user, fault = CASES[case]
    cloud = Cloud()
    cloud.credentials[SECRETS["TENCENTCLOUD_SECRETID"]] = Key(
        SECRETS["TENCENTCLOUD_SECRETKEY"], "us", token=SECRETS["TENCENTCLOUD_SESSIONTOKEN"]
    )
    if fault is not None:
        cloud.faults.arm(fault)
    caplog.set_level(logging.DEBUG)
    with apiserver(mode) as there, Server(cloud) as server:
        file = tmp_path / "kubeconfig"
        file.write_text(kubeconfig(f"{scheme}://{there}", user))
        host = Host(environ=environ(file, server.endpoint))
        context = {"request_id": "r", "environ": ";".join(f"{name}={value}" for name, value in SECRETS.items())}
        told = told_by(lambda: HANDLERS[function](EVENTS[function], context, host))
    logged = "\n".join(f"{line.getMessage()} {vars(line)}" for line in caplog.records)
    printed = capfd.readouterr()
    shown = f"{told}\n{logged}\n{printed.out}\n{printed.err}"

    assert [canary for canary in CANARIES if canary in shown] == []
    assert '"event": "' in printed.out, "the function really did log"
    if case == "all is well" and function != "bind":
        assert {call.code for call in cloud.calls.since(0)} == {"OK"}, "the canaries were really sent"


def test_the_libraries_would_show_them_if_they_were_let(caplog: pytest.LogCaptureFixture) -> None:
    """The pin is what holds: without it the SDK logs the session token and the signature at DEBUG."""
    logger = logging.getLogger("tencentcloud_sdk_common")

    assert logger.level == logging.WARNING
    assert not logger.isEnabledFor(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    assert not logger.isEnabledFor(logging.DEBUG)
