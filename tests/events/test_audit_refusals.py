"""What is no audit record, or names what can be no object, is refused."""

from __future__ import annotations

import pytest

from shared.adapters.events import Reference, read_record
from shared.core.errors import InputRejected
from tests.events.shapes import record

UNREADABLE: list[tuple[object, str]] = [
    (None, "the record is no JSON object"),
    (42, "the record is no JSON object"),
    ("[]", "the record is no JSON object"),
    ("", "not JSON: Expecting value at character 1"),
    ('{"verb": "delete", "sta', "not JSON: Unterminated string starting at at character 20"),
    ("[" * 200_000, "JSON nested too deep"),
    ('{"a":' * 200_000, "JSON nested too deep"),
    ("9" * 5_000, "JSON with a number too long to be read"),
    ({}, "no audit record: it has no verb or no stage"),
    ({"verb": "get", "level": "Request"}, "no audit record: it has no verb or no stage"),
    ({"verb": 1, "stage": "ResponseComplete"}, "no audit record: it has no verb or no stage"),
    (record("delete pods", objectRef="pods"), "objectRef is no JSON object"),
    (record("delete pods", objectRef='{"resource":"po'), "objectRef is no JSON object"),
    (record("delete pods", responseStatus=[200]), "responseStatus is no JSON object"),
    (record("delete pods", name="../../nodes/a"), 'the object\'s name is no DNS name: "../../nodes/a"'),
    (record("delete pods", name="Web"), 'the object\'s name is no DNS name: "Web"'),
    (record("delete pods", name="web\n"), 'the object\'s name is no DNS name: "web\\n"'),
    (record("delete pods", name="wéb\u2028"), 'the object\'s name is no DNS name: "w\\u00e9b\\u2028"'),
    (record("delete pods", name="a" * 254), f'the object\'s name is no DNS name: "{"a" * 40}"'),
    (record("delete pods", objectRef={"resource": "pods", "namespace": "a", "name": 7}), "name: no string"),
    (record("delete pods", objectRef={"resource": "pods", "name": "a"}), "namespace is no DNS name: no string"),
    (record("delete pods", objectRef={"resource": "pods", "namespace": "a.b", "name": "a"}), 'no DNS name: "a.b"'),
    (record("delete pods", objectRef={"resource": "pods", "namespace": "a" * 64, "name": "a"}), "no DNS name"),
    (record("delete pods", objectRef={"resource": "pods", "namespace": "a/b", "name": "a"}), 'no DNS name: "a/b"'),
]


@pytest.mark.parametrize(("content", "fault"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_audit_record_is_refused_in_one_short_line(content: object, fault: str) -> None:
    with pytest.raises(InputRejected) as caught:
        read_record(content)

    message = caught.value.message
    assert message.endswith(fault) or fault in message
    assert message.isprintable()
    assert len(message) <= 300


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a.b", "web-7d.x-2.z", "a" * 63, "a" * 253])
def test_every_name_that_kubernetes_lets_a_pod_have_is_taken(name: str) -> None:
    assert read_record(record("delete pods", name=name)) == Reference("Pod", "shop", name, "pod deleted")
