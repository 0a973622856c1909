"""The operations on roles and on who calls: what their parameters may be, and the form of their replies."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from emulator.cloud.account import APP_ID, UIN
from emulator.cloud.cam.documents import read_trust
from emulator.cloud.cam.models import Policy, Role
from emulator.cloud.dispatch import Call, Json, Operation, number, records, text
from emulator.cloud.errors import CloudError

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_MOST = 200


def _create(cloud: Cloud, call: Call) -> Json:
    params = call.params
    role = cloud.access.create_role(
        params["RoleName"], params["PolicyDocument"], params.get("Description", ""), call.now
    )
    role.session_seconds = params.get("SessionDuration") or role.session_seconds
    return {"RoleId": role.role_id}


def _get(cloud: Cloud, call: Call) -> Json:
    return {"RoleInfo": _show(_role(cloud, call))}


def _list(cloud: Cloud, call: Call) -> Json:
    roles = list(cloud.access.roles())
    return {"List": [_show(one) for one in page(roles, call)], "TotalNum": len(roles)}


def _trust(cloud: Cloud, call: Call) -> Json:
    read_trust(call.params["PolicyDocument"])
    role = _role(cloud, call)
    role.trust, role.updated_at = call.params["PolicyDocument"], call.now
    return {}


def _delete(cloud: Cloud, call: Call) -> Json:
    cloud.access.delete_role(_role(cloud, call))
    return {}


def _attach(cloud: Cloud, call: Call) -> Json:
    policy, role = _policy(cloud, call), _role(cloud, call, "Attach")
    role.attached.setdefault(policy.policy_id, call.now)
    return {}


def _detach(cloud: Cloud, call: Call) -> Json:
    policy, role = _policy(cloud, call), _role(cloud, call, "Detach")
    role.attached.pop(policy.policy_id, None)
    return {}


def _attached(cloud: Cloud, call: Call) -> Json:
    role = _role(cloud, call)
    found = [one for one in cloud.access.attached(role) if call.params.get("Keyword", "") in one.name]
    found = [] if call.params.get("PolicyType") == "QCS" else found
    rows = [
        {
            "PolicyId": one.policy_id,
            "PolicyName": one.name,
            "AddTime": local(role.attached[one.policy_id]),
            "PolicyType": "User",
            "CreateMode": 2,
            "Deactived": 0,
            "DeactivedDetail": [],
            "Description": one.description,
        }
        for one in page(found, call)
    ]
    return {"List": rows, "TotalNum": len(found)}


def _caller(cloud: Cloud, call: Call) -> Json:
    role = call.role
    if role is None:
        arn = f"qcs::cam::uin/{UIN}:uin/{UIN}"
        return {"Type": "CAMUser", "AccountId": UIN, "UserId": UIN, "PrincipalId": UIN, "Arn": arn}
    role_id = cloud.access.role(role).role_id
    return {
        "Type": "CAMRole",
        "AccountId": UIN,
        "UserId": f"{role_id}:{call.identity}",
        "PrincipalId": role_id,
        "Arn": f"qcs::sts:{UIN}:assumed-role/{role_id}",
    }


def _app_id(cloud: Cloud, call: Call) -> Json:
    del cloud, call
    return {"Uin": UIN, "OwnerUin": UIN, "AppId": APP_ID}


def _role(cloud: Cloud, call: Call, prefix: str = "") -> Role:
    return cloud.access.role(call.params.get(f"{prefix}RoleName"), call.params.get(f"{prefix}RoleId"))


def _policy(cloud: Cloud, call: Call) -> Policy:
    return cloud.access.policy(call.params.get("PolicyId"), call.params.get("PolicyName"))


def _show(role: Role) -> Json:
    return {
        "RoleId": role.role_id,
        "RoleName": role.name,
        "PolicyDocument": role.trust,
        "Description": role.description,
        "AddTime": local(role.created_at),
        "UpdateTime": local(role.updated_at),
        "ConsoleLogin": 0,
        "RoleType": "user",
        "SessionDuration": role.session_seconds,
        "DeletionTaskId": None,
        "Tags": [],
        "RoleArn": f"qcs::cam::uin/{UIN}:roleName/{role.name}",
    }


def page(rows: list[Any], call: Call) -> list[Any]:
    """The page that is asked for. Raises CloudError for one that cannot be."""
    number_, size = call.params.get("Page", 1), call.params.get("Rp", 20)
    if number_ < 1 or not 0 < size <= _MOST:
        raise CloudError("InvalidParameter.ParamError", f"Page is 1 or more, Rp 1 to {_MOST}.")
    return rows[(number_ - 1) * size : number_ * size]


def local(at: float) -> str:
    """A time as CAM shows it."""
    return datetime.fromtimestamp(int(at), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


_ROLE = {"RoleId": text, "RoleName": text}

OPERATIONS = {
    "CreateRole": Operation(
        _create,
        {
            "RoleName": text,
            "PolicyDocument": text,
            "Description": text,
            "ConsoleLogin": number,
            "SessionDuration": number,
            "Tags": records,
        },
        required=("RoleName", "PolicyDocument"),
    ),
    "GetRole": Operation(_get, _ROLE, changes=False),
    "DescribeRoleList": Operation(
        _list, {"Page": number, "Rp": number, "Tags": records}, required=("Page", "Rp"), changes=False
    ),
    "UpdateAssumeRolePolicy": Operation(_trust, {"PolicyDocument": text, **_ROLE}, required=("PolicyDocument",)),
    "DeleteRole": Operation(_delete, _ROLE),
    "AttachRolePolicy": Operation(
        _attach, {"PolicyId": number, "AttachRoleId": text, "AttachRoleName": text, "PolicyName": text}
    ),
    "DetachRolePolicy": Operation(
        _detach, {"PolicyId": number, "DetachRoleId": text, "DetachRoleName": text, "PolicyName": text}
    ),
    "ListAttachedRolePolicies": Operation(
        _attached,
        {"Page": number, "Rp": number, **_ROLE, "PolicyType": text, "Keyword": text},
        required=("Page", "Rp"),
        changes=False,
    ),
    "GetUserAppId": Operation(_app_id, {}, changes=False),
}
STS_OPERATIONS = {"GetCallerIdentity": Operation(_caller, {}, changes=False)}
