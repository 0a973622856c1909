"""The operations of the tag service: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.cloud.account import UIN
from emulator.cloud.dispatch import Call, Json, Operation, item, number, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.models.address import Address

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_EIP = re.compile(r"qcs::vpc:(?P<region>[a-z0-9-]+):uin/\d*:eip/(?P<id>eip-[0-9a-z]{8})")
_MOST_RESOURCES = _MOST_TAGS = 10
_MOST_FILTERS = 6
_MOST_VALUES = 10
_MOST_RESULTS = 200
_MOST_LISTED = 1000


def _create(cloud: Cloud, call: Call) -> Json:
    cloud.tags.create(call.params["TagKey"], call.params["TagValue"])
    return {}


def _delete(cloud: Cloud, call: Call) -> Json:
    key, value = call.params["TagKey"], call.params["TagValue"]
    if cloud.tags.exists(key, value) and _in_use(cloud, key, value):
        raise CloudError("FailedOperation.TagAttachedResource", f"Something has the tag {key}:{value}.")
    cloud.tags.remove(key, value)
    return {}


def _in_use(cloud: Cloud, key: str, value: str) -> bool:
    of_functions = (tag for function in cloud.functions for tag in function.config.get("Tags", []))
    return (
        any((key, value) in one.tags for one in cloud.addresses.truth) or {"Key": key, "Value": value} in of_functions
    )


def _add(cloud: Cloud, call: Call) -> Json:
    key, value = call.params["TagKey"], call.params["TagValue"]
    cloud.tags.ensure(key, value)
    cloud.addresses.retag(_eip_of(cloud, call.params["Resource"]), {key: value})
    return {}


def _describe(cloud: Cloud, call: Call) -> Json:
    params, offset, limit = call.params, call.params.get("Offset", 0), call.params.get("Limit", 15)
    if not 0 < limit <= _MOST_LISTED or offset < 0 or offset % limit:
        raise CloudError("InvalidParameterValue.OffsetInvalid", "Offset is a multiple of Limit, which is 1 to 1000.")
    keys = params.get("TagKeys", [params["TagKey"]] if "TagKey" in params else None)
    found = [
        (key, value)
        for key, value in cloud.tags.all()
        if (keys is None or key in keys) and params.get("TagValue", value) == value
    ]
    rows = [
        {"TagKey": key, "TagValue": value, "CanDelete": int(not _in_use(cloud, key, value)), "Category": "Custom"}
        for key, value in found[offset : offset + limit]
    ]
    return {"TotalCount": len(found), "Offset": offset, "Limit": limit, "Tags": rows}


def _tag(cloud: Cloud, call: Call) -> Json:
    tags = [item(entry, "Tags", TagKey=text, TagValue=text) for entry in call.params["Tags"]]
    if not 0 < len(tags) <= _MOST_TAGS:
        raise CloudError("LimitExceeded.TagNumPerRequest", f"1 to {_MOST_TAGS} tags in a call.")
    for tag in tags:
        cloud.tags.ensure(tag["TagKey"], tag["TagValue"])
    change = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    return _each_resource(cloud, call, lambda address_id: cloud.addresses.retag(address_id, change))


def _untag(cloud: Cloud, call: Call) -> Json:
    change = dict.fromkeys(call.params["TagKeys"])
    return _each_resource(cloud, call, lambda address_id: cloud.addresses.retag(address_id, change))


def _each_resource(cloud: Cloud, call: Call, change: Callable[[str], None]) -> Json:
    """Change each resource of the list; those that cannot be are named in the reply, which is no error as a whole."""
    resources: Sequence[str] = call.params["ResourceList"]
    if not 0 < len(resources) <= _MOST_RESOURCES:
        raise CloudError("LimitExceeded.ResourceNumPerRequest", f"1 to {_MOST_RESOURCES} resources in a call.")
    failed = []
    for resource in resources:
        try:
            change(_eip_of(cloud, resource))
        except CloudError as error:
            failed.append({"Resource": resource, "Code": error.code, "Message": error.message})
    return {"FailedResources": failed}


def _eip_of(cloud: Cloud, resource: str) -> str:
    form = _EIP.fullmatch(resource)
    if form is None or form["region"] != cloud.region:
        raise CloudError("InvalidParameterValue.ResourceDescriptionError", f"`{resource}` is no EIP of this region.")
    return form["id"]


def _filters(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    filters = [item({"TagValue": [], **entry}, "TagFilters", TagKey=text, TagValue=texts) for entry in entries]
    if len(filters) > _MOST_FILTERS or any(len(one["TagValue"]) > _MOST_VALUES for one in filters):
        raise CloudError(
            "InvalidParameterValue.TagFiltersLengthExceeded", f"{_MOST_FILTERS} filters of {_MOST_VALUES} values."
        )
    return tuple(
        (f"tag:{one['TagKey']}", tuple(one["TagValue"])) if one["TagValue"] else ("tag-key", (one["TagKey"],))
        for one in filters
    )


def _get_resources(cloud: Cloud, call: Call) -> Json:
    size = call.params.get("MaxResults", 50)
    token = call.params.get("PaginationToken", "") or "0"
    if not 0 < size <= _MOST_RESULTS:
        raise CloudError("InvalidParameter", f"MaxResults is 1 to {_MOST_RESULTS}.")
    if not token.isdecimal():
        raise CloudError("InvalidParameter.PaginationTokenInvalid", "The PaginationToken is not one of ours.")
    filters = _filters(call.params.get("TagFilters", []))
    if "ResourceList" in call.params:
        forms = [form for form in map(_EIP.fullmatch, call.params["ResourceList"]) if form]
        filters = (*filters, ("address-id", tuple(form["id"] for form in forms)))
        size = _MOST_RESULTS
    total, page = cloud.addresses.select(filters, int(token), size)
    ahead = int(token) + size
    return {
        "PaginationToken": str(ahead) if ahead < total else "",
        "ResourceTagMappingList": [
            {"Resource": f"qcs::vpc:{cloud.region}:uin/{UIN}:eip/{one.address_id}", "Tags": _show_tags(one)}
            for one in page
            if one.tags
        ],
    }


def _by_tags(cloud: Cloud, call: Call) -> Json:
    params = call.params
    offset, limit = params.get("Offset", 0), params.get("Limit", 15)
    if limit < 1 or offset < 0 or offset % limit:
        raise CloudError("InvalidParameterValue.OffsetInvalid", "Offset is a multiple of Limit.")
    total, page = 0, list[Address]()
    asked = (params.get("ServiceType", "vpc"), params.get("ResourcePrefix", "eip"), params.get("ResourceRegion"))
    if asked in (("vpc", "eip", cloud.region), ("vpc", "eip", None)):
        filters = _filters(params["TagFilters"])
        if "ResourceId" in params:
            filters = (*filters, ("address-id", (params["ResourceId"],)))
        total, page = cloud.addresses.select(filters, offset, limit)
    rows = [
        {
            "ResourceRegion": cloud.region,
            "ServiceType": "vpc",
            "ResourcePrefix": "eip",
            "ResourceId": one.address_id,
            "Tags": _show_tags(one),
        }
        for one in page
    ]
    return {"TotalCount": total, "Offset": offset, "Limit": limit, "Rows": rows}


def _get_tags(cloud: Cloud, call: Call) -> Json:
    size, token = call.params.get("MaxResults", 50), call.params.get("PaginationToken", "") or "0"
    if not token.isdecimal():
        raise CloudError("InvalidParameter.PaginationTokenInvalid", "The PaginationToken is not one of ours.")
    keys = call.params.get("TagKeys")
    found = [{"TagKey": key, "TagValue": value} for key, value in cloud.tags.all() if keys is None or key in keys]
    ahead = int(token) + size
    return {"PaginationToken": str(ahead) if ahead < len(found) else "", "Tags": found[int(token) : ahead]}


def _show_tags(address: Address) -> list[Json]:
    return [{"TagKey": key, "TagValue": value} for key, value in address.tags]


OPERATIONS = {
    "CreateTag": Operation(_create, {"TagKey": text, "TagValue": text}, required=("TagKey", "TagValue")),
    "DeleteTag": Operation(_delete, {"TagKey": text, "TagValue": text}, required=("TagKey", "TagValue")),
    "AddResourceTag": Operation(
        _add, {"TagKey": text, "TagValue": text, "Resource": text}, required=("TagKey", "TagValue", "Resource")
    ),
    "DescribeTags": Operation(
        _describe,
        {
            "TagKey": text,
            "TagValue": text,
            "Offset": number,
            "Limit": number,
            "CreateUin": number,
            "TagKeys": texts,
            "ShowProject": number,
        },
        changes=False,
    ),
    "TagResources": Operation(_tag, {"ResourceList": texts, "Tags": records}, required=("ResourceList", "Tags")),
    "UnTagResources": Operation(
        _untag, {"ResourceList": texts, "TagKeys": texts}, required=("ResourceList", "TagKeys")
    ),
    "GetResources": Operation(
        _get_resources,
        {"ResourceList": texts, "TagFilters": records, "PaginationToken": text, "MaxResults": number},
        changes=False,
    ),
    "GetTags": Operation(
        _get_tags,
        {"TagKeys": texts, "PaginationToken": text, "MaxResults": number, "Category": text},
        changes=False,
    ),
    "DescribeResourcesByTags": Operation(
        _by_tags,
        {
            "TagFilters": records,
            "CreateUin": number,
            "Offset": number,
            "Limit": number,
            "ResourcePrefix": text,
            "ResourceId": text,
            "ResourceRegion": text,
            "ServiceType": text,
        },
        required=("TagFilters",),
        per_second=100,
        changes=False,
    ),
}
