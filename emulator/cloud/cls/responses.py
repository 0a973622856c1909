"""The operations on log topics: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from emulator.cloud.cls.models import Delivery, Record, Topic
from emulator.cloud.dispatch import Call, Json, Operation, decimal, flag, item, number, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.cloud.scf.models import Trigger

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_MOST_TOPICS = 100
_MOST_RECORDS = 1000
_MOST_MESSAGES = 10_000
_SHORTEST_WAIT, _LONGEST_WAIT = 3, 300
_EVERYTHING = ("", "*")


def _describe(cloud: Cloud, call: Call) -> Json:
    offset, limit = call.params.get("Offset", 0), call.params.get("Limit", 20)
    if offset < 0 or not 0 < limit <= _MOST_TOPICS:
        raise CloudError("InvalidParameter", f"Limit is 1 to {_MOST_TOPICS}, Offset not negative.")
    found = list(cloud.topics)
    for entry in call.params.get("Filters", []):
        one = item(entry, "Filters", Key=text, Values=texts)
        if one["Key"] not in ("topicId", "topicName", "logsetId"):
            raise CloudError("InvalidParameter", f"This cloud does not find topics by {one['Key']}.")
        found = [topic for topic in found if _has(topic, one["Key"], one["Values"])]
    return {"TotalCount": len(found), "Topics": [_show(topic) for topic in found[offset : offset + limit]]}


def _has(topic: Topic, key: str, values: list[str]) -> bool:
    if key == "topicName":  # fuzzy, unless PreciseSearch is set, which this cloud has not
        return any(value in topic.name for value in values)
    return (topic.topic_id if key == "topicId" else topic.logset_id) in values


def _search(cloud: Cloud, call: Call) -> Json:
    params = call.params
    if "TopicId" not in params or "Topics" in params:
        raise CloudError("InvalidParameter", "This cloud searches one topic at a time, by TopicId.")
    if params.get("QueryString", params.get("Query", "")) not in _EVERYTHING:
        raise CloudError("FailedOperation.SyntaxError", "This cloud searches for everything only: `*`.")
    limit, offset = params.get("Limit", 100), params.get("Offset", 0)
    if not 0 < limit <= _MOST_RECORDS or offset < 0:
        raise CloudError("InvalidParameter", f"Limit is 1 to {_MOST_RECORDS}, Offset not negative.")
    topic = cloud.topics.find(params["TopicId"])
    if not topic.indexed:
        raise CloudError("ResourceNotFound.IndexNotExist", f"The topic {topic.topic_id} has no index.")
    found = [one for one in topic.records if params["From"] <= one.time_ms <= params["To"]]
    found.sort(key=lambda one: one.time_ms, reverse=params.get("Sort", "desc") == "desc")
    return {
        "Context": "",
        "ListOver": offset + limit >= len(found),
        "Analysis": False,
        "Results": [_result(topic, one) for one in found[offset : offset + limit]],
        "ColNames": None,
        "AnalysisResults": None,
        "AnalysisRecords": None,
        "Columns": None,
        "SamplingRate": 1.0,
        "Topics": None,
    }


def _deliver(cloud: Cloud, call: Call) -> Json:
    params = call.params
    wait, most = params.get("Timeout", 60), params.get("MaxMsgNum", 100)
    if not _SHORTEST_WAIT <= wait <= _LONGEST_WAIT or not 0 < most <= _MOST_MESSAGES:
        raise CloudError("InvalidParameter", f"Timeout is {_SHORTEST_WAIT} to {_LONGEST_WAIT}, MaxMsgNum to 10000.")
    topic = cloud.topics.find(params["TopicId"])
    try:
        function = cloud.functions.find(params["FunctionName"], params["Namespace"])
    except CloudError as error:
        raise CloudError("InvalidParameter", error.message) from error
    if any((one.namespace, one.function) == (function.namespace, function.name) for one in topic.deliveries):
        raise CloudError("InvalidParameter", f"{topic.topic_id} is delivered to {function.name} already.")
    topic.deliveries.append(Delivery(function.namespace, function.name, params["Qualifier"], wait, most))
    # How SCF lists a trigger that CLS made is not documented; the fields are those of CLS's own older API.
    told = json.dumps({"topic_id": topic.topic_id, "max_wait": wait, "max_size": most})
    trigger = Trigger(topic.topic_id, "cls", told, "", enabled=True, qualifier=params["Qualifier"], created_at=call.now)
    function.triggers[trigger.kind, trigger.name] = trigger
    return {}


def _show(topic: Topic) -> Json:
    created = datetime.fromtimestamp(int(topic.created_at), timezone.utc)
    return {
        "LogsetId": topic.logset_id,
        "TopicId": topic.topic_id,
        "TopicName": topic.name,
        "PartitionCount": 1,
        "Index": topic.indexed,
        "AssumerUin": 0,
        "AssumerName": "",
        "CreateTime": created.strftime("%Y-%m-%d %H:%M:%S"),
        "Status": True,
        "Tags": [],
        "RoleName": "",
        "AutoSplit": True,
        "MaxSplitPartitions": 50,
        "StorageType": "hot",
        "Period": 30,
        "SubAssumerName": "",
        "Describes": "",
        "HotPeriod": 0,
        "KeyId": "",
        "BizType": 0,
        "IsWebTracking": False,
    }


def _result(topic: Topic, record: Record) -> Json:
    return {
        "Time": record.time_ms,
        "TopicId": topic.topic_id,
        "TopicName": topic.name,
        "Source": "",
        "FileName": "",
        "PkgId": "",
        "PkgLogId": "",
        "HighLights": [],
        "LogJson": record.json,
        "HostName": "",
        "RawLog": "",
        "IndexStatus": "",
    }


OPERATIONS = {
    "DescribeTopics": Operation(
        _describe,
        {"Filters": records, "Offset": number, "Limit": number, "PreciseSearch": number, "BizType": number},
        changes=False,
    ),
    "SearchLog": Operation(
        _search,
        {
            "From": number,
            "To": number,
            "QueryString": text,
            "QuerySyntax": number,
            "TopicId": text,
            "Topics": records,
            "Sort": text,
            "Limit": number,
            "Offset": number,
            "Context": text,
            "SamplingRate": decimal,
            "UseNewAnalysis": flag,
            "HighLight": flag,
            "Query": text,
            "SyntaxRule": number,
        },
        required=("From", "To"),
        changes=False,
    ),
    "CreateDeliverCloudFunction": Operation(
        _deliver,
        {
            "TopicId": text,
            "FunctionName": text,
            "Namespace": text,
            "Qualifier": text,
            "Timeout": number,
            "MaxMsgNum": number,
        },
        required=("TopicId", "FunctionName", "Namespace", "Qualifier"),
    ),
}
