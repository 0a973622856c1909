"""Events made to hurt: refused, or read as far as they can be, in bounded memory and with no other error."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.events import BadRecord, Records, Reference, parse, read_record
from shared.core.errors import InputRejected
from tests.events.shapes import SHAPES, TRACES, cls_event, packed, record
from tests.fuzz import examples

MIB = 1024 * 1024
DELETE = record("delete pods")
DELETED = Reference("Pod", "shop", "web-0", "pod deleted")

Json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["{}", "[1]", "null", '{"a":']),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(DELETE)), inner),
    max_leaves=20,
)


def event_of(packed_bytes: bytes) -> dict[str, Any]:
    return {"clslogs": {"data": base64.b64encode(packed_bytes).decode()}}


def bomb(head: bytes, chunk: bytes, times: int) -> dict[str, Any]:
    """A batch that would unpack to `times` chunks, made without ever having it in memory."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return event_of(pack.compress(head) + b"".join(pack.compress(chunk) for _ in range(times)) + pack.flush())


def peak_of(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def fault_of(call: Callable[[], object]) -> str:
    try:
        call()
    except InputRejected as error:
        return error.message
    return ""


@pytest.mark.parametrize("chunk", [b"\0", b" ", b"[", b'{"a":1},'], ids=["zeros", "blanks", "nested", "objects"])
def test_a_bomb_of_200_mib_is_refused_in_bounded_memory(chunk: bytes) -> None:
    event = bomb(b'{"records":[', chunk * (MIB // len(chunk)), 200)

    def refused() -> None:
        with pytest.raises(InputRejected, match="unpacks to more than"):
            parse(event)

    assert peak_of(refused) < 32 * MIB


@pytest.mark.parametrize("unit", ["{}", "[0]", '{"a":1}', '{"ab":"cd"}', '"ab"', "1.5"])
def test_a_batch_of_many_small_values_fits_the_smallest_function_or_is_refused(unit: str) -> None:
    for size in (3 * MIB, 8 * MIB - 100):
        event = event_of(gzip.compress(f'{{"records":[{f"{unit}," * (size // len(unit + ","))}0]}}'.encode()))

        assert peak_of(partial(fault_of, partial(parse, event))) < 96 * MIB


def test_a_large_batch_of_many_small_values_is_refused() -> None:
    event = event_of(gzip.compress(b'{"records":[' + b"[0]," * 1_000_000 + b"0]}"))

    assert fault_of(lambda: parse(event)) == "clslogs.data: it has more than 400000 commas and brackets"


def test_the_largest_batch_of_real_records_fits_the_smallest_function() -> None:
    lines = [json.dumps(fields) for trace in TRACES.values() for fields in trace]
    times = 7 * MIB // len(json.dumps(lines))
    event = cls_event(lines * times)

    assert peak_of(lambda: parse(event)) < 64 * MIB


def test_of_a_batch_too_long_the_first_records_are_read_and_the_rest_is_said() -> None:
    found = parse(packed({"records": [{"content": DELETE}] + [{"content": "{}"}] * 10_004}))

    assert found == Records((DELETED,), (BadRecord(10_001, "5 records from here on are left to the sweep"),))


@pytest.mark.parametrize(
    "content",
    ["[" * 200_000, '{"a":' * 200_000, "9" * 100_000, "\ud800", '{"resource":"pods","a":' * 9_000 + "}" * 9_000],
)
def test_a_record_made_to_hurt_hides_no_other(content: str) -> None:
    found = parse(cls_event([content, DELETE]))

    assert isinstance(found, Records)
    assert found.references == (DELETED,)
    assert [bad.index for bad in found.bad] == [1]


def test_a_body_nested_too_deep_counts_as_missing() -> None:
    fields = record("patch pods/status", requestObject='{"status":' + "[" * 200_000)

    assert read_record(fields) == Reference("Pod", "shop", "web-0", "pod status changed")


def test_of_two_fields_of_one_name_the_last_one_counts() -> None:
    text = json.dumps(DELETE)

    assert read_record(text[:-1] + ', "verb": "get"}') is None
    assert read_record('{"verb": "get", ' + text[1:]) == DELETED


def test_bytes_of_a_million_zlib_members_are_given_up_early() -> None:
    with pytest.raises(InputRejected, match="more than 64 gzip members"):
        parse(event_of(gzip.compress(b"") * 200_000))


@given(Json)
def test_no_event_makes_the_reader_fail_otherwise(event: object) -> None:
    assert fault_of(lambda: parse(event)).isprintable()


@given(Json)
@example(record("patch pods/status", requestObject=[{"op": {}, "path": [], "from": {}}]))
@example(record("delete pods", user={"username": []}, objectRef={"resource": {}, "apiGroup": []}))
@example(record("delete pods", responseStatus={"code": float("nan")}))
@example(record("patch pods/status", requestObject={"status": {"phase": [], "containerStatuses": [1, {"state": 5}]}}))
def test_no_record_makes_the_reader_fail_otherwise(content: object) -> None:
    for thing in (content, json.dumps(content), record("patch pods/status", requestObject=content)):
        assert fault_of(partial(read_record, thing)).isprintable()


@given(st.binary())
def test_no_bytes_make_the_reader_fail_otherwise(packed_bytes: bytes) -> None:
    for event in (event_of(packed_bytes), event_of(gzip.compress(packed_bytes))):
        with pytest.raises(InputRejected):
            parse(event)


@examples(40)
@given(st.data())
def test_whatever_stands_between_good_records_they_are_all_found(data: st.DataObject) -> None:
    good = [record("delete pods", name=f"web-{number}") for number in range(4)]
    junk = st.lists(Json.filter(lambda value: not isinstance(value, (dict, str))) | st.text(), max_size=3)
    contents: list[object] = []
    for fields in good:
        shape = data.draw(st.sampled_from(sorted(SHAPES)))
        contents += [*data.draw(junk), SHAPES[shape](fields)]

    found = parse(cls_event(contents), thorough=True)

    assert isinstance(found, Records)
    assert [reference.name for reference in found.references] == [f"web-{number}" for number in range(4)]
    assert len(found.bad) == len(contents) - len(good)
