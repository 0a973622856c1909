"""The way in: rate limits, rights, faults at a direct call, and the log of it all."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError, Fault, Key, UnansweredError
from emulator.cloud.faults import FaultKind
from emulator.timeline import Timeline


def outcome(cloud: Cloud, action: str, identity: str = "default", **params: object) -> str:
    try:
        cloud.call("vpc", action, params, identity=identity)
    except CloudError as error:
        return error.code
    except UnansweredError as error:
        return str(error)
    return "OK"


@pytest.mark.parametrize(
    ("action", "per_second", "code"),
    [
        ("AllocateAddresses", 10, "RequestLimitExceeded"),
        ("DescribeAddressQuota", 10, "RequestLimitExceeded"),
        ("DescribeAddresses", 20, "RequestLimitExceeded"),
        ("DescribeNetworkInterfaces", 100, "LimitExceeded.ActionLimited"),
    ],
)
def test_an_api_lets_in_so_many_calls_in_any_one_second(
    cloud: Cloud, timeline: Timeline, action: str, per_second: int, code: str
) -> None:
    first = [outcome(cloud, action) for _ in range(per_second + 3)]
    timeline.advance(0.999)
    still = outcome(cloud, action)
    timeline.advance(0.001)
    after = [outcome(cloud, action) for _ in range(per_second + 1)]

    assert first == ["OK"] * per_second + [code] * 3
    assert still == code
    assert after == ["OK"] * per_second + [code], "refused calls do not count"


def test_each_api_and_each_identity_has_its_own_rate(cloud: Cloud) -> None:
    outcomes = [outcome(cloud, "AllocateAddresses") for _ in range(11)]

    assert outcomes[-1] == "RequestLimitExceeded"
    assert outcome(cloud, "DescribeAddresses") == "OK"
    assert outcome(cloud, "AllocateAddresses", identity="other") == "OK"
    cloud.behaviour.rate_limits = False
    assert outcome(cloud, "AllocateAddresses") == "OK"


def test_an_identity_may_only_do_what_its_key_says(cloud: Cloud) -> None:
    cloud.credentials["AKIDTAKE"] = Key("secret", "take", actions=frozenset({"vpc:DescribeAddresses"}))

    assert outcome(cloud, "DescribeAddresses", identity="take") == "OK"
    assert outcome(cloud, "AllocateAddresses", identity="take") == "AuthFailure.UnauthorizedOperation"
    assert cloud.holdings() == ()


@pytest.mark.parametrize(
    ("kind", "answer", "bought", "reason"),
    [
        ("drop", "the request was lost", 0, "it never arrived"),
        ("drop_reply", "done, but the reply was lost", 1, "done"),
        ("error_after", "done, but the reply was lost", 1, "done, answered by nonsense"),
        ("stall", "done, but the reply was lost", 1, "done, never answered"),
        ("throttle", "RequestLimitExceeded", 0, "a definite no"),
        ("code", "InternalError", 0, "any code, not done"),
        ("delay", "OK", 1, "there is no waiting at this door"),
        ("late", "OK", 1, "there is no waiting at this door"),
    ],
)
def test_a_fault_hits_the_next_call_and_no_other(
    cloud: Cloud, kind: FaultKind, answer: str, bought: int, reason: str
) -> None:
    cloud.faults.arm(Fault(kind, "AllocateAddresses"))

    assert outcome(cloud, "DescribeAddresses") == "OK", "another action"
    assert outcome(cloud, "AllocateAddresses") == answer, reason
    assert len(cloud.holdings()) == bought, reason
    assert outcome(cloud, "AllocateAddresses") == "OK", "used up"


def test_a_fault_can_choose_its_calls(cloud: Cloud) -> None:
    cloud.faults.arm(
        Fault("code", skip=1, times=2, match={"AddressName": "web-0"}, identity="give", code="ResourceBusy")
    )
    tries = [("give", "web-0"), ("take", "web-0"), ("give", "web-1"), *[("give", "web-0")] * 3]
    outcomes = [outcome(cloud, "AllocateAddresses", identity, AddressName=name) for identity, name in tries]

    assert outcomes == ["OK", "OK", "OK", "ResourceBusy", "ResourceBusy", "OK"]


def test_faults_wait_until_they_are_met_or_cleared(cloud: Cloud) -> None:
    first, second = Fault("code", "ReleaseAddresses"), Fault("throttle")
    cloud.faults.arm(first)
    cloud.faults.arm(second)
    waiting = cloud.faults.armed()
    cloud.faults.clear()

    assert waiting == [first, second]
    assert outcome(cloud, "DescribeAddresses") == "OK"


def test_the_log_tells_what_arrived_and_what_came_of_it(cloud: Cloud, timeline: Timeline) -> None:
    outcome(cloud, "DescribeAddresses")
    cursor = cloud.calls.cursor
    timeline.advance(5)
    cloud.faults.arm(Fault("drop_reply", "AllocateAddresses"))
    cloud.faults.arm(Fault("drop", "AllocateAddresses"))
    params: dict[str, Any] = {"AddressName": "web-0"}
    for _ in range(2):
        outcome(cloud, "AllocateAddresses", **params)
    outcome(cloud, "AllocateAddresses", "other", AddressName="web 0")

    assert [
        (one.number, one.action, one.identity, one.code, one.done, one.answered) for one in cloud.calls.since(cursor)
    ] == [
        (2, "AllocateAddresses", "default", "OK", True, False),
        (3, "AllocateAddresses", "default", "Dropped", False, False),
        (4, "AllocateAddresses", "other", "InvalidParameterValue", False, True),
    ]
    assert [(one.number, one.at, one.params) for one in cloud.calls.changes()] == [(2, timeline.now(), params)]


def test_the_log_keeps_the_newest_calls() -> None:
    cloud = Cloud(lambda: 0.0, log_size=2)
    for _ in range(3):
        outcome(cloud, "DescribeAddresses")

    assert [record.number for record in cloud.calls.since()] == [2, 3]


def test_a_reset_forgets_everything_but_keys_and_knobs(cloud: Cloud) -> None:
    cloud.console.buy()
    cloud.console.create_instance()
    cloud.behaviour.address_quota = 7
    cloud.credentials["AKIDGIVE"] = Key("secret", "give")
    outcome(cloud, "DescribeAddresses")
    cloud.reset()

    assert (cloud.holdings(), list(cloud.interfaces), cloud.tags.all(), cloud.calls.since()) == ((), [], [], [])
    assert cloud.behaviour.address_quota == 7
    assert "AKIDGIVE" in cloud.credentials


def test_what_is_done_by_hand_overrides_what_is_under_way(cloud: Cloud, timeline: Timeline) -> None:
    interface = cloud.console.create_interface()
    ip = cloud.console.assign_ip(interface)
    (address_id,) = cloud.console.buy()
    task = cloud.call("vpc", "ReleaseAddresses", {"AddressIds": [address_id]})["TaskId"]
    cloud.console.bind(address_id, interface, ip)
    timeline.advance(2)
    bound = cloud.holdings()[0].status
    cloud.console.unbind(address_id)

    assert bound == "BIND_ENI"
    assert cloud.holdings()[0].status == "UNBIND"
    assert cloud.call("vpc", "DescribeTaskResult", {"TaskId": int(task)})["Result"] == "FAILED"


def test_a_mark_set_by_hand_leaves_what_is_under_way(cloud: Cloud, timeline: Timeline) -> None:
    (address_id,) = cloud.console.buy()
    cloud.call("vpc", "ReleaseAddresses", {"AddressIds": [address_id]})
    cloud.console.set_arrears(address_id)
    timeline.advance(2)

    assert cloud.holdings() == ()
