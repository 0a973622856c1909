"""The server itself: its life, its speed, and the endpoints by which another process looks at the cloud and meddles."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from emulator.cloud import Cloud, Fault
from emulator.cloud.server import Server
from emulator.timeline import Timeline

POLICY = '{"version": "2.0", "statement": [{"effect": "allow", "action": "cvm:*", "resource": "*"}]}'


@pytest.fixture
def control(cloud: Cloud, timeline: Timeline) -> Iterator[httpx.Client]:
    """A client of the control endpoints of a server whose clock can be advanced."""
    with (
        Server(cloud, advance=timeline.advance) as server,
        httpx.Client(base_url=f"http://{server.endpoint}/_emulator/", trust_env=False) as client,
    ):
        yield client


def test_the_state_shows_what_there_is(cloud: Cloud, control: httpx.Client, timeline: Timeline) -> None:
    interface = control.post("console/create_interface", json={}).json()["result"]
    ip = control.post("console/assign_ip", json={"interface_id": interface}).json()["result"]
    (address_id,) = control.post("console/buy", json={"name": "web-0", "tags": {"team": "red"}}).json()["result"]
    control.post("console/bind", json={"address_id": address_id, "interface_id": interface, "private_ip": ip})
    state = control.get("state").json()

    assert (state["now"], state["region"]) == (timeline.now(), "ap-guangzhou")
    assert [(one["address_id"], one["status"], one["private_ip"]) for one in state["addresses"]] == [
        (address_id, "BIND_ENI", ip)
    ]
    assert [one["interface_id"] for one in state["interfaces"]] == [interface]
    assert state["tags"] == [["team", "blue"], ["team", "red"]]
    assert state["instances"] == []
    assert len(cloud.holdings()) == 1


def test_the_state_shows_what_is_deployed_but_no_secret_and_no_kubeconfig(control: httpx.Client) -> None:
    canary = "nobody-may-see-this"
    for what, given in {
        "create_cluster": {"cluster_id": "cls-web", "kubeconfig": canary},
        "create_topic": {"topic_id": "topic-1"},
        "set_audit_log": {"cluster_id": "cls-web", "topic_id": "topic-1"},
        "put_log": {"topic_id": "topic-1", "content": {"auditID": "1"}},
        "create_secret": {"name": "kubeconfig", "text": canary},
        "create_function": {"name": "web-bind"},
        "create_role": {"name": "give", "documents": [POLICY]},
    }.items():
        assert control.post(f"console/{what}", json=given).status_code == 200, what
    state = control.get("state")
    shown = state.json()

    assert canary not in state.text
    assert [one["name"] for one in shown["functions"]] == ["web-bind"]
    assert shown["clusters"][0]["audit"]["topic_id"] == shown["topics"][0]["id"] == "topic-1"
    assert shown["secrets"] == [{"name": "kubeconfig", "status": "Enabled", "versions": ["SSM_Current"]}]
    assert (shown["topics"][0]["records"], shown["roles"]) == (1, [{"name": "give", "policies": ["give-1"]}])


def test_calls_are_shown_from_a_cursor_on(cloud: Cloud, control: httpx.Client) -> None:
    for _ in range(3):
        cloud.call("vpc", "DescribeAddresses", {})

    assert [call["number"] for call in control.get("calls", params={"since": 1}).json()] == [2, 3]
    assert control.get("state").json()["calls"] == 3


def test_faults_are_armed_one_by_one_or_as_a_list_and_cleared(cloud: Cloud, control: httpx.Client) -> None:
    control.post("faults", json={"kind": "drop", "action": "AllocateAddresses", "times": 2})
    control.post("faults", json=[{"kind": "error_after", "shape": "truncated"}, {"kind": "delay", "seconds": 3}])
    armed = cloud.faults.armed()
    control.delete("faults")

    assert armed == [
        Fault("drop", "AllocateAddresses", times=2),
        Fault("error_after", shape="truncated"),
        Fault("delay", seconds=3),
    ]
    assert cloud.faults.armed() == []


def test_knobs_are_turned(cloud: Cloud, control: httpx.Client) -> None:
    control.post("behaviour", json={"transition_seconds": 0.5, "newest_first": True})

    assert (cloud.behaviour.transition_seconds, cloud.behaviour.newest_first) == (0.5, True)


def test_the_cloud_is_reset(cloud: Cloud, control: httpx.Client) -> None:
    cloud.console.buy()
    control.post("reset")

    assert cloud.holdings() == ()


def test_virtual_time_is_advanced(control: httpx.Client, timeline: Timeline) -> None:
    before = timeline.now()
    control.post("time", json={"advance": 90})

    assert timeline.now() == before + 90


@pytest.mark.parametrize(
    ("what", "body", "status", "reason"),
    [
        ("GET nothing", None, 404, "no such endpoint"),
        ("POST console/settle", {}, 404, "not one of the console's own methods"),
        ("POST console/release", {"address_id": "eip-00000000"}, 409, "the cloud refuses"),
        ("POST console/release", {"id": "eip-00000000"}, 400, "no such parameter"),
        ("POST faults", {"kind": "explode"}, 400, "no such kind"),
        ("POST behaviour", {"transition_second": 1}, 400, "no such knob"),
        ("POST behaviour", {"transition_seconds": "soon"}, 400, "no number"),
        ("POST time", {}, 400, "how long?"),
        ("GET calls?since=yesterday", None, 400, "no number"),
    ],
)
def test_what_the_endpoints_do_not_understand_is_refused(
    control: httpx.Client, what: str, body: object, status: int, reason: str
) -> None:
    reply = control.request(*what.split(), json=body)

    assert reply.status_code == status, reason
    assert reply.json()["error"]


def test_real_time_cannot_be_advanced(cloud: Cloud) -> None:
    with Server(cloud) as server:
        reply = httpx.post(f"http://{server.endpoint}/_emulator/time", json={"advance": 90}, trust_env=False)

    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("headers", "body", "code", "reason"),
    [
        ({}, b"{}", "AuthFailure.InvalidAuthorization", "not signed at all"),
        ({"Authorization": "TC3-HMAC-SHA256 nonsense"}, b"{}", "AuthFailure.InvalidAuthorization", "malformed"),
        (
            {
                "Authorization": "TC3-HMAC-SHA256 Credential=a/2026-11-24/vpc/tc3_request, SignedHeaders=host, "
                f"Signature={'0' * 64}"
            },
            b"{}",
            "AuthFailure.InvalidAuthorization",
            "Content-Type is not signed",
        ),
        (
            {
                "Authorization": "TC3-HMAC-SHA256 Credential=a/2026-11-24/vpc/tc3_request, "
                f"SignedHeaders=content-type;host, Signature={'0' * 64}"
            },
            b"{}",
            "InvalidParameter",
            "no timestamp",
        ),
    ],
)
def test_a_reply_is_json_of_exactly_that_type_whatever_was_sent(
    cloud: Cloud, headers: dict[str, str], body: bytes, code: str, reason: str
) -> None:
    with Server(cloud) as server:
        reply = httpx.post(f"http://{server.endpoint}/?", headers=headers, content=body, trust_env=False)
    response = reply.json()["Response"]

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/json"), reason
    assert response["Error"]["Code"] == code, reason
    assert response["RequestId"]


def test_a_kept_connection_answers_without_delay(cloud: Cloud) -> None:
    with Server(cloud) as server, httpx.Client(base_url=f"http://{server.endpoint}", trust_env=False) as client:
        client.post("/")
        took = []
        for _ in range(20):
            began = time.perf_counter()
            client.post("/")
            took.append(time.perf_counter() - began)

    # Nagle's algorithm against delayed acknowledgements would cost every single one 40 ms.
    assert min(took) < 0.03


def test_two_servers_listen_on_ports_of_their_own_and_a_taken_port_is_an_error(cloud: Cloud) -> None:
    with Server(cloud) as first, Server(cloud) as second:
        assert first.endpoint != second.endpoint
        with pytest.raises(OSError, match="in use"):
            Server(cloud, int(first.endpoint.rsplit(":", 1)[1]))


def test_stopping_ends_idle_connections_and_threads(cloud: Cloud) -> None:
    before = set(threading.enumerate())
    server = Server(cloud)
    server.start()
    host, port = server.endpoint.split(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET /_emulator/state HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = idle.recv(65_536)
        server.stop()
        rest = idle.recv(65_536)

    assert answered.startswith(b"HTTP/1.1 200")
    assert rest == b""
    assert set(threading.enumerate()) <= before


def test_a_server_that_was_never_started_can_be_stopped(cloud: Cloud) -> None:
    server = Server(cloud)
    server.stop()

    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(server.endpoint.rsplit(":", 1)[1])))
