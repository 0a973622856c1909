"""The events of SCF: what each is read as, and which are refused."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from shared.adapters.events import BadRecord, Manual, Records, Reference, Timer, parse
from shared.core.errors import InputRejected
from tests.events.shapes import cls_event, packed, record

DELETED = Reference("Pod", "shop", "web-0", "pod deleted")


def data(packed_bytes: bytes) -> dict[str, Any]:
    return {"clslogs": {"data": base64.b64encode(packed_bytes).decode()}}


@pytest.mark.parametrize("kind", ["Timer", "timer", "TIMER"])
def test_a_timer_says_which_trigger_fired(kind: str) -> None:
    event = {"Type": kind, "TriggerName": "every-minute", "Time": "2026-11-24T05:01:00Z", "Message": ""}

    assert parse(event) == Timer("every-minute")


def test_a_manual_event_names_claims_each_once_and_may_be_a_dry_run() -> None:
    claims = [{"namespace": "shop", "name": "web-0"}, {"name": "web-1", "namespace": "shop"}]

    assert parse({"claims": [*claims, claims[0]]}) == Manual((("shop", "web-0"), ("shop", "web-1")), dry_run=False)
    assert parse({"claims": [], "dryRun": True}) == Manual((), dry_run=True)
    assert parse({}) == Manual((), dry_run=False)


def test_a_bad_record_hides_no_other_and_its_place_is_said() -> None:
    delete = json.dumps(record("delete pods"))
    other = json.dumps(record("delete pods", name="web-1"))

    found = parse(cls_event([delete, "not json", 7, delete[:-20], json.dumps([1]), other]))

    assert isinstance(found, Records)
    assert [reference.name for reference in found.references] == ["web-0", "web-1"]
    assert [bad.index for bad in found.bad] == [2, 3, 4, 5]


def test_records_without_content_are_bad_records() -> None:
    found = parse(packed({"records": [None, {}, {"timestamp": "1"}, {"content": record("delete pods")}]}))

    assert isinstance(found, Records)
    assert found.references == (DELETED,)
    assert found.bad == tuple(BadRecord(index, "the record is no JSON object") for index in (1, 2, 3))


def test_a_fault_in_a_record_that_cannot_matter_is_seen_only_by_a_thorough_look() -> None:
    event = cls_event(['{"verb": }'])

    assert parse(event) == Records((), ())
    assert parse(event, thorough=True) == Records((), (BadRecord(1, "not JSON: Expecting value at character 10"),))


def test_a_batch_of_nothing_points_to_nothing() -> None:
    assert parse(packed({"topic_id": "t", "topic_name": "n", "records": []})) == Records((), ())


def test_a_namespace_and_one_of_its_pods_are_two_mentions() -> None:
    everything = record("deletecollection pods", name=None)

    found = parse(cls_event([record("delete pods"), everything, everything, record("delete pods")]))

    assert found == Records((DELETED, Reference("Pod", "shop", None, "pods deleted in namespace")), ())


def test_a_pod_and_a_claim_of_one_name_are_two_objects() -> None:
    found = parse(cls_event([record("delete pods"), record("delete eipclaims", group="eipclaim.io")]))

    assert found == Records((DELETED, Reference("EIPClaim", "shop", "web-0", "claim deleted")), ())


def test_gzip_of_several_members_and_padding_with_zeros_is_read() -> None:
    batch = json.dumps({"records": [{"content": record("delete pods")}]}).encode()
    members = gzip.compress(batch[:100]) + gzip.compress(b"") + gzip.compress(batch[100:]) + b"\0" * 16

    assert parse(data(members)) == Records((DELETED,), ())


REFUSED: list[tuple[object, str]] = [
    (None, "the event is no JSON object"),
    ([], "the event is no JSON object"),
    ("Timer", "the event is no JSON object"),
    ({"Type": "Cron"}, "Type is not that of a timer's event"),
    ({"Type": 1}, "Type is not that of a timer's event"),
    ({"Type": "Timer", "TriggerName": 5}, "Type is not that of a timer's event"),
    ({"Records": []}, "the event is neither a timer's, nor from CLS, nor {claims, dryRun}"),
    ({"claims": [], "dryrun": True}, "the event is neither a timer's, nor from CLS, nor {claims, dryRun}"),
    ({"claims": {}}, "claims must be a list and dryRun true or false"),
    ({"claims": [], "dryRun": "false"}, "claims must be a list and dryRun true or false"),
    ({"claims": ["shop/web-0"]}, "claim 1 is not {namespace, name}"),
    ({"claims": [{"namespace": "shop"}]}, "claim 1 is not {namespace, name}"),
    ({"claims": [{"namespace": "shop", "name": "a", "uid": "1"}]}, "claim 1 is not {namespace, name}"),
    ({"claims": [{"namespace": "shop", "name": "a/../b"}]}, 'claim 1: name is no DNS name: "a/../b"'),
    ({"claims": [{"namespace": "", "name": "a"}]}, 'claim 1: namespace is no DNS name: ""'),
    ({"claims": [{"namespace": "shop", "name": "a"}] * 1_001}, "more than 1000 claims"),
    ({"clslogs": None}, "clslogs.data is no string"),
    ({"clslogs": {}}, "clslogs.data is no string"),
    ({"clslogs": {"data": 5}}, "clslogs.data is no string"),
    ({"clslogs": {"data": "A" * (6 * 1024 * 1024 + 1)}}, "clslogs.data is longer than 6291456 characters"),
    ({"clslogs": {"data": "A"}}, "clslogs.data is not base64"),
    ({"clslogs": {"data": "AAAA\n"}}, "clslogs.data is not base64"),
    ({"clslogs": {"data": "日本"}}, "clslogs.data is not base64"),
    ({"clslogs": {"data": ""}}, "clslogs.data: gzip that ends early"),
    (data(b"{}"), "clslogs.data: not gzip"),
    (data(gzip.compress(b'{"records": []}')[:-4]), "clslogs.data: gzip that ends early"),
    (data(gzip.compress(b'{"records": []}')[:-8] + b"\1" * 8), "clslogs.data: not gzip"),
    (data(gzip.compress(b'{"records": []}') + b"tail"), "clslogs.data: not gzip"),
    (data(gzip.compress(b"") * 65), "clslogs.data: more than 64 gzip members"),
    (data(gzip.compress(b" " * (8 * 1024 * 1024 + 1))), "clslogs.data: it unpacks to more than 8388608 bytes"),
    (data(gzip.compress(b"\xff\xfe{}")), "clslogs.data: not UTF-8 at byte 1"),
    (data(gzip.compress(b"{")), "clslogs.data: not JSON: Expecting property name enclosed in double quotes"),
    (data(gzip.compress(b"[" * 200_000)), "clslogs.data: JSON nested too deep"),
    (packed([]), "clslogs.data holds no list of records"),
    (packed({"records": {}}), "clslogs.data holds no list of records"),
]


@pytest.mark.parametrize(("event", "fault"), REFUSED, ids=range(len(REFUSED)))
def test_an_event_that_is_not_what_it_says_is_refused_in_one_short_line(event: object, fault: str) -> None:
    with pytest.raises(InputRejected) as caught:
        parse(event)

    assert caught.value.message.startswith(fault)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 300
