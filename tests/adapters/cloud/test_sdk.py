"""The vendor's own client behind our call, against every door of the emulated cloud: what each failure means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import pytest

from emulator.cloud import Cloud, Fault, Key
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from emulator.cloud.transport import InProcessTransport, respx_router
from emulator.timeline import Timeline, run
from shared.adapters.cloud.sdk import Call, Secret, beside, connect
from shared.core.errors import Ambiguous, EipclaimError, Exhausted, Refused, Throttled, Unavailable

T = TypeVar("T")
TOKEN = "its-token"
SECRET = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
DOORS = ["server", "respx", "transport"]
every_door = pytest.mark.parametrize("door", DOORS)


def use(
    door: str,
    cloud: Cloud,
    timeline: Timeline,
    work: Callable[[Call], Awaitable[T]],
    *,
    secret: Secret = SECRET,
    service: tuple[str, str, str] = ("vpc", "2017-03-12", "ap-guangzhou"),
) -> T:
    """What the work returns with a call behind that door; the transport's is in virtual time."""

    async def main() -> T:
        async with AsyncExitStack() as stack:
            endpoint, transport = None, None
            if door == "server":
                endpoint = f"http://{stack.enter_context(Server(cloud)).endpoint}"
            elif door == "respx":
                stack.enter_context(respx_router(cloud))
            else:
                transport = InProcessTransport(cloud, after=timeline.after)
            name, version, region = service
            call = await stack.enter_async_context(
                connect(name, version, region, secret, endpoint=endpoint, transport=transport)
            )
            return await work(call)

    return run(timeline, main()) if door == "transport" else asyncio.run(main())


async def buy(call: Call) -> object:
    return (await call("AllocateAddresses", {"AddressName": "eipc-网", "Tags": []}))["AddressSet"]


async def failure(call: Call, action: str = "AllocateAddresses") -> EipclaimError:
    with pytest.raises(EipclaimError) as caught:
        await call(action, {})
    return caught.value


@every_door
def test_a_call_is_signed_sent_and_answered(door: str, cloud: Cloud, timeline: Timeline) -> None:
    bought = use(door, cloud, timeline, buy)

    assert [bought] == [[address.address_id] for address in cloud.holdings()]
    assert [(call.action, call.code, call.params) for call in cloud.calls.since()] == [
        ("AllocateAddresses", "OK", {"AddressName": "eipc-网", "Tags": []})
    ]


@every_door
def test_temporary_credentials_carry_their_token(door: str, cloud: Cloud, timeline: Timeline) -> None:
    cloud.credentials["AKIDtemporary"] = Key("its-key", "give", token=TOKEN)
    use(door, cloud, timeline, buy, secret=Secret("AKIDtemporary", "its-key", TOKEN))

    assert [call.identity for call in cloud.calls.since()] == ["give"]


@every_door
def test_another_service_is_reached_the_same_way(door: str, cloud: Cloud, timeline: Timeline) -> None:
    async def create(call: Call) -> None:
        await call("CreateTag", {"TagKey": "team", "TagValue": "green"})

    use(door, cloud, timeline, create, service=("tag", "2018-08-13", ""))

    assert [(call.service, call.action, call.code) for call in cloud.calls.since()] == [("tag", "CreateTag", "OK")]


@every_door
@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (Secret(DEFAULT_SECRET_ID, "another-key"), "the signature is wrong"),
        (Secret("AKIDunknown", DEFAULT_SECRET_KEY), "there is no such key"),
        (Secret("AKIDtemporary", "its-key"), "the token is missing"),
        (Secret("AKIDtemporary", "its-key", "old-token"), "the token is another"),
        (Secret("AKIDreader", "its-key"), "the role may not buy"),
    ],
)
def test_wrong_credentials_are_a_definite_refusal(
    door: str, cloud: Cloud, timeline: Timeline, secret: Secret, reason: str
) -> None:
    cloud.credentials["AKIDtemporary"] = Key("its-key", "give", token=TOKEN)
    cloud.credentials["AKIDreader"] = Key("its-key", "reader", actions=frozenset({"vpc:DescribeAddresses"}))
    error = use(door, cloud, timeline, failure, secret=secret)

    assert (type(error), error.reason, cloud.holdings()) == (Refused, "Denied", ()), reason


@every_door
@pytest.mark.parametrize(
    ("fault", "kind", "bought", "reason"),
    [
        (Fault("drop_reply"), Ambiguous, 1, "done, and the connection closed"),
        (Fault("error_after", status=500), Ambiguous, 1, "done, and an error of the gateway's"),
        (Fault("error_after", status=502), Ambiguous, 1, "done, and an error of the gateway's"),
        (Fault("error_after", status=429), Ambiguous, 1, "the API never says so by a status: no definite answer"),
        (Fault("error_after", status=403), Ambiguous, 1, "likewise"),
        (Fault("error_after", status=302), Ambiguous, 1, "a redirection, which is not followed"),
        (Fault("error_after", status=201), Ambiguous, 1, "a success that is none of this API's"),
        (Fault("error_after", shape="truncated"), Ambiguous, 1, "done, and the reply broke off"),
        (Fault("error_after", shape="short"), Ambiguous, 1, "done, and the reply is announced shorter than it is"),
        (Fault("error_after", shape="garbage"), Ambiguous, 1, "done, and the reply is no JSON"),
        (Fault("error_before", status=503), Ambiguous, 0, "not done, but nobody can tell"),
        (Fault("error_after", shape="text"), Ambiguous, 1, "done, and the reply is a page"),
        (Fault("error_after", shape="code", code="InternalError"), Ambiguous, 1, "done, and an error all the same"),
        (Fault("code", code="InternalError"), Ambiguous, 0, "not done, but nobody can tell"),
        (Fault("code", code="SomethingNew"), Ambiguous, 0, "not done, but nobody can tell"),
        (Fault("throttle"), Throttled, 0, "not done and said so"),
        (Fault("code", code="AddressQuotaLimitExceeded"), Exhausted, 0, "not done and said so"),
        (Fault("code", code="UnauthorizedOperation"), Refused, 0, "not done and said so"),
    ],
)
def test_a_failed_purchase_is_definite_only_where_it_certainly_was_not_made(
    *,
    door: str,
    cloud: Cloud,
    timeline: Timeline,
    fault: Fault,
    kind: type[EipclaimError],
    bought: int,
    reason: str,
) -> None:
    cloud.faults.arm(fault)
    error = use(door, cloud, timeline, failure)

    assert (type(error), len(cloud.holdings())) == (kind, bought), reason
    assert cloud.faults.armed() == [], "sent once"


@pytest.mark.parametrize(
    ("door", "kind", "reason"),
    [
        ("server", Ambiguous, "the request was sent before the connection broke: who knows how far it came"),
        ("respx", Unavailable, "there was no connection"),
        ("transport", Unavailable, "there was no connection"),
    ],
)
def test_a_request_that_never_arrived_is_known_as_such_only_without_a_connection(
    door: str, cloud: Cloud, timeline: Timeline, kind: type[EipclaimError], reason: str
) -> None:
    cloud.faults.arm(Fault("drop"))
    error = use(door, cloud, timeline, failure)

    assert (type(error), cloud.holdings()) == (kind, ()), reason


@pytest.mark.parametrize(
    ("fault", "seconds", "bought", "reason"),
    [
        (Fault("stall"), 15, 1, "done, and no answer ever"),
        (Fault("delay", seconds=60), 15, 1, "done, and answered too late"),
        (Fault("late", seconds=60), 15, 1, "done when the caller had long given up"),
    ],
)
def test_no_answer_in_15_seconds_may_mean_anything(
    *, cloud: Cloud, timeline: Timeline, fault: Fault, seconds: float, bought: int, reason: str
) -> None:
    cloud.faults.arm(fault)
    began = timeline.now()
    error = use("transport", cloud, timeline, failure)
    took = timeline.now() - began
    timeline.advance(60)

    assert (type(error), took, len(cloud.holdings())) == (Ambiguous, seconds, bought), reason


def test_an_answer_may_take_nearly_15_seconds(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("delay", seconds=14.9))

    assert use("transport", cloud, timeline, buy) == [cloud.holdings()[0].address_id]


def test_a_refused_call_leaves_the_next_one_alone(cloud: Cloud, timeline: Timeline) -> None:
    cloud.faults.arm(Fault("throttle"))

    async def twice(call: Call) -> object:
        await failure(call)
        return await buy(call)

    assert use("server", cloud, timeline, twice) == [cloud.holdings()[0].address_id]


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://vpc.intl.tencentcloudapi.com", "https://ssm.intl.tencentcloudapi.com"),
        ("https://vpc.internal.tencentcloudapi.com:443", "https://ssm.internal.tencentcloudapi.com:443"),
        ("https://emulator.vpc.example", "https://emulator.vpc.example"),
        ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
    ],
)
def test_another_service_of_a_site_has_a_host_beside_that_of_the_vpc_api(endpoint: str, url: str) -> None:
    assert (beside("ssm", endpoint), beside("vpc", endpoint)) == (url, endpoint)
