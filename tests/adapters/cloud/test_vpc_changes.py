"""The mutations of the EIP API: what goes over the wire, what becomes of the EIP, and what a refusal is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import pytest

from emulator.cloud import Cloud, Fault
from emulator.timeline import Timeline, run
from shared import ports
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.errors import Ambiguous, EipclaimError, Refused, Throttled
from tests.adapters.cloud.conftest import Target, Use

PARAMETERS: Mapping[str, str | int] = {
    "AddressName": "eipc-abcdefghijklmno",
    "InternetServiceProvider": "BGP",
    "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR",
    "InternetMaxBandwidthOut": 20,
}
TAGS = {"managed-by": "eipclaim", "eipclaim-cluster": "cls-blue"}
WITHIN = 20.0


Step = Callable[[VpcCloud, Target, float], Awaitable[object]]


async def allocate(vpc: VpcCloud, _: Target, within: float) -> None:
    await vpc.allocate(PARAMETERS, "t", within)


async def associate(vpc: VpcCloud, target: Target, within: float) -> None:
    await vpc.associate(target.eip, target.interface, target.ip, within)


async def disassociate(vpc: VpcCloud, target: Target, within: float) -> None:
    await vpc.disassociate(target.eip, within)


async def release(vpc: VpcCloud, target: Target, within: float) -> None:
    await vpc.release(target.eip, within)


async def set_bandwidth(vpc: VpcCloud, target: Target, within: float) -> None:
    await vpc.set_bandwidth(target.eip, 50, within)


STEPS = [allocate, associate, disassociate, release, set_bandwidth]


def sent(cloud: Cloud) -> list[tuple[str, Mapping[str, Any]]]:
    return [(call.action, call.params) for call in cloud.calls.since()]


def test_the_adapter_is_a_cloud() -> None:
    """Checked by mypy, which knows the signatures as well."""

    async def call(action: str, _: Mapping[str, object]) -> Mapping[str, object]:
        raise Refused("Never", action)

    port: ports.Cloud = VpcCloud(call, "cls-blue", "vpc-blue")

    assert port


def test_allocate_sends_parameters_tags_and_token_in_one_call(cloud: Cloud, use: Use) -> None:
    bought = use(lambda vpc: vpc.allocate(PARAMETERS, "t" * 48, WITHIN))

    assert sent(cloud) == [
        (
            "AllocateAddresses",
            {
                "AddressName": "eipc-abcdefghijklmno",
                "InternetServiceProvider": "BGP",
                "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR",
                "InternetMaxBandwidthOut": 20,
                "AddressCount": 1,
                "Tags": [
                    {"Key": "managed-by", "Value": "eipclaim"},
                    {"Key": "eipclaim-cluster", "Value": "cls-blue"},
                ],
                "ClientToken": "t" * 48,
            },
        )
    ]
    assert [(eip.address_id, eip.name, dict(eip.tags), eip.bandwidth) for eip in cloud.holdings()] == [
        (bought, "eipc-abcdefghijklmno", TAGS, 20)
    ]


def test_allocate_with_the_same_token_buys_nothing_new(cloud: Cloud, use: Use) -> None:
    async def twice(vpc: VpcCloud) -> tuple[str, str]:
        return await vpc.allocate(PARAMETERS, "t", WITHIN), await vpc.allocate(PARAMETERS, "t", WITHIN)

    first, second = use(twice)

    assert first == second
    assert len(cloud.holdings()) == 1


def test_allocate_with_a_token_of_other_parameters_is_told_that_the_token_is_burnt(cloud: Cloud, use: Use) -> None:
    async def twice(vpc: VpcCloud) -> None:
        await vpc.allocate(PARAMETERS, "t", WITHIN)
        await vpc.allocate({**PARAMETERS, "InternetMaxBandwidthOut": 30}, "t", WITHIN)

    with pytest.raises(Refused) as caught:
        use(twice)

    assert caught.value.reason == "TokenBurnt"
    assert len(cloud.holdings()) == 1


def test_allocate_for_a_cluster_whose_tags_were_never_made_is_refused(cloud: Cloud, use: Use) -> None:
    with pytest.raises(Refused) as caught:
        use(lambda vpc: vpc.allocate(PARAMETERS, "t", WITHIN), cluster_id="cls-red")

    assert caught.value.reason == "TagMissing"
    assert cloud.holdings() == ()


def test_associate_disassociate_and_release_lead_where_they_say(
    cloud: Cloud, use: Use, timeline: Timeline, target: Target
) -> None:
    states: list[tuple[str, str | None]] = []

    async def life(vpc: VpcCloud) -> None:
        for step in (associate, disassociate, release):
            await step(vpc, target, WITHIN)
            await anyio.sleep(3)
            states.extend((one.status, one.private_ip) for one in cloud.holdings())

    began = timeline.now()
    use(life)

    assert states == [("BIND", target.ip), ("UNBIND", None)]
    assert cloud.holdings() == ()
    assert timeline.now() - began == 9
    assert sent(cloud) == [
        (
            "AssociateAddress",
            {"AddressId": target.eip, "NetworkInterfaceId": target.interface, "PrivateIpAddress": target.ip},
        ),
        ("DisassociateAddress", {"AddressId": target.eip}),
        ("ReleaseAddresses", {"AddressIds": [target.eip]}),
    ]


def test_set_bandwidth_changes_it(cloud: Cloud, use: Use, timeline: Timeline, target: Target) -> None:
    use(lambda vpc: set_bandwidth(vpc, target, WITHIN))
    timeline.advance(3)

    assert [one.bandwidth for one in cloud.holdings()] == [50]
    assert sent(cloud) == [("ModifyAddressesBandwidth", {"AddressIds": [target.eip], "InternetMaxBandwidthOut": 50})]


def bind(cloud: Cloud, target: Target) -> None:
    cloud.console.bind(target.eip, target.interface, target.ip)


def bind_another(cloud: Cloud, target: Target) -> None:
    cloud.console.bind(cloud.console.buy()[0], target.interface, target.ip)


def begin_release(cloud: Cloud, target: Target) -> None:
    cloud.call("vpc", "ReleaseAddresses", {"AddressIds": [target.eip]})


@pytest.mark.parametrize(
    ("before", "step", "refusal", "reason"),
    [
        (lambda c, _: setattr(c.behaviour, "address_quota", 1), allocate, "Exhausted Quota", "all EIPs are in use"),
        (lambda c, _: setattr(c.behaviour, "daily_quota", 0), allocate, "Exhausted DailyQuota", "none left today"),
        (bind, associate, "Conflict StatusNotPermitted", "bound already, as after a lost reply"),
        (bind_another, associate, "Conflict TargetTaken", "another EIP is there"),
        (lambda c, t: c.console.unassign_ip(t.interface, t.ip), associate, "Conflict TargetNotFound", "the IP is gone"),
        (lambda c, _: setattr(c.behaviour, "instance_quota", 0), associate, "Exhausted NodeFull", "no room for EIPs"),
        (lambda c, t: c.console.set_arrears(t.eip), associate, "Refused Arrears", "not paid"),
        (lambda c, t: c.console.set_blocked(t.eip), associate, "Refused AddressBlocked", "blocked"),
        (lambda c, t: c.console.release(t.eip), associate, "Gone AddressNotFound", "released by hand"),
        (lambda *_: None, disassociate, "Conflict StatusNotPermitted", "unbound already, as after a lost reply"),
        (lambda c, t: c.console.release(t.eip), disassociate, "Gone AddressNotFound", "released by hand"),
        (bind, release, "Conflict StatusNotPermitted", "bound"),
        (begin_release, release, "Conflict TaskRunning", "the release is under way, as after a lost reply"),
        (lambda c, t: c.console.set_blocked(t.eip), release, "Refused AddressBlocked", "blocked"),
        (lambda c, t: c.console.release(t.eip), release, "Gone AddressNotFound", "released already"),
        (lambda c, t: c.console.set_arrears(t.eip), set_bandwidth, "Refused Arrears", "not paid"),
        (lambda c, t: c.console.release(t.eip), set_bandwidth, "Gone AddressNotFound", "released by hand"),
    ],
)
def test_a_refused_change_says_what_to_do_next_and_changes_nothing(
    *,
    cloud: Cloud,
    use: Use,
    target: Target,
    before: Callable[[Cloud, Target], object],
    step: Step,
    refusal: str,
    reason: str,
) -> None:
    before(cloud, target)
    held, cursor = cloud.holdings(), cloud.calls.cursor
    with pytest.raises(EipclaimError) as caught:
        use(lambda vpc: step(vpc, target, WITHIN))

    assert f"{type(caught.value).__name__} {caught.value.reason}" == refusal, reason
    assert cloud.holdings() == held, reason
    assert cloud.calls.changes(cursor) == [], reason


@pytest.mark.parametrize("step", STEPS)
def test_a_change_whose_reply_is_lost_is_not_sent_again(cloud: Cloud, use: Use, target: Target, step: Step) -> None:
    if step is disassociate:
        bind(cloud, target)
    cloud.faults.arm(Fault("drop_reply"))
    with pytest.raises(Ambiguous):
        use(lambda vpc: step(vpc, target, WITHIN))

    assert [call.done for call in cloud.calls.since()] == [True]


@pytest.mark.parametrize("step", STEPS)
def test_a_change_that_is_refused_for_rate_is_not_sent_again(
    cloud: Cloud, use: Use, target: Target, step: Step
) -> None:
    cloud.faults.arm(Fault("throttle"))
    with pytest.raises(Throttled) as caught:
        use(lambda vpc: step(vpc, target, WITHIN))

    assert caught.value.reason == "RateLimited"
    assert [call.done for call in cloud.calls.since()] == [False]


@pytest.mark.parametrize("step", STEPS)
def test_a_change_whose_turn_comes_too_late_is_not_sent(cloud: Cloud, use: Use, target: Target, step: Step) -> None:
    if step is disassociate:
        bind(cloud, target)

    async def twice(vpc: VpcCloud) -> str:
        await step(vpc, target, WITHIN)
        with pytest.raises(Throttled) as caught:
            await step(vpc, target, 0.01)
        return caught.value.reason

    assert use(twice) == "NoTurn"
    assert len(cloud.calls.since()) == 1


@pytest.mark.parametrize(
    ("address_set", "reason"),
    [
        ([], "none"),
        (["eip-11111111", "eip-22222222"], "two"),
        ([""], "an empty id"),
        (["e" * 65], "no id at all"),
        ([None], "likewise"),
        ([{"AddressId": "eip-11111111"}], "another form"),
        (None, "another form"),
        ("eip-11111111", "another form"),
    ],
)
def test_allocate_with_an_answer_of_an_unknown_form_may_have_bought(
    timeline: Timeline, address_set: object, reason: str
) -> None:
    async def call(_: str, __: Mapping[str, object]) -> Mapping[str, object]:
        return {"AddressSet": address_set, "RequestId": "r"}

    with pytest.raises(EipclaimError) as caught:
        run(timeline, VpcCloud(call, "cls-blue", "vpc-blue").allocate(PARAMETERS, "t", WITHIN))

    assert type(caught.value) is Ambiguous, reason
