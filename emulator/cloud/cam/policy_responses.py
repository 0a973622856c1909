"""The operations on policies: what their parameters may be, and the form of their replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloud.cam.documents import read
from emulator.cloud.cam.models import Policy
from emulator.cloud.cam.role_responses import local, page
from emulator.cloud.dispatch import Call, Json, Operation, number, numbers, records, text
from emulator.cloud.errors import CloudError

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_OWN = 1


def _create(cloud: Cloud, call: Call) -> Json:
    params = call.params
    name, document, description = params["PolicyName"], params["PolicyDocument"], params.get("Description", "")
    return {"PolicyId": cloud.access.create_policy(name, document, description, call.now).policy_id}


def _get(cloud: Cloud, call: Call) -> Json:
    policy = cloud.access.policy(call.params["PolicyId"])
    return {
        "PolicyName": policy.name,
        "Description": policy.description,
        "Type": _OWN,
        "AddTime": local(policy.created_at),
        "UpdateTime": local(policy.updated_at),
        "PolicyDocument": policy.document,
        "PresetAlias": None,
        "IsServiceLinkedRolePolicy": 0,
        "Tags": [],
    }


def _list(cloud: Cloud, call: Call) -> Json:
    scope = call.params.get("Scope", "All")
    if scope not in ("All", "QCS", "Local"):
        raise CloudError("InvalidParameter.ScopeError", "Scope is All, QCS or Local.")
    own = [] if scope == "QCS" else list(cloud.access.policies())
    found = [one for one in own if call.params.get("Keyword", "") in one.name]
    rows = [_show(cloud, one) for one in page(found, call)]
    return {"TotalNum": len(found), "List": rows, "ServiceTypeList": []}


def _show(cloud: Cloud, policy: Policy) -> Json:
    attachments = sum(policy.policy_id in role.attached for role in cloud.access.roles())
    return {
        "PolicyId": policy.policy_id,
        "PolicyName": policy.name,
        "AddTime": local(policy.created_at),
        "Type": _OWN,
        "Description": policy.description,
        "CreateMode": 2,
        "Attachments": attachments,
        "ServiceType": "",
        "IsAttached": int(attachments > 0),
        "Deactived": 0,
        "DeactivedDetail": [],
        "IsServiceLinkedPolicy": 0,
        "AttachEntityCount": attachments,
        "AttachEntityBoundaryCount": 0,
        "UpdateTime": local(policy.updated_at),
        "Tags": [],
    }


def _update(cloud: Cloud, call: Call) -> Json:
    # A name beside an id is the policy's new name in older descriptions of this API; here it only finds the policy.
    policy_id, name = call.params.get("PolicyId"), call.params.get("PolicyName")
    policy = cloud.access.policy(policy_id, name if policy_id is None else None)
    if "PolicyDocument" in call.params:
        read(call.params["PolicyDocument"])
        policy.document = call.params["PolicyDocument"]
    policy.description = call.params.get("Description", policy.description)
    policy.updated_at = call.now
    return {"PolicyId": policy.policy_id}


def _delete(cloud: Cloud, call: Call) -> Json:
    policies = [cloud.access.policy(one) for one in call.params["PolicyId"]]
    for policy in policies:
        cloud.access.delete_policy(policy)
    return {}


OPERATIONS = {
    "CreatePolicy": Operation(
        _create,
        {"PolicyName": text, "PolicyDocument": text, "Description": text, "Tags": records},
        required=("PolicyName", "PolicyDocument"),
    ),
    "GetPolicy": Operation(_get, {"PolicyId": number}, required=("PolicyId",), changes=False),
    "ListPolicies": Operation(_list, {"Rp": number, "Page": number, "Scope": text, "Keyword": text}, changes=False),
    "UpdatePolicy": Operation(
        _update,
        {"PolicyId": number, "PolicyName": text, "Description": text, "PolicyDocument": text, "Alias": text},
    ),
    "DeletePolicy": Operation(_delete, {"PolicyId": numbers}, required=("PolicyId",)),
}
