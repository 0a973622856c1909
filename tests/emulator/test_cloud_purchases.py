"""ClientTokens and quotas: what is bought once, twice, or not at all."""

from __future__ import annotations

import pytest

from emulator.cloud import Cloud, CloudError
from emulator.timeline import Timeline


def buy(cloud: Cloud, **params: object) -> str:
    (address_id,) = cloud.call("vpc", "AllocateAddresses", params)["AddressSet"]
    return str(address_id)


def test_the_same_token_gets_the_same_eip_and_buys_nothing(cloud: Cloud, timeline: Timeline) -> None:
    first = cloud.call("vpc", "AllocateAddresses", {"ClientToken": "t", "AddressName": "web-0"})
    timeline.advance(3600)
    again = cloud.call("vpc", "AllocateAddresses", {"ClientToken": "t", "AddressName": "web-0"})

    assert (again["AddressSet"], again["TaskId"]) == (first["AddressSet"], first["TaskId"])
    assert again["RequestId"] != first["RequestId"]
    assert len(cloud.holdings()) == 1


def test_without_a_token_every_call_buys(cloud: Cloud) -> None:
    assert buy(cloud) != buy(cloud)
    assert len(cloud.holdings()) == 2


def test_a_token_with_other_parameters_is_refused(cloud: Cloud) -> None:
    buy(cloud, ClientToken="t", AddressName="web-0")
    cloud.behaviour.token_mismatch_code = "InvalidParameterValue.Other"

    with pytest.raises(CloudError) as refused:
        buy(cloud, ClientToken="t", AddressName="web-1")

    assert refused.value.code == "InvalidParameterValue.Other"
    assert len(cloud.holdings()) == 1


def test_a_token_is_forgotten_after_its_lifetime(cloud: Cloud, timeline: Timeline) -> None:
    cloud.behaviour.token_lifetime_seconds = 600
    first = buy(cloud, ClientToken="t")
    timeline.advance(601)

    assert buy(cloud, ClientToken="t") != first
    assert len(cloud.holdings()) == 2


def test_a_token_whose_eip_was_released_gets_the_dead_id(cloud: Cloud) -> None:
    first = buy(cloud, ClientToken="t")
    cloud.console.release(first)

    assert buy(cloud, ClientToken="t") == first
    assert cloud.holdings() == ()


def test_a_token_whose_eip_was_released_can_buy_anew_instead(cloud: Cloud) -> None:
    cloud.behaviour.token_after_release = "buy anew"
    first = buy(cloud, ClientToken="t")
    kept = buy(cloud, ClientToken="t")
    cloud.console.release(first)
    anew = buy(cloud, ClientToken="t")

    assert kept == first
    assert anew != first
    assert [address.address_id for address in cloud.holdings()] == [anew]


def test_a_refused_purchase_does_not_use_up_the_token(cloud: Cloud) -> None:
    cloud.behaviour.address_quota = 0
    with pytest.raises(CloudError):
        buy(cloud, ClientToken="t")
    cloud.behaviour.address_quota = 1

    assert buy(cloud, ClientToken="t") == cloud.holdings()[0].address_id


def test_the_quota_counts_what_is_owned(cloud: Cloud) -> None:
    cloud.behaviour.address_quota = 2
    first = buy(cloud)
    buy(cloud)
    with pytest.raises(CloudError) as refused:
        buy(cloud)
    cloud.console.release(first)
    buy(cloud)

    assert refused.value.code == "AddressQuotaLimitExceeded"
    assert len(cloud.holdings()) == 2


def test_the_daily_quota_counts_purchases_until_midnight(cloud: Cloud, timeline: Timeline) -> None:
    cloud.behaviour.daily_quota = 1
    cloud.console.release(buy(cloud))
    with pytest.raises(CloudError) as refused:
        buy(cloud)
    timeline.advance(86_400)
    buy(cloud)

    assert refused.value.code == "AddressQuotaLimitExceeded.DailyAllocate"
    assert len(cloud.holdings()) == 1


def test_the_quota_can_be_asked_for(cloud: Cloud) -> None:
    cloud.behaviour.address_quota, cloud.behaviour.daily_quota = 20, 40
    cloud.console.release(buy(cloud))
    buy(cloud)
    quotas = cloud.call("vpc", "DescribeAddressQuota", {})["QuotaSet"]

    assert [(row["QuotaId"], row["QuotaCurrent"], row["QuotaLimit"]) for row in quotas[:2]] == [
        ("TOTAL_EIP_QUOTA", 1, 20),
        ("DAILY_EIP_APPLY", 2, 40),
    ]
    assert {row["QuotaGroup"] for row in quotas} == {"ap-guangzhou"}
