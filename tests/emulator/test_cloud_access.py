"""CAM: roles and policies are made, attached, judged by, and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError, Key
from emulator.cloud.cam.documents import Access

TRUST = json.dumps(
    {
        "version": "2.0",
        "statement": {"effect": "allow", "action": "sts:AssumeRole", "principal": {"service": "scf.qcloud.com"}},
    }
)
OWN = {"for_any_value:string_equal": {"qcs:resource_tag": ["team&blue"]}}
EIPS = "qcs::cvm:ap-guangzhou:uin/100000000001:eip/*"


def statement(*actions: str, effect: str = "allow", resource: object = "*", **more: object) -> dict[str, object]:
    return {"effect": effect, "action": list(actions), "resource": resource, **more}


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"version": "2.0", "statement": list(statements)})


def cam(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("cam", action, params)


def become(cloud: Cloud, *statements: dict[str, object]) -> None:
    """Have the role `give` with these statements, and a key of it."""
    cloud.console.create_role("give", [document(one) for one in statements])
    cloud.credentials["AKIDGIVE"] = Key("secret", "give", role="give")


def as_give(cloud: Cloud, action: str, service: str = "vpc", **params: object) -> str:
    """What comes of a call by the role."""
    try:
        cloud.call(service, action, params, identity="give")
    except CloudError as error:
        return error.code
    return "OK"


def test_a_role_and_its_policy_are_made_attached_and_found(cloud: Cloud) -> None:
    policy_id = cam(cloud, "CreatePolicy", PolicyName="give", PolicyDocument=document(statement("cvm:*")))["PolicyId"]
    role_id = cam(cloud, "CreateRole", RoleName="give", PolicyDocument=TRUST)["RoleId"]
    for _ in range(2):  # it may be attached already
        cam(cloud, "AttachRolePolicy", PolicyId=policy_id, AttachRoleName="give")
    attached = cam(cloud, "ListAttachedRolePolicies", RoleName="give", Page=1, Rp=10)
    listed = cam(cloud, "ListPolicies", Keyword="giv", Scope="Local")

    assert [one["PolicyId"] for one in attached["List"]] == [policy_id]
    assert [(one["PolicyName"], one["Attachments"]) for one in listed["List"]] == [("give", 1)]
    assert cam(cloud, "GetRole", RoleId=role_id)["RoleInfo"]["PolicyDocument"] == TRUST
    assert cam(cloud, "DescribeRoleList", Page=1, Rp=10)["TotalNum"] == 1
    assert cam(cloud, "ListPolicies", Scope="QCS")["TotalNum"] == 0
    assert cam(cloud, "ListAttachedRolePolicies", RoleName="give", Page=1, Rp=10, PolicyType="QCS")["List"] == []


def test_what_is_taken_away_is_gone_everywhere(cloud: Cloud) -> None:
    cloud.console.create_role("give", [document(statement("cvm:*"))] * 2)
    first, second = cloud.access.policies()
    cam(cloud, "DetachRolePolicy", PolicyName=first.name, DetachRoleName="give")
    cam(cloud, "DeletePolicy", PolicyId=[second.policy_id])
    left = cam(cloud, "ListAttachedRolePolicies", RoleName="give", Page=1, Rp=10)["TotalNum"]
    cam(cloud, "DeleteRole", RoleName="give")

    assert left == 0
    assert (list(cloud.access.roles()), [one.name for one in cloud.access.policies()]) == ([], ["give-1"])


def test_documents_are_replaced(cloud: Cloud) -> None:
    cloud.console.create_role("give", [document(statement("cvm:*"))])
    (policy,) = cloud.access.policies()
    narrow = document(statement("cvm:DescribeAddresses"))
    cam(cloud, "UpdatePolicy", PolicyId=policy.policy_id, PolicyDocument=narrow, Description="narrow")
    cam(cloud, "UpdateAssumeRolePolicy", RoleName="give", PolicyDocument=TRUST)
    shown = cam(cloud, "GetPolicy", PolicyId=policy.policy_id)

    assert (shown["PolicyDocument"], shown["Description"]) == (narrow, "narrow")
    assert cam(cloud, "GetRole", RoleName="give")["RoleInfo"]["PolicyDocument"] == TRUST


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("CreateRole", {"RoleName": "give", "PolicyDocument": TRUST}, "InvalidParameter.RoleNameInUse"),
        ("CreateRole", {"RoleName": "a b", "PolicyDocument": TRUST}, "InvalidParameter.RoleNameError"),
        ("GetRole", {"RoleName": "other"}, "InvalidParameter.RoleNotExist"),
        ("GetRole", {}, "InvalidParameter.ParamError"),
        ("AttachRolePolicy", {"AttachRoleName": "give", "PolicyId": 7}, "InvalidParameter.PolicyIdNotExist"),
        ("AttachRolePolicy", {"AttachRoleName": "give", "PolicyName": "no"}, "InvalidParameter.PolicyNameError"),
        ("AttachRolePolicy", {"AttachRoleName": "give"}, "InvalidParameter.ParamError"),
        ("CreatePolicy", {"PolicyName": "give-1", "PolicyDocument": document(statement("cvm:*"))},
         "FailedOperation.PolicyNameInUse"),
        ("CreatePolicy", {"PolicyName": "a/b", "PolicyDocument": document(statement("cvm:*"))},
         "InvalidParameter.PolicyNameError"),
        ("DeletePolicy", {"PolicyId": [7]}, "InvalidParameter.PolicyIdNotExist"),
        ("ListPolicies", {"Scope": "Mine"}, "InvalidParameter.ScopeError"),
        ("ListPolicies", {"Rp": 201}, "InvalidParameter.ParamError"),
    ],
)  # fmt: skip
def test_what_does_not_go_is_refused(cloud: Cloud, action: str, params: dict[str, object], code: str) -> None:
    cloud.console.create_role("give", [document(statement("cvm:*"))])
    with pytest.raises(CloudError) as refused:
        cam(cloud, action, **params)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{", "PolicyDocumentError"),
        ("[]", "PolicyDocumentError"),
        ('{"version": "1.0", "statement": []}', "VersionError"),
        ('{"version": "2.0", "statement": []}', "StatementError"),
        (document({**statement("cvm:*"), "principal": {}}), "StatementError"),
        (document(statement("cvm:*", effect="Allow")), "EffectError"),
        (document(statement()), "ActionError"),
        (document(statement("DescribeAddresses")), "ActionError"),
        (document(statement("cvm:*", resource=[])), "ResourceError"),
        (document(statement("cvm:*", resource="eip/*")), "ResourceContentError"),
        (document(statement("cvm:*", condition={"date_equal": {}})), "ConditionTypeError"),
        (document(statement("cvm:*", condition={"string_equal": {"qcs:ip": "::"}})), "ConditionContentError"),
        (document(statement("cvm:*", condition=[])), "ConditionError"),
        (document(statement("cvm:" + "x" * 6200)), "PolicyDocumentLengthOverLimit"),
    ],
)
def test_a_policy_that_is_not_valid_is_refused(cloud: Cloud, policy: str, code: str) -> None:
    with pytest.raises(CloudError) as refused:
        cam(cloud, "CreatePolicy", PolicyName="give", PolicyDocument=policy)

    assert refused.value.code == f"InvalidParameter.{code}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"principal": {"qcs": "x"}}, "PrincipalError"),
        ({"effect": "deny"}, "PrincipalError"),
        ({"action": "cvm:*"}, "ActionError"),
    ],
)
def test_a_role_is_for_a_service_to_take_on(cloud: Cloud, change: dict[str, object], code: str) -> None:
    trust = {"effect": "allow", "action": "sts:AssumeRole", "principal": {"service": "scf.qcloud.com"}, **change}
    with pytest.raises(CloudError) as refused:
        cam(cloud, "CreateRole", RoleName="give", PolicyDocument=document(trust))

    assert refused.value.code == f"InvalidParameter.{code}"


def test_a_role_may_do_what_its_policies_allow_and_is_refused_the_rest_in_cams_words(cloud: Cloud) -> None:
    become(cloud, statement("name/cvm:DescribeAddresses"))
    with pytest.raises(CloudError) as refused:
        cloud.call("vpc", "AllocateAddresses", {}, identity="give")

    assert as_give(cloud, "DescribeAddresses") == "OK"
    assert refused.value.code == "UnauthorizedOperation"
    assert refused.value.message.startswith("you are not authorized to perform operation (cvm:AllocateAddresses)")


def test_a_role_that_was_deleted_may_do_nothing(cloud: Cloud) -> None:
    become(cloud, statement("*"))
    before = as_give(cloud, "DescribeAddresses")
    cam(cloud, "DeleteRole", RoleName="give")

    assert (before, as_give(cloud, "DescribeAddresses")) == ("OK", "UnauthorizedOperation")


def test_a_denial_wins_over_what_is_allowed(cloud: Cloud) -> None:
    become(cloud, statement("cvm:*"), statement("cvm:Release*", effect="deny"))
    (address_id,) = cloud.console.buy()

    assert as_give(cloud, "DescribeAddresses") == "OK"
    assert as_give(cloud, "ReleaseAddresses", AddressIds=[address_id]) == "UnauthorizedOperation"


def test_only_resources_with_the_tag_are_allowed_and_one_that_is_gone_has_none(cloud: Cloud) -> None:
    become(cloud, statement("cvm:ReleaseAddresses", resource=[EIPS], condition=OWN))
    ours, theirs = *cloud.console.buy(tags={"team": "blue"}), *cloud.console.buy(tags={"team": "red"})
    both = as_give(cloud, "ReleaseAddresses", AddressIds=[ours, theirs])

    assert (both, len(cloud.holdings())) == ("UnauthorizedOperation", 2)
    assert as_give(cloud, "ReleaseAddresses", AddressIds=[theirs]) == "UnauthorizedOperation"
    assert as_give(cloud, "ReleaseAddresses", AddressIds=[ours]) == "OK"
    assert as_give(cloud, "ReleaseAddresses", AddressIds=["eip-00000000"]) == "UnauthorizedOperation"


def test_an_eip_can_be_bought_only_with_the_tag_that_the_condition_asks_for(cloud: Cloud) -> None:
    condition = {"string_equal": {"qcs:request_tag": "team&blue"}}
    become(cloud, statement("cvm:AllocateAddresses", condition=condition))

    assert as_give(cloud, "AllocateAddresses") == "UnauthorizedOperation"
    assert as_give(cloud, "AllocateAddresses", Tags=[{"Key": "team", "Value": "blue"}]) == "OK"


def test_an_action_without_resources_is_not_allowed_by_a_statement_that_names_one(cloud: Cloud) -> None:
    become(cloud, statement("cvm:*", resource=[EIPS]))

    assert as_give(cloud, "AllocateAddresses") == "UnauthorizedOperation"


def test_binding_touches_the_eip_the_interface_and_its_instance(cloud: Cloud) -> None:
    instance_id = cloud.console.create_instance()
    interface_id = cloud.console.create_interface(instance_id)
    ip = cloud.console.assign_ip(interface_id)
    (address_id,) = cloud.console.buy()
    become(cloud, statement("cvm:AssociateAddress", resource=EIPS))
    bind = {"AddressId": address_id, "NetworkInterfaceId": interface_id, "PrivateIpAddress": ip}
    only_eips = as_give(cloud, "AssociateAddress", **bind)
    places = [f"qcs::vpc:ap-guangzhou::eni/{interface_id}", "qcs::cvm:::instance/*"]
    cloud.access.role("give").attached |= {
        cloud.access.create_policy("places", document(statement("cvm:*", resource=places)), "", 0.0).policy_id: 0.0
    }

    assert only_eips == "UnauthorizedOperation"
    assert as_give(cloud, "AssociateAddress", **bind) == "OK"
    assert [use.access.resource.rsplit(":", 1)[1] for use in cloud.access.uses if use.allowed][-3:] == [
        f"eip/{address_id}",
        f"eni/{interface_id}",
        f"instance/{instance_id}",
    ]


def test_a_secret_is_read_by_the_role_that_it_is_granted_to(cloud: Cloud) -> None:
    for name in ("eipclaim-give", "eipclaim-take"):
        cloud.console.create_secret(name, "kubeconfig")
    own = "qcs::ssm:ap-guangzhou:uin/100000000001:secret/creatorUin/*/eipclaim-give"
    become(cloud, statement("ssm:GetSecretValue", resource=own))
    read = {"service": "ssm", "VersionId": "SSM_Current"}

    assert as_give(cloud, "GetSecretValue", SecretName="eipclaim-give", **read) == "OK"
    assert as_give(cloud, "GetSecretValue", SecretName="eipclaim-take", **read) == "UnauthorizedOperation"


def test_every_use_is_recorded_once_with_what_was_said(cloud: Cloud) -> None:
    become(cloud, statement("cvm:DescribeAddresses"))
    for _ in range(2):
        as_give(cloud, "DescribeAddresses")
        as_give(cloud, "DescribeNetworkInterfaces")

    assert [(one.role, one.access, one.allowed) for one in cloud.access.uses] == [
        ("give", Access("cvm:DescribeAddresses", "*"), True),
        ("give", Access("vpc:DescribeNetworkInterfaces", "*"), False),
    ]


def test_callers_are_told_who_they_are(cloud: Cloud) -> None:
    become(cloud, statement("sts:*"), statement("cam:*"))
    root = cloud.call("sts", "GetCallerIdentity", {})
    role = cloud.call("sts", "GetCallerIdentity", {}, identity="give")

    assert (root["Type"], root["UserId"], role["Type"]) == ("CAMUser", "100000000001", "CAMRole")
    assert cloud.call("cam", "GetUserAppId", {}, identity="give")["OwnerUin"] == "100000000001"
