"""Every operation of the emulated cloud against Tencent's own definition: parameters, and the fields of replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.cloud.cloud import SERVICES
from emulator.cloud.dispatch import Operation, check, decimal, flag, number, numbers, record, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.timeline import Timeline
from tests import definitions

EVERY = [(service, action) for service, api in SERVICES.items() for action in api.operations]
CHECKS: dict[Callable[[object], bool], tuple[str, str]] = {
    text: ("string", "string"),
    number: ("int", "int"),
    decimal: ("float", "float"),
    flag: ("bool", "bool"),
    texts: ("list", "string"),
    numbers: ("list", "int"),
    record: ("object", "object"),
    records: ("list", "object"),
}
SAMPLES: dict[str, object] = {"string": "x", "int": 1, "float": 1.5, "bool": True, "object": {}}
TRUST = (
    '{"version": "2.0", "statement": [{"effect": "allow", "action": "sts:AssumeRole", "principal": {"service": "x"}}]}'
)
POLICY = '{"version": "2.0", "statement": [{"effect": "allow", "action": "cvm:*", "resource": "*"}]}'


def operation(service: str, action: str) -> Operation:
    return SERVICES[service].operations[action]


def inner(member: definitions.Definition) -> str:
    """What a list holds, without the widths of numbers; of anything else its own type."""
    name = str(member["member"] if member["type"] == "list" else member["type"]).removeprefix("u").removesuffix("64")
    return name if name in SAMPLES else "object"


@pytest.mark.parametrize(("service", "action"), EVERY)
def test_parameters_have_tencents_names_and_types_and_the_required_ones_are_required(service: str, action: str) -> None:
    defined = definitions.members(service, SERVICES[service].version, action)
    ours = operation(service, action)

    assert {name: CHECKS[one] for name, one in ours.parameters.items()} == {
        name: (member["type"], inner(member)) for name, member in defined.items()
    }
    assert set(ours.required) == {name for name, member in defined.items() if member["required"]}


@pytest.mark.parametrize("check_of", CHECKS, ids=lambda one: one.__name__)
def test_a_check_lets_its_own_type_through_and_no_other(check_of: Callable[[object], bool]) -> None:
    kind, name = CHECKS[check_of]
    values: dict[str, object] = {**SAMPLES, **{f"list of {one}": [value] for one, value in SAMPLES.items()}}
    wanted = {f"list of {name}" if kind == "list" else kind} | ({"int"} if kind == "float" else set())

    assert {one for one, value in values.items() if check_of(value)} == wanted


def story(cloud: Cloud) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Calls of every operation, each of which is to succeed; the reply to each is sent back in."""
    yield "tag", "CreateTag", {"TagKey": "tier", "TagValue": "back"}
    bought = yield from vpc(cloud)
    yield from tags(f"qcs::vpc:ap-guangzhou:uin/:eip/{bought}")
    yield from roles()
    yield from secrets()
    yield from clusters(cloud)
    yield from functions(cloud)


Calls = Any  # a generator, whose type says less than its body


def vpc(cloud: Cloud) -> Calls:
    instance_id = cloud.console.create_instance()
    subnet = {"VpcId": "vpc-emulated", "SubnetId": "subnet-emulated"}
    made = yield "vpc", "CreateNetworkInterface", {**subnet, "NetworkInterfaceName": "n"}
    interface_id = made["NetworkInterface"]["NetworkInterfaceId"]
    place = {"NetworkInterfaceId": interface_id, "InstanceId": instance_id}
    yield "vpc", "AttachNetworkInterface", place
    yield "vpc", "DescribeNetworkInterfaces", {}
    added = yield (
        "vpc",
        "AssignPrivateIpAddresses",
        {
            "NetworkInterfaceId": interface_id,
            "SecondaryPrivateIpAddressCount": 1,
        },
    )
    ip = added["PrivateIpAddressSet"][0]["PrivateIpAddress"]
    tag = [{"Key": "team", "Value": "blue"}]
    bought = yield "vpc", "AllocateAddresses", {"AddressCount": 2, "Tags": tag}
    first, second = bought["AddressSet"]
    yield "vpc", "DescribeTaskResult", {"TaskId": int(bought["TaskId"])}
    bind = {"AddressId": first, "NetworkInterfaceId": interface_id, "PrivateIpAddress": ip}
    yield "vpc", "AssociateAddress", bind
    for params in ({}, {"AddressIds": [second]}):
        yield "vpc", "DescribeAddresses", params
    yield "vpc", "DisassociateAddress", {"AddressId": first}
    yield "vpc", "ModifyAddressesBandwidth", {"AddressIds": [first], "InternetMaxBandwidthOut": 5}
    yield "vpc", "ModifyAddressAttribute", {"AddressId": first, "AddressName": "a"}
    yield "vpc", "DescribeAddressQuota", {}
    yield "vpc", "ReleaseAddresses", {"AddressIds": [second]}
    gone = {"NetworkInterfaceId": interface_id, "PrivateIpAddresses": [{"PrivateIpAddress": ip}]}
    yield "vpc", "UnassignPrivateIpAddresses", gone
    yield "vpc", "DetachNetworkInterface", place
    yield "vpc", "DeleteNetworkInterface", {"NetworkInterfaceId": interface_id}
    return first


def tags(resource: str) -> Calls:
    yield "tag", "AddResourceTag", {"Resource": resource, "TagKey": "tier", "TagValue": "back"}
    yield "tag", "TagResources", {"ResourceList": [resource], "Tags": [{"TagKey": "tier", "TagValue": "front"}]}
    yield "tag", "TagResources", {"ResourceList": ["x"], "Tags": [{"TagKey": "tier", "TagValue": "front"}]}
    for action in ("DescribeTags", "GetTags", "GetResources"):
        yield "tag", action, {}
    yield "tag", "DescribeResourcesByTags", {"TagFilters": [{"TagKey": "tier", "TagValue": []}]}
    yield "tag", "UnTagResources", {"ResourceList": [resource], "TagKeys": ["tier"]}
    yield "tag", "DeleteTag", {"TagKey": "tier", "TagValue": "back"}


def roles() -> Calls:
    yield "cam", "CreateRole", {"RoleName": "give", "PolicyDocument": TRUST, "Description": "gives"}
    policy = yield "cam", "CreatePolicy", {"PolicyName": "give", "PolicyDocument": POLICY}
    by_id = {"PolicyId": policy["PolicyId"]}
    yield "cam", "AttachRolePolicy", {**by_id, "AttachRoleName": "give"}
    yield "cam", "GetPolicy", by_id
    yield "cam", "UpdatePolicy", {**by_id, "PolicyDocument": POLICY}
    yield "cam", "ListPolicies", {}
    yield "cam", "GetRole", {"RoleName": "give"}
    yield "cam", "DescribeRoleList", {"Page": 1, "Rp": 20}
    yield "cam", "ListAttachedRolePolicies", {"Page": 1, "Rp": 20, "RoleName": "give"}
    yield "cam", "UpdateAssumeRolePolicy", {"RoleName": "give", "PolicyDocument": TRUST}
    yield "cam", "DetachRolePolicy", {**by_id, "DetachRoleName": "give"}
    yield "cam", "DeletePolicy", {"PolicyId": [policy["PolicyId"]]}
    yield "cam", "DeleteRole", {"RoleName": "give"}
    yield "cam", "GetUserAppId", {}
    yield "sts", "GetCallerIdentity", {}


def secrets() -> Calls:
    name = {"SecretName": "kubeconfig"}
    yield "ssm", "CreateSecret", {**name, "VersionId": "v1", "SecretString": "one"}
    yield "ssm", "PutSecretValue", {**name, "VersionId": "v2", "SecretString": "two"}
    yield "ssm", "UpdateSecret", {**name, "VersionId": "v1", "SecretString": "three"}
    yield "ssm", "GetSecretValue", {**name, "VersionId": "v1"}
    for action in ("DescribeSecret", "ListSecretVersionIds", "DisableSecret"):
        yield "ssm", action, name
    yield "ssm", "DeleteSecret", {**name, "RecoveryWindowInDays": 7}
    for action in ("RestoreSecret", "EnableSecret"):
        yield "ssm", action, name
    yield "ssm", "ListSecrets", {}


def clusters(cloud: Cloud) -> Calls:
    cloud.console.create_cluster("cls-web", kubeconfig='server: "https://10.0.0.9"')
    cloud.console.set_audit_log("cls-web", "topic-1")
    yield "tke", "DescribeClusters", {}
    yield "tke", "DescribeLogSwitches", {"ClusterIds": ["cls-web"]}
    for action in ("DescribeClusterKubeconfig", "DescribeClusterEndpoints", "DescribeClusterEndpointStatus"):
        yield "tke", action, {"ClusterId": "cls-web"}


def functions(cloud: Cloud) -> Calls:
    cloud.console.create_topic("topic-1")
    cloud.console.put_log("topic-1", {"auditID": "1"})
    now = int(cloud.clock() * 1000)
    yield "cls", "DescribeTopics", {}
    yield "cls", "SearchLog", {"From": 0, "To": now, "TopicId": "topic-1", "SamplingRate": 1.0}
    name = {"FunctionName": "web-bind"}
    yield "scf", "CreateFunction", {**name, "Code": {"ZipFile": "UEsF"}, "Runtime": "Python3.10"}
    delivery = {"TopicId": "topic-1", "Namespace": "default", "Qualifier": "$LATEST"}
    yield "cls", "CreateDeliverCloudFunction", {**name, **delivery}
    timer = {**name, "TriggerName": "every-minute", "Type": "timer"}
    yield "scf", "CreateTrigger", {**timer, "TriggerDesc": "0 * * * * * *"}
    for action in ("Invoke", "GetFunction", "ListTriggers"):
        yield "scf", action, name
    yield "scf", "ListFunctions", {}
    config = {"RetryConfig": [{"RetryNum": 0}], "MsgTTL": 60}
    yield "scf", "UpdateFunctionEventInvokeConfig", {**name, "AsyncTriggerConfig": config}
    yield "scf", "GetFunctionEventInvokeConfig", name
    yield "scf", "PutReservedConcurrencyConfig", {**name, "ReservedConcurrencyMem": 128}
    for action in ("GetReservedConcurrencyConfig", "DeleteReservedConcurrencyConfig"):
        yield "scf", action, name
    yield "scf", "DeleteTrigger", timer
    yield "scf", "DeleteFunction", name


def test_replies_have_tencents_fields_and_types_in_every_operation(cloud: Cloud, timeline: Timeline) -> None:
    calls: Calls = story(cloud)
    played, found, reply = set(), list[str](), None
    while True:
        try:
            service, action, params = calls.send(reply)
        except StopIteration:
            break
        version = SERVICES[service].version
        found += definitions.problems(service, version, action, params)
        reply = cloud.call(service, action, params)
        found += definitions.reply_problems(service, version, action, reply)
        json.dumps(reply)
        played.add((service, action))
        timeline.advance(cloud.behaviour.transition_seconds)

    assert found == []
    assert played == set(EVERY)


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"AddressCount": "1"}, "vpc:AllocateAddresses wants AddressCount to be int"),
        ({"AddressCount": True}, "vpc:AllocateAddresses wants AddressCount to be int"),
        ({"Count": 1}, "vpc:AllocateAddresses has no Count"),
        ({"Tags": [{"Value": "a"}]}, "vpc:AllocateAddresses misses Tags.0.Key"),
        ({"Tags": ["a"]}, "vpc:AllocateAddresses wants Tags.0 to be object"),
        ({"VipCluster": [1]}, "vpc:AllocateAddresses wants VipCluster.0 to be string"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(params: dict[str, object], problem: str) -> None:
    assert definitions.problems("vpc", "2017-03-12", "AllocateAddresses", params) == [problem]


def test_a_reply_may_hold_null_but_no_field_may_be_missing() -> None:
    def found(**quota: object) -> list[str]:
        return definitions.reply_problems("vpc", "2017-03-12", "DescribeAddressQuota", {"QuotaSet": [quota]})

    whole = {"QuotaId": "TOTAL_EIP_QUOTA", "QuotaCurrent": 0, "QuotaLimit": None, "QuotaGroup": ""}
    del (short := dict(whole))["QuotaLimit"]

    assert found(**whole) == []
    assert found(**short) == ["vpc:DescribeAddressQuota misses QuotaSet.0.QuotaLimit"]


def test_an_action_that_tencent_does_not_have_is_named(cloud: Cloud) -> None:
    assert definitions.problems("vpc", "2017-03-12", "BuyAddresses", {}) == ["there is no vpc:BuyAddresses"]
    with pytest.raises(CloudError) as refused:
        cloud.call("vpc", "BuyAddresses", {})

    assert refused.value.code == "InvalidAction"
    assert check(operation("vpc", "DescribeAddressQuota"), {"A": None}) == {}
