"""What a kubelet says of its node, in virtual time: to an apiserver that is away, and to controllers who doubt."""

from __future__ import annotations

import json
from collections.abc import Callable

import anyio
import httpx
import pytest

from eipctl.dev import node
from eipctl.dev.kubelet import Kubelet, Pod
from eipctl.dev.machines import Machine
from emulator.cloud import Cloud
from emulator.cluster.resources import Object
from emulator.timeline import Timeline, run

MACHINE = Machine(Cloud(), "ins-1", "eni-1", "10.0.0.1")
ROOM = {"tke.cloud.tencent.com/eip": "9"}


class Apiserver:
    """It answers as it is told, and keeps what was asked of it."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer
        self.asked: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://apiserver", transport=httpx.MockTransport(self.handle))


@pytest.mark.parametrize(
    ("replies", "refused"),
    [
        ([None, 403, 429, 503, 201], False),
        ([None, 409], False),
        ([400], True),
    ],
    ids=["when it is not ready", "when the first answer was lost", "unless it is refused"],
)
def test_a_node_registers_in_the_end(replies: list[int | None], refused: bool) -> None:  # noqa: FBT001 - a table
    left = iter(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        code = next(left)
        if code is None:
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(code, request=request)

    apiserver = Apiserver(answer)

    async def register() -> None:
        async with apiserver.client() as api:
            await Kubelet("node-1", MACHINE, api).register([])

    if refused:
        with pytest.raises(httpx.HTTPStatusError):
            run(Timeline(0.0), register())
    else:
        run(Timeline(0.0), register())

    assert len(apiserver.asked) == len(replies)
    assert {(one.method, one.url.path) for one in apiserver.asked} == {("POST", "/api/v1/nodes")}


@pytest.mark.parametrize("gone", [False, True])
def test_what_has_happened_to_a_pod_meanwhile_is_not_waited_for(*, gone: bool) -> None:
    """While the kubelet told that it is ready it was deleted, and stayed for ever."""
    pod = Pod({"metadata": {"uid": "1"}})
    seen = pod.object
    pod.see(seen if gone else {"metadata": {"uid": "1", "deletionTimestamp": "2026-01-01T00:00:00Z"}}, gone=gone)

    run(Timeline(0.0), pod.news(seen))

    assert pod.to_go


@pytest.mark.parametrize(
    ("ready", "capacity", "told"),
    [
        ("True", {}, []),
        ("Unknown", {}, [(None, ["True"])]),
        ("True", ROOM, [(ROOM, [])]),
        ("Unknown", ROOM, [(ROOM, ["True"])]),
    ],
    ids=["nothing", "that it is ready", "its room", "both"],
)
def test_with_a_beat_the_node_gets_what_it_lacks(ready: str, capacity: Object, told: list[object]) -> None:
    """Ready is Unknown once the controllers have not seen the Lease for long; then no pod is scheduled there."""
    seen = {"status": {"capacity": capacity, "conditions": [{"type": "Ready", "status": ready}]}}
    apiserver = Apiserver(lambda request: httpx.Response(200, json=seen, request=request))

    async def one_beat() -> None:
        async with apiserver.client() as api:
            with anyio.move_on_after(node.HEARTBEAT_SECONDS / 2):
                await node.beat(api, "node-1")

    run(Timeline(0.0), one_beat())

    assert [said(one) for one in apiserver.asked if one.url.path == "/api/v1/nodes/node-1/status"] == told


def said(patch: httpx.Request) -> tuple[Object | None, list[str]]:
    """The room for pods that it tells of, and whether the node is ready."""
    status = json.loads(patch.content)["status"]
    return status.get("allocatable"), [one["status"] for one in status.get("conditions", ()) if one["type"] == "Ready"]
