"""Whole invocations, over sockets, with a kubeconfig from the cloud: rotated, refused, and never shown."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from eipctl.demo.scf import timer_event
from eipctl.invoke import HANDLERS
from emulator.cloud import Cloud, Fault
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from shared.adapters import connections
from shared.adapters.access import Kept
from shared.runtime import Host

OLD, NEW = "canary-one", "canary-two"


class Apiserver(ThreadingHTTPServer):
    """An empty cluster that knows one token. `meddle` is what somebody does before the n-th request is judged."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = OLD
        self.codes: list[int] = []
        self.meddle: Callable[[int], object] = lambda _: None


class Handler(BaseHTTPRequestHandler):
    server: Apiserver
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.meddle(len(self.server.codes))
        path = self.path.partition("?")[0]
        if self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._say(401, {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"})
        elif path.endswith(("/pods", "/eipclaims")):
            kind = "EIPClaim" if path.endswith("/eipclaims") else "Pod"
            self._say(200, {"kind": f"{kind}List", "metadata": {}, "items": []})
        elif self.command == "GET":
            self._say(404, {"kind": "Status", "reason": "NotFound", "details": {"name": "it"}})
        else:
            self._say(201, {})

    do_POST = do_GET  # noqa: N815 - the base class looks for these names

    def _say(self, code: int, body: object) -> None:
        self.server.codes.append(code)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Prints nothing."""


@dataclass
class Instance:
    """A warm instance of the function reclaim, its cluster, and its cloud."""

    cloud: Cloud
    endpoint: str
    cluster: Apiserver
    now: float = 0.0
    logged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = Kept(lambda: self.now)

    def kubeconfig(self, token: str) -> str:
        server = f"http://127.0.0.1:{self.cluster.server_port}"
        named = {
            "name": "a",
            "context": {"cluster": "a", "user": "a"},
            "cluster": {"server": server},
            "user": {"token": token},
        }
        return json.dumps({"current-context": "a", "contexts": [named], "clusters": [named], "users": [named]})

    def store(self, token: str) -> None:
        """In SSM and at TKE."""
        self.cloud.console.create_secret("take", self.kubeconfig(token))
        self.cloud.console.set_kubeconfig("cls-blue", self.kubeconfig(token))

    def rotate(self, _: object = None) -> None:
        """The cluster takes the new token alone, and the new kubeconfig is stored."""
        self.cluster.token = NEW
        self.store(NEW)

    def invoke(self, named: str) -> dict[str, object]:
        environ = {
            "EIPCLAIM_CLUSTER_ID": "cls-blue",
            "EIPCLAIM_VPC_ID": "vpc-blue",
            "EIPCLAIM_KUBECONFIG": named,
            "EIPCLAIM_CLOUD_ENDPOINT": self.endpoint,
            "TENCENTCLOUD_REGION": "ap-guangzhou",
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
        }
        connect = partial(connections.connect, kept=self.kept)
        host = Host(connect=connect, environ=environ, write=self.logged.append)
        return HANDLERS["reclaim"](timer_event(0), {"request_id": "r"}, host)

    @property
    def asked(self) -> list[str]:
        """What the cloud was asked for kubeconfigs, and what it said."""
        actions = ("GetSecretValue", "DescribeClusterKubeconfig")
        return [call.code for call in self.cloud.calls.since() if call.action in actions]


@pytest.fixture
def instance() -> Iterator[Instance]:
    """With the old token stored in both places, and taken."""
    cloud = Cloud()
    cloud.console.create_cluster("cls-blue")
    with Apiserver() as cluster, Server(cloud) as server:
        thread = threading.Thread(target=cluster.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            instance = Instance(cloud, f"http://{server.endpoint}", cluster)
            instance.store(OLD)
            yield instance
        finally:
            cluster.shutdown()
            thread.join()


stored = pytest.mark.parametrize("named", ["ssm:take", "tke:"])


@stored
def test_a_warm_instance_asks_for_its_kubeconfig_once_in_five_minutes(instance: Instance, named: str) -> None:
    results = [instance.invoke(named), instance.invoke(named)]
    asked = list(instance.asked)
    instance.now += 300
    results.append(instance.invoke(named))

    assert all("error" not in result and result["failed"] == [] for result in results)
    assert (asked, instance.asked) == (["OK"], ["OK", "OK"])
    assert set(instance.cluster.codes) <= {200, 201, 404}


@stored
def test_a_kubeconfig_rotated_between_two_invocations_costs_one_look(instance: Instance, named: str) -> None:
    instance.invoke(named)
    instance.rotate()
    result = instance.invoke(named)

    assert "error" not in result
    assert result["failed"] == []
    assert instance.asked == ["OK", "OK"]
    assert instance.cluster.codes.count(401) == 1


@stored
@pytest.mark.parametrize("request_number", [1, 2, 3])
def test_a_kubeconfig_rotated_in_the_middle_of_an_invocation_does_not_end_it(
    instance: Instance, named: str, request_number: int
) -> None:
    """At the first read that follows, or at the write of the Lease."""
    instance.cluster.meddle = lambda number: instance.rotate() if number == request_number else None
    result = instance.invoke(named)

    assert "error" not in result
    assert result["failed"] == []
    assert instance.asked == ["OK", "OK"]
    assert 1 <= instance.cluster.codes.count(401) <= 2, "two listings go side by side"


@stored
def test_an_account_that_is_not_known_for_good_is_told_in_one_line_after_one_look(
    instance: Instance, named: str
) -> None:
    instance.cluster.token = "another"
    result = instance.invoke(named)

    assert result["error"] == (
        "Denied: GET /apis/coordination.k8s.io/v1/namespaces/eipclaim-system/leases/eipclaim-reclaim: 401: "
        f"Unauthorized; the credentials of {named.rstrip(':')} are not accepted"
    )
    assert instance.asked == ["OK", "OK"]
    assert instance.cluster.codes == [401, 401]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("throttle"), "RateLimited: ssm:take: the kubeconfig could not be read: RequestLimitExceeded"),
        (Fault("drop_reply"), "NoAnswer: ssm:take: the kubeconfig could not be read: GetSecretValue had no usable"),
        (Fault("code", code="UnauthorizedOperation"), "Denied: ssm:take: the function's role may not ssm:GetSecretV"),
    ],
)
def test_a_kubeconfig_that_cannot_be_read_ends_the_invocation_in_one_line_and_the_next_one_looks_again(
    instance: Instance, fault: Fault, told: str
) -> None:
    instance.cloud.faults.arm(fault)
    result, following = instance.invoke("ssm:take"), instance.invoke("ssm:take")

    assert str(result["error"]).startswith(told)
    assert "error" not in following
    assert len(instance.asked) == 2, "no retry beside the timer's"


def test_a_private_access_that_is_off_is_told(instance: Instance) -> None:
    """TKE then gives a kubeconfig all the same, whose server is a name that means nothing."""
    there = f"http://127.0.0.1:{instance.cluster.server_port}"
    off = instance.kubeconfig(OLD).replace(there, "https://cls-blue.ccs.invalid")
    instance.cloud.console.set_kubeconfig("cls-blue", off)
    result = instance.invoke("tke:")

    assert str(result["error"]).startswith("NotSent: GET /apis/coordination.k8s.io/")
    assert str(result["error"]).endswith(
        "; is the cluster's private access on? its kubeconfig names cls-blue.ccs.invalid"
    )


def test_a_token_file_is_read_again_when_its_token_is_not_taken_any_more(instance: Instance, tmp_path: Path) -> None:
    """As a kubelet rotates it."""
    token, file = tmp_path / "token", tmp_path / "kubeconfig"
    file.write_text(instance.kubeconfig("").replace('"token": ""', '"tokenFile": "token"'))
    token.write_text(OLD)

    def rotate(number: int) -> None:
        if number == 1:
            instance.cluster.token = NEW
            token.write_text(NEW)

    instance.cluster.meddle = rotate
    result = instance.invoke(str(file))

    assert "error" not in result
    assert result["failed"] == []
    assert 401 in instance.cluster.codes


@pytest.mark.parametrize(
    "text",
    [
        "canary",
        "canary: canary",
        '{"current-context": "canary", "contexts": "canary"}',
        "canary: [",
        "- canary",
        '{"current-context": {"canary": "canary"}}',
        '{"current-context": "a", "clusters": [{"name": "a", "cluster": {"server": ["canary"]}}]}',
    ],
)
@stored
def test_what_is_no_kubeconfig_is_told_without_a_word_of_it(
    *, instance: Instance, named: str, text: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    instance.cloud.console.create_secret("take", text)
    instance.cloud.console.set_kubeconfig("cls-blue", text)
    caplog.set_level(logging.DEBUG)
    result = instance.invoke(named)
    printed = capfd.readouterr()
    shown = [str(result), *instance.logged, caplog.text, printed.out, printed.err]

    assert str(result["error"]).startswith(f"InvalidKubeconfig: {named.rstrip(':')}: the kubeconfig is ")
    assert "canary" not in "\n".join(shown)


@stored
def test_a_kubeconfig_that_is_used_is_not_shown(
    instance: Instance, named: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    instance.cluster.meddle = lambda number: instance.rotate() if number == 1 else None
    results = [instance.invoke(named), instance.invoke(named)]
    printed = capfd.readouterr()
    shown = [str(results), repr(instance.kept), *instance.logged, caplog.text, printed.out, printed.err]

    assert instance.cluster.codes.count(200) > 2, "it really is used"
    assert "canary" not in "\n".join(shown)
