"""The tag service: tags are made, put on EIPs and taken off, and EIPs found by them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError

BLUE = {"TagKey": "team", "TagValue": "blue"}


def tag(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("tag", action, params)


def six_segments(address_id: str, region: str = "ap-guangzhou") -> str:
    return f"qcs::vpc:{region}:uin/:eip/{address_id}"


def test_a_tag_has_to_be_made_before_an_eip_can_be_bought_with_it(cloud: Cloud) -> None:
    red = [{"Key": "team", "Value": "red"}]
    with pytest.raises(CloudError) as refused:
        cloud.call("vpc", "AllocateAddresses", {"Tags": red})
    tag(cloud, "CreateTag", TagKey="team", TagValue="red")
    cloud.call("vpc", "AllocateAddresses", {"Tags": red})

    assert refused.value.code == "InvalidParameterValue.TagNotExisted"
    assert [address.tags for address in cloud.holdings()] == [(("team", "red"),)]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("team", "blue", "ResourceInUse.TagDuplicate"),
        ("", "x", "InvalidParameterValue.TagKeyEmpty"),
        ("k" * 128, "x", "InvalidParameterValue.TagKeyLengthExceeded"),
        ("k", "x" * 256, "InvalidParameterValue.TagValueLengthExceeded"),
        ("tencentcloud", "x", "InvalidParameterValue.ReservedTagKey"),
        ("Project", "x", "InvalidParameterValue.ReservedTagKey"),
    ],
)
def test_some_tags_cannot_be_made(cloud: Cloud, key: str, value: str, code: str) -> None:
    with pytest.raises(CloudError) as refused:
        tag(cloud, "CreateTag", TagKey=key, TagValue=value)

    assert refused.value.code == code


def test_tagging_creates_the_tag_replaces_a_value_and_names_what_failed(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy(tags={"team": "blue"})
    broken = [six_segments("eip-00000000"), six_segments(address_id, "ap-beijing"), address_id]
    reply = tag(
        cloud,
        "TagResources",
        ResourceList=[six_segments(address_id), *broken],
        Tags=[{"TagKey": "team", "TagValue": "red"}, {"TagKey": "tier", "TagValue": "back"}],
    )

    assert dict(cloud.holdings()[0].tags) == {"team": "red", "tier": "back"}
    assert [(failed["Resource"], failed["Code"]) for failed in reply["FailedResources"]] == [
        (broken[0], "InvalidAddressId.NotFound"),
        (broken[1], "InvalidParameterValue.ResourceDescriptionError"),
        (broken[2], "InvalidParameterValue.ResourceDescriptionError"),
    ]
    assert {"TagKey": "tier", "TagValue": "back"} in tag(cloud, "GetTags")["Tags"]


def test_untagging_takes_keys_off(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy(tags={"team": "blue", "tier": "back"})
    tag(cloud, "UnTagResources", ResourceList=[six_segments(address_id)], TagKeys=["team", "color"])

    assert cloud.holdings()[0].tags == (("tier", "back"),)


def test_eips_are_found_by_tags_page_by_page(cloud: Cloud) -> None:
    ids = cloud.console.buy(5, tags={"team": "blue"})
    cloud.console.buy(tags={"team": "red"})
    found, token = [], ""
    while True:
        page = tag(cloud, "GetResources", TagFilters=[{"TagKey": "team", "TagValue": ["blue"]}], MaxResults=2,
                   PaginationToken=token)  # fmt: skip
        found += [row["Resource"].rsplit("/", 1)[1] for row in page["ResourceTagMappingList"]]
        token = page["PaginationToken"]
        if not token:
            break

    assert found == ids
    assert page["ResourceTagMappingList"][0]["Tags"] == [BLUE]


def test_the_tags_of_given_eips_can_be_asked_for(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy(tags={"team": "blue"})
    cloud.console.buy(tags={"team": "blue"})
    cloud.console.buy()
    reply = tag(cloud, "GetResources", ResourceList=[six_segments(address_id), "nonsense"])

    assert [row["Resource"] for row in reply["ResourceTagMappingList"]] == [
        f"qcs::vpc:ap-guangzhou:uin/100000000001:eip/{address_id}"
    ]
    assert len(tag(cloud, "GetResources")["ResourceTagMappingList"]) == 2


def test_resources_are_described_by_tags(cloud: Cloud) -> None:
    ids = cloud.console.buy(3, tags={"team": "blue"})
    by_key = [{"TagKey": "team"}]
    page = tag(cloud, "DescribeResourcesByTags", TagFilters=by_key, Limit=2, Offset=2, ResourceRegion="ap-guangzhou")
    one = tag(cloud, "DescribeResourcesByTags", TagFilters=by_key, ResourceId=ids[1])
    other = tag(cloud, "DescribeResourcesByTags", TagFilters=by_key, ServiceType="cvm", ResourcePrefix="instance")

    assert (page["TotalCount"], [row["ResourceId"] for row in page["Rows"]]) == (3, ids[2:])
    assert [(row["ResourceId"], row["Tags"]) for row in one["Rows"]] == [(ids[1], [BLUE])]
    assert (other["TotalCount"], other["Rows"]) == (0, [])


def test_tags_are_listed_by_key_and_page(cloud: Cloud) -> None:
    for value in ("a", "b", "c"):
        cloud.console.create_tag("tier", value)
    first = tag(cloud, "GetTags", TagKeys=["tier"], MaxResults=2)
    rest = tag(cloud, "GetTags", TagKeys=["tier"], MaxResults=2, PaginationToken=first["PaginationToken"])

    assert [one["TagValue"] for one in (*first["Tags"], *rest["Tags"])] == ["a", "b", "c"]
    assert rest["PaginationToken"] == ""


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("TagResources", {"ResourceList": ["x"], "Tags": []}, "LimitExceeded.TagNumPerRequest"),
        ("TagResources", {"ResourceList": ["x"], "Tags": [BLUE] * 11}, "LimitExceeded.TagNumPerRequest"),
        ("TagResources", {"ResourceList": ["x"] * 11, "Tags": [BLUE]}, "LimitExceeded.ResourceNumPerRequest"),
        ("UnTagResources", {"ResourceList": [], "TagKeys": ["team"]}, "LimitExceeded.ResourceNumPerRequest"),
        ("GetResources", {"MaxResults": 201}, "InvalidParameter"),
        ("GetResources", {"PaginationToken": "next"}, "InvalidParameter.PaginationTokenInvalid"),
        ("GetTags", {"PaginationToken": "next"}, "InvalidParameter.PaginationTokenInvalid"),
        (
            "GetResources",
            {"TagFilters": [{"TagKey": "k"}] * 7},
            "InvalidParameterValue.TagFiltersLengthExceeded",
        ),
        (
            "DescribeResourcesByTags",
            {"TagFilters": [{"TagKey": "k", "TagValue": ["v"] * 11}]},
            "InvalidParameterValue.TagFiltersLengthExceeded",
        ),
        ("DescribeResourcesByTags", {"TagFilters": [], "Offset": 5}, "InvalidParameterValue.OffsetInvalid"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_goes_beyond_the_services_limits_is_refused(
    cloud: Cloud, action: str, params: dict[str, object], code: str
) -> None:
    with pytest.raises(CloudError) as refused:
        tag(cloud, action, **params)

    assert refused.value.code == code


def test_a_tag_in_use_cannot_be_deleted(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy(tags={"team": "blue"})
    with pytest.raises(CloudError) as in_use:
        tag(cloud, "DeleteTag", **BLUE)
    listed = tag(cloud, "DescribeTags", TagKey="team", TagValue="blue")["Tags"]
    cloud.console.release(address_id)
    tag(cloud, "DeleteTag", **BLUE)
    with pytest.raises(CloudError) as gone:
        tag(cloud, "DeleteTag", **BLUE)

    assert (in_use.value.code, listed[0]["CanDelete"]) == ("FailedOperation.TagAttachedResource", 0)
    assert gone.value.code == "ResourceNotFound.TagNonExist"
    assert tag(cloud, "DescribeTags")["TotalCount"] == 0


def test_the_tag_of_a_function_is_in_use_too(cloud: Cloud) -> None:
    function = {"FunctionName": "bind", "Code": {}, "Runtime": "Python3.10", "Tags": [{"Key": "team", "Value": "blue"}]}
    cloud.call("scf", "CreateFunction", function)

    assert tag(cloud, "DescribeTags", TagKeys=["team"])["Tags"][0]["CanDelete"] == 0


def test_a_resource_is_tagged_alone_and_the_tag_comes_to_exist(cloud: Cloud) -> None:
    (address_id,) = cloud.console.buy()
    tag(cloud, "AddResourceTag", TagKey="tier", TagValue="back", Resource=six_segments(address_id))
    page = tag(cloud, "DescribeTags", Limit=1, Offset=1)

    assert cloud.holdings()[0].tags == (("tier", "back"),)
    assert (page["TotalCount"], page["Tags"][0]["TagKey"]) == (2, "tier")


def test_tags_are_listed_from_a_multiple_of_the_page_on(cloud: Cloud) -> None:
    with pytest.raises(CloudError) as refused:
        tag(cloud, "DescribeTags", Limit=2, Offset=1)

    assert refused.value.code == "InvalidParameterValue.OffsetInvalid"
