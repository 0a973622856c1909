"""The vendor's own async client against every door: a real socket, a transport in this process, and respx."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
from tencentcloud.common.common_client_async import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from emulator.cloud import Cloud, Fault, Key
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.faults import FaultKind
from emulator.cloud.server import Server
from emulator.cloud.transport import InProcessTransport, respx_router

DOORS = ["server", "transport", "respx"]
PATIENCE = 300  # real seconds at the server, which only a failure takes
UNANSWERED = httpx.Timeout(PATIENCE, read=0.1)  # for a call to which no reply comes, however fast the server is


@asynccontextmanager
async def sdk(
    door: str,
    cloud: Cloud,
    *,
    key: tuple[str, str, str | None] = (DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY, None),
    service: str = "vpc",
    version: str = "2017-03-12",
    region: str = "ap-guangzhou",
    method: str = "POST",
) -> AsyncIterator[CommonClient]:
    """A client of the SDK behind that door."""
    async with AsyncExitStack() as stack:
        endpoint = f"{service}.tencentcloudapi.com"
        if door == "server":
            endpoint = stack.enter_context(Server(cloud)).endpoint
        elif door == "respx":
            stack.enter_context(respx_router(cloud))
        profile = HttpProfile("http", endpoint, reqMethod=method, reqTimeout=PATIENCE, keepAlive=True)
        client = CommonClient(service, version, Credential(*key), region, ClientProfile(httpProfile=profile))
        if door == "transport":
            await client.http_client.aclose()
            client.http_client = httpx.AsyncClient(
                transport=InProcessTransport(cloud), trust_env=False, timeout=PATIENCE
            )
        await stack.enter_async_context(client)
        yield client


async def call(client: CommonClient, action: str, **params: object) -> dict[str, Any]:
    reply: dict[str, Any] = (await client.call_and_deserialize(action, params))["Response"]
    return reply


@pytest.mark.parametrize("door", DOORS)
async def test_the_sdk_is_served(cloud: Cloud, door: str) -> None:
    async with sdk(door, cloud) as client:
        bought = await call(client, "AllocateAddresses", AddressName="网-0", ClientToken="t")
        listed = await call(client, "DescribeAddresses", AddressIds=bought["AddressSet"])

    assert [address["AddressName"] for address in listed["AddressSet"]] == ["网-0"]
    assert [record.code for record in cloud.calls.since()] == ["OK", "OK"]


@pytest.mark.parametrize("door", DOORS)
async def test_a_refusal_arrives_as_the_sdks_exception_with_code_and_request_id(cloud: Cloud, door: str) -> None:
    async with sdk(door, cloud) as client:
        with pytest.raises(TencentCloudSDKException) as refused:
            await call(client, "ReleaseAddresses", AddressIds=["eip-00000000"])

    assert refused.value.code == "InvalidAddressId.NotFound"
    assert refused.value.requestId == cloud.calls.since()[0].request_id


@pytest.mark.parametrize("door", DOORS)
async def test_the_tag_service_is_served_at_the_same_door(cloud: Cloud, door: str) -> None:
    async with sdk(door, cloud, service="tag", version="2018-08-13", region="") as client:
        await call(client, "CreateTag", TagKey="tier", TagValue="back")

    assert ("tier", "back") in cloud.tags.all()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("changed", "code", "reason"),
    [
        ({"key": (DEFAULT_SECRET_ID, "wrong", None)}, "AuthFailure.SignatureFailure", "another secret key"),
        ({"key": ("AKIDNOBODY", "x", None)}, "AuthFailure.SecretIdNotFound", "no such key"),
        ({"key": (DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY, "x")}, "AuthFailure.TokenFailure", "a token it has not"),
        ({"key": ("AKIDTEMPORARY", "temporary", None)}, "AuthFailure.TokenFailure", "a token that is missing"),
        ({"key": ("AKIDTEMPORARY", "temporary", "old")}, "AuthFailure.TokenFailure", "a token that has expired"),
        ({"key": ("AKIDTEMPORARY", "temporary", "session")}, "OK", "the right token"),
        ({"version": "2016-01-01"}, "NoSuchVersion", "no such version"),
        ({"service": "cvm"}, "NoSuchProduct", "no such service"),
        ({"region": "ap-beijing"}, "UnsupportedRegion", "another region"),
        ({"method": "GET"}, "UnsupportedProtocol", "the form in the query"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
async def test_a_request_that_cannot_be_accepted_is_refused(
    cloud: Cloud, door: str, changed: dict[str, Any], code: str, reason: str
) -> None:
    cloud.credentials["AKIDTEMPORARY"] = Key("temporary", "function", token="session")  # noqa: S106 - made up
    outcome = "OK"
    async with sdk(door, cloud, **changed) as client:
        try:
            await call(client, "DescribeAddressQuota")
        except TencentCloudSDKException as error:
            outcome = error.code

    assert outcome == code, reason
    assert [record.code for record in cloud.calls.since()] == [code], reason


@pytest.mark.parametrize("door", DOORS)
async def test_a_timestamp_that_is_far_off_is_refused(cloud: Cloud, door: str) -> None:
    cloud.signing_clock = lambda: 1_000_000_000.0
    async with sdk(door, cloud) as client:
        with pytest.raises(TencentCloudSDKException) as refused:
            await call(client, "DescribeAddressQuota")
        cloud.behaviour.signature_skew_seconds = None
        await call(client, "DescribeAddressQuota")

    assert refused.value.code == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("door", DOORS)
async def test_an_unsigned_payload_is_accepted(cloud: Cloud, door: str) -> None:
    async with sdk(door, cloud) as client:
        client.profile.unsignedPayload = True
        await call(client, "DescribeAddressQuota")

    assert [record.code for record in cloud.calls.since()] == ["OK"]


async def owned_after(cloud: Cloud, bought: int) -> int:
    """How many EIPs there are: a server may come to a call, and buy, after its caller has given it up."""
    with anyio.fail_after(PATIENCE):
        while True:
            with cloud.lock:
                owned, arrived = len(cloud.holdings()), not cloud.faults.armed()
            if arrived and owned >= bought:
                return owned
            await anyio.sleep(0.01)


LOST = (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("fault", "error", "bought"),
    [
        (Fault("drop"), LOST, 0),
        (Fault("drop_reply"), LOST, 1),
        (Fault("stall"), httpx.ReadTimeout, 1),
        (Fault("delay", seconds=3600), httpx.ReadTimeout, 1),
        (Fault("late", seconds=3600), httpx.ReadTimeout, 0),
        (Fault("error_after", shape="status"), TencentCloudSDKException, 1),
        (Fault("error_before", shape="status"), TencentCloudSDKException, 0),
        (Fault("error_after", status=307), TencentCloudSDKException, 1),
        (Fault("error_after", shape="empty"), json.JSONDecodeError, 1),
        (Fault("error_after", shape="truncated"), LOST, 1),
        (Fault("error_after", shape="garbage"), json.JSONDecodeError, 1),
        (Fault("error_after", shape="text"), json.JSONDecodeError, 1),
        (Fault("error_after", shape="code"), TencentCloudSDKException, 1),
        (Fault("throttle"), TencentCloudSDKException, 0),
        (Fault("code"), TencentCloudSDKException, 0),
    ],
    ids=lambda value: f"{value.kind} {value.shape}" if isinstance(value, Fault) else "",
)
async def test_each_accident_has_the_shape_the_sdk_gives_it(
    cloud: Cloud, door: str, fault: Fault, error: type[Exception], bought: int
) -> None:
    async with sdk(door, cloud) as client:
        cloud.faults.arm(fault)
        if error is httpx.ReadTimeout:
            client.http_client.timeout = UNANSWERED
        with pytest.raises(error) as raised:
            await call(client, "AllocateAddresses")
        client.http_client.timeout = httpx.Timeout(PATIENCE)
        owned = await owned_after(cloud, bought)
        await call(client, "AllocateAddresses")

    assert owned == bought
    assert len(cloud.holdings()) == bought + 1, "the next call is served"
    if isinstance(raised.value, TencentCloudSDKException):
        codes = {"throttle": "RequestLimitExceeded", "code": "InternalError"}
        by_shape = "ServerNetworkError" if fault.shape == "status" else "InternalError"
        assert raised.value.code == codes.get(fault.kind, by_shape)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["delay", "late"])
async def test_a_slow_call_is_answered_in_the_end(cloud: Cloud, door: str, kind: FaultKind) -> None:
    async with sdk(door, cloud) as client:
        cloud.faults.arm(Fault(kind, seconds=0.01))
        reply = await call(client, "AllocateAddresses")

    assert [address.address_id for address in cloud.holdings()] == reply["AddressSet"]
