"""SCF and CLS as one deploys to them: functions, timers, the audit log's delivery, and limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError
from emulator.timeline import Timeline

CODE = {"ZipFile": "UEsF"}


def scf(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("scf", action, {"FunctionName": "web-bind", **params})


def create(cloud: Cloud, **params: object) -> None:
    scf(cloud, "CreateFunction", **{"Code": CODE, "Runtime": "Python3.10", **params})


def deliver(cloud: Cloud, **params: object) -> None:
    given = {"TopicId": "topic-1", "FunctionName": "web-bind", "Namespace": "default", "Qualifier": "$LATEST", **params}
    cloud.call("cls", "CreateDeliverCloudFunction", given)


@pytest.fixture
def deployed(cloud: Cloud, timeline: Timeline) -> Cloud:
    """A cloud with a function that is active, and a topic."""
    create(cloud)
    cloud.console.create_topic("topic-1")
    timeline.advance(cloud.behaviour.transition_seconds)
    return cloud


def test_a_function_is_active_after_a_while_and_shows_what_it_was_made_of(cloud: Cloud, timeline: Timeline) -> None:
    cloud.console.create_role("give")
    environment = {"Variables": [{"Key": "EIPCLAIM_CLUSTER_ID", "Value": "cls-web"}]}
    create(cloud, Role="give", Environment=environment, MemorySize=256, Timeout=55, VpcConfig={"VpcId": "vpc-1"})
    early = scf(cloud, "GetFunction")
    with pytest.raises(CloudError) as not_yet:
        scf(cloud, "Invoke")
    timeline.advance(cloud.behaviour.transition_seconds)
    late = scf(cloud, "GetFunction")

    assert (early["Status"], late["Status"]) == ("Creating", "Active")
    assert not_yet.value.code == "FailedOperation.FunctionStatusError"
    assert (late["MemorySize"], late["Timeout"], late["Role"]) == (256, 55, "give")
    assert (late["Environment"], late["VpcConfig"]) == (environment, {"VpcId": "vpc-1", "SubnetId": ""})


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"FunctionName": "7"}, "InvalidParameterValue.FunctionName"),
        ({"Namespace": "other"}, "ResourceNotFound.Namespace"),
        ({"Runtime": "Python3.12"}, "InvalidParameterValue.Runtime"),
        ({"MemorySize": 200}, "InvalidParameterValue.MemorySize"),
        ({"MemorySize": 3200}, "InvalidParameterValue.MemorySize"),
        ({"Timeout": 901}, "InvalidParameterValue.Timeout"),
        ({"Role": "nobody"}, "ResourceNotFound.Role"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "ResourceNotFound.AttachedTagKeyNotFound"),
        ({"Environment": {"Variables": [{"Key": "SCF_X", "Value": ""}]}}, "InvalidParameterValue.EnvironmentSystemKey"),
        ({"Environment": {"Variables": [{"Key": "X", "Value": "x" * 4096}]}},
         "InvalidParameterValue.EnvironmentExceededLimit"),
    ],
)  # fmt: skip
def test_some_functions_cannot_be_made(cloud: Cloud, params: dict[str, object], code: str) -> None:
    with pytest.raises(CloudError) as refused:
        create(cloud, **params)

    assert refused.value.code == code


def test_a_name_is_taken_once_and_free_again_after_a_deletion(deployed: Cloud) -> None:
    with pytest.raises(CloudError) as refused:
        create(deployed)
    scf(deployed, "DeleteFunction")
    create(deployed)

    assert refused.value.code == "ResourceInUse.Function"
    assert deployed.call("scf", "ListFunctions", {})["TotalCount"] == 1


def test_functions_are_found_by_a_part_of_their_name(deployed: Cloud) -> None:
    deployed.console.create_function("game-allocate")
    found = deployed.call("scf", "ListFunctions", {"SearchKey": "web"})["Functions"]

    assert [one["FunctionName"] for one in found] == ["web-bind"]


def test_a_timer_is_made_listed_and_deleted(deployed: Cloud) -> None:
    made = {"TriggerName": "every-minute", "Type": "timer", "TriggerDesc": "0 * * * * * *", "CustomArgument": "sweep"}
    reply = scf(deployed, "CreateTrigger", Enable="OPEN", **made)["TriggerInfo"]
    (listed,) = scf(deployed, "ListTriggers")["Triggers"]
    shown = scf(deployed, "GetFunction")["Triggers"]
    scf(deployed, "DeleteTrigger", TriggerName="every-minute", Type="timer")

    assert reply == listed == shown[0]
    assert json.loads(listed["TriggerDesc"]) == {"cron": "0 * * * * * *"}
    assert (listed["Enable"], listed["BindStatus"], listed["CustomArgument"]) == (1, "on", "sweep")
    assert scf(deployed, "ListTriggers")["TotalCount"] == 0


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"TriggerName": "first"}, "ResourceInUse.Trigger"),
        ({"TriggerName": "a b"}, "InvalidParameterValue.TriggerName"),
        ({"Type": "cls"}, "InvalidParameterValue.Type"),
        ({"TriggerDesc": "* * *"}, "InvalidParameterValue.Cron"),
        ({"TriggerDesc": '{"cron": "0 * * * ? * *"}'}, "InvalidParameterValue.Cron"),
        ({"CustomArgument": "x" * 4097}, "InvalidParameterValue.CustomArgument"),
        ({"Qualifier": "3"}, "ResourceNotFound.Qualifier"),
        ({"FunctionName": "other"}, "ResourceNotFound.Function"),
    ],
)
def test_some_triggers_cannot_be_made(deployed: Cloud, params: dict[str, object], code: str) -> None:
    timer = {"TriggerName": "first", "Type": "timer", "TriggerDesc": "0 * * * * * *"}
    scf(deployed, "CreateTrigger", **timer)
    with pytest.raises(CloudError) as refused:
        scf(deployed, "CreateTrigger", **{**timer, "TriggerName": "second", **params})

    assert refused.value.code == code


def test_a_function_has_ten_timers_at_most_and_none_before_it_is_active(cloud: Cloud, timeline: Timeline) -> None:
    create(cloud)
    timer = {"Type": "timer", "TriggerDesc": "0 * * * * * *"}
    with pytest.raises(CloudError) as early:
        scf(cloud, "CreateTrigger", TriggerName="first", **timer)
    timeline.advance(cloud.behaviour.transition_seconds)
    for number in range(10):
        scf(cloud, "CreateTrigger", TriggerName=f"timer-{number}", **timer)
    with pytest.raises(CloudError) as late:
        scf(cloud, "CreateTrigger", TriggerName="eleventh", **timer)

    assert (early.value.code, late.value.code) == ("FailedOperation.CreateTrigger", "LimitExceeded.Trigger")


def test_a_delivery_is_a_trigger_of_the_function_and_goes_with_it(deployed: Cloud) -> None:
    deliver(deployed, Timeout=3, MaxMsgNum=1000)
    (listed,) = scf(deployed, "ListTriggers")["Triggers"]
    with pytest.raises(CloudError) as in_use:
        deployed.console.delete_topic("topic-1")
    scf(deployed, "DeleteTrigger", TriggerName="topic-1", Type="cls")
    after = [*next(iter(deployed.topics)).deliveries]
    deliver(deployed)
    scf(deployed, "DeleteFunction")
    deployed.console.delete_topic("topic-1")

    assert (listed["Type"], json.loads(listed["TriggerDesc"])["max_wait"]) == ("cls", 3)
    assert in_use.value.code == "OperationDenied.TopicHasDeliverFunction"
    assert after == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"TopicId": "topic-9"}, "ResourceNotFound.TopicNotExist"),
        ({"FunctionName": "other"}, "InvalidParameter"),
        ({"Timeout": 2}, "InvalidParameter"),
        ({"MaxMsgNum": 10_001}, "InvalidParameter"),
        ({}, "InvalidParameter"),
    ],
    ids=["topic", "function", "wait", "messages", "twice"],
)
def test_some_deliveries_cannot_be_made(deployed: Cloud, params: dict[str, object], code: str) -> None:
    deliver(deployed)
    with pytest.raises(CloudError) as refused:
        deliver(deployed, **params)

    assert refused.value.code == code


def test_retries_are_two_for_six_hours_unless_set(deployed: Cloud) -> None:
    before = scf(deployed, "GetFunctionEventInvokeConfig")["AsyncTriggerConfig"]
    wanted = {"RetryConfig": [{"RetryNum": 0}], "MsgTTL": 60}
    scf(deployed, "UpdateFunctionEventInvokeConfig", AsyncTriggerConfig=wanted)

    assert before == {"RetryConfig": [{"RetryNum": 2}], "MsgTTL": 21_600}
    assert scf(deployed, "GetFunctionEventInvokeConfig")["AsyncTriggerConfig"] == wanted


@pytest.mark.parametrize(
    ("retries", "ttl", "code"),
    [
        ([{"RetryNum": 3}], 60, "LimitExceeded.RetryNum"),
        ([], 60, "LimitExceeded.RetryNum"),
        ([{"RetryNum": 0}], 59, "LimitExceeded.MsgTTL"),
        ([{"RetryNum": 0}], 21_601, "LimitExceeded.MsgTTL"),
    ],
)
def test_retries_have_limits(deployed: Cloud, retries: list[dict[str, int]], ttl: int, code: str) -> None:
    config = {"RetryConfig": retries, "MsgTTL": ttl}
    with pytest.raises(CloudError) as refused:
        scf(deployed, "UpdateFunctionEventInvokeConfig", AsyncTriggerConfig=config)

    assert refused.value.code == code


def test_reserved_memory_is_set_and_taken_back_and_none_of_it_stops_a_function(deployed: Cloud) -> None:
    before = scf(deployed, "GetReservedConcurrencyConfig")["ReservedMem"]
    scf(deployed, "PutReservedConcurrencyConfig", ReservedConcurrencyMem=256)
    listed = deployed.call("scf", "ListFunctions", {})["Functions"][0]["ReservedConcurrencyMem"]
    scf(deployed, "PutReservedConcurrencyConfig", ReservedConcurrencyMem=0)
    said = json.loads(scf(deployed, "Invoke")["Result"]["RetMsg"])
    scf(deployed, "DeleteReservedConcurrencyConfig")
    after = scf(deployed, "Invoke")["Result"]
    with pytest.raises(CloudError) as refused:
        scf(deployed, "PutReservedConcurrencyConfig", ReservedConcurrencyMem=115_201)

    assert (before, listed, said["statusCode"], after["InvokeResult"]) == (None, 256, 432, 0)
    assert refused.value.code == "LimitExceeded.FunctionReservedConcurrencyMemory"


def test_the_newest_record_of_a_topic_comes_first(cloud: Cloud, timeline: Timeline) -> None:
    cloud.console.create_topic("topic-1")
    for number in range(3):
        cloud.console.put_log("topic-1", {"auditID": str(number)})
        timeline.advance(10)
    now = int(timeline.now() * 1000)
    search = {"TopicId": "topic-1", "From": now - 20_000, "To": now, "Limit": 1}
    newest = cloud.call("cls", "SearchLog", {**search, "QueryString": "*"})
    oldest = cloud.call("cls", "SearchLog", {**search, "Sort": "asc"})

    assert json.loads(newest["Results"][0]["LogJson"]) == {"auditID": "2"}
    assert json.loads(oldest["Results"][0]["LogJson"]) == {"auditID": "1"}
    assert (newest["ListOver"], now - newest["Results"][0]["Time"]) == (False, 10_000)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"TopicId": "topic-9"}, "ResourceNotFound.TopicNotExist"),
        ({"TopicId": None}, "InvalidParameter"),
        ({"QueryString": "verb:get"}, "FailedOperation.SyntaxError"),
        ({"Limit": 1001}, "InvalidParameter"),
    ],
)
def test_some_searches_are_refused(deployed: Cloud, params: dict[str, object], code: str) -> None:
    with pytest.raises(CloudError) as refused:
        deployed.call("cls", "SearchLog", {"TopicId": "topic-1", "From": 0, "To": 1, **params})

    assert refused.value.code == code


def test_topics_are_found_by_id_name_and_logset_and_nothing_is_found_in_one_without_index(cloud: Cloud) -> None:
    for number in (1, 2):
        cloud.console.create_topic(f"topic-{number}", f"audit-{number}", f"logset-{number}")

    def found(key: str, *values: str) -> list[str]:
        reply = cloud.call("cls", "DescribeTopics", {"Filters": [{"Key": key, "Values": list(values)}]})
        return [one["TopicId"] for one in reply["Topics"]]

    next(iter(cloud.topics)).indexed = False
    with pytest.raises(CloudError) as no_index:
        cloud.call("cls", "SearchLog", {"TopicId": "topic-1", "From": 0, "To": 1})
    with pytest.raises(CloudError) as no_filter:
        found("color", "red")

    assert (found("topicId", "topic-2"), found("topicName", "dit-1"), found("logsetId", "logset-2", "x")) == (
        ["topic-2"],
        ["topic-1"],
        ["topic-2"],
    )
    assert (no_index.value.code, no_filter.value.code) == ("ResourceNotFound.IndexNotExist", "InvalidParameter")
