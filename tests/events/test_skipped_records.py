"""Records that are not even parsed: only such as point to nothing."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.events import read_record
from shared.adapters.events.audit import can_matter
from shared.core.errors import InputRejected
from tests.events.shapes import SHAPES, TRACES, Record, record

TEXTS = sorted(shape for shape in SHAPES if shape.endswith("text") or shape.startswith("text"))
RECORDS = [fields for trace in TRACES.values() for fields in trace] + [
    record("delete pods"),
    record("patch pods", name="get"),
    record("create bindings", 201),
    record("delete eipclaims", group="eipclaim.io"),
    record("deletecollection pods", name=None),
    record("patch pods/status", requestObject={"status": {"phase": "Failed"}, "verb": "get"}),
]

DISGUISES = [
    ("pods", r"\\u0070ods"),
    ("ods", r"o\\u0064s"),
    ("eipclaims", r"eipcl\\u0061i\\u006Ds"),
    ("verb", r"v\\u0065rb"),
    (r'(\\*)"resource(\\*)":', r'\1"resource\2" :'),
    (r'"verb":', '"verb" :'),
    (r"^\{", '{"verb":"get",'),
    (r"\}$", ',"verb":"watch"}'),
    (r"\}$", r',"\\u0076erb":"delete"}'),
    (r"\}$", r',"v\\u0065rb":"list"}'),
    (r"\}$", "}\n"),
    (r'\\":', r'\\" \\n:\\t\\r '),
    (r"\\", r"\\u005c"),
    (r'\\"', r"\\u0022"),
]


def points(text: str) -> bool:
    try:
        return read_record(text) is not None
    except InputRejected:
        return False


@pytest.mark.parametrize("shape", TEXTS)
def test_most_records_of_a_cluster_are_skipped(shape: str) -> None:
    texts = [str(SHAPES[shape](fields)) for trace in TRACES.values() for fields in trace]

    assert sum(map(can_matter, texts)) < len(texts) / 2


@pytest.mark.parametrize("shape", TEXTS)
def test_no_record_that_points_to_something_is_skipped(shape: str) -> None:
    assert [fields for fields in RECORDS if points(text := str(SHAPES[shape](fields))) and not can_matter(text)] == []


@pytest.mark.parametrize(
    "text",
    ["", "not json", '{"verb":"get"', '"{}"', "[]", '{"verb":"get"}\r\n '],
)
def test_text_that_is_no_whole_object_is_never_skipped(text: str) -> None:
    assert can_matter(text)


TEXT = str(SHAPES["text"](record("delete pods")))
NESTED = json.dumps({**record("delete pods"), "objectRef": json.dumps(record("delete pods")["objectRef"], indent=1)})


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(':"pods"', r':"\u0070ods"'),
        TEXT.replace(':"pods"', r':"pod\u0073"'),
        TEXT.replace(':"pods"', r':"p\u006Fds"'),
        TEXT.replace('"resource"', r'"\u0072esource"'),
        TEXT.replace('"resource"', r'"resou\u0072c\u0065"'),
        NESTED,
        NESTED.replace(r"resource\": ", r"resource\" :\n\t\r "),
        NESTED.replace(r"resource\"", r"resource\u0022"),
        NESTED.replace(r"\"pods", r"\u0022pods"),
        NESTED.replace("resource", r"\\u0072esource"),
    ],
    ids=range(10),
)
def test_neither_escapes_nor_line_breaks_inside_hide_a_record(text: str) -> None:
    assert points(text)
    assert can_matter(text)


@given(st.sampled_from(RECORDS), st.sampled_from(TEXTS), st.data())
def test_no_disguise_of_a_record_that_points_to_something_gets_it_skipped(
    fields: Record, shape: str, data: st.DataObject
) -> None:
    extra: Record = data.draw(
        st.sampled_from([{}, {"verb": "get"}, {"note": '{"verb":"get"}'}, {"note": {"verb": "list"}}])
    )
    body: Record = {**(fields.get("requestObject") or {}), **extra}
    text = str(SHAPES[shape](fields | {"requestObject": body} if extra else fields))
    for before, after in data.draw(st.lists(st.sampled_from(DISGUISES), max_size=4)):
        text = re.sub(before, after, text, count=data.draw(st.integers(0, 3)))

    assert can_matter(text) or not points(text)
