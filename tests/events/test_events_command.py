"""`eipctl events`: every kind of file, its output, its complaints and its exit code."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eipctl.events import LONGEST, events
from tests.events.shapes import DATA, SHAPES, TRACES, cls_event, record

POD = {"kind": "Pod", "namespace": "shop", "name": "web-0", "why": "pod deleted"}
DELETE = json.dumps(record("delete pods"))
OTHER = json.dumps(record("delete pods", name="web-1"))
READ = json.dumps(record("list pods", name=None))


class Run:
    """One run of the command on a file of this content."""

    def __init__(self, path: Path | str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = events(str(path), out, err)
        self.found: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
        self.complaints = [line.removeprefix(f"{path}: ") for line in err.getvalue().splitlines()]


Runner = Callable[[str | bytes], Run]


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    def on(content: str | bytes) -> Run:
        path = tmp_path / "log"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Run(path)

    return on


def names(found: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(line["kind"], line["name"]) for line in found]


def test_an_audit_log_gives_each_object_once_in_the_order_of_first_mention() -> None:
    done = Run(DATA / "05-deployment-rolling-update.jsonl")

    assert done.found == [
        {"kind": "Pod", "namespace": "default", "name": "web-65595f8f97-wh6dh", "why": "pod bound to a node"},
        {"kind": "Pod", "namespace": "default", "name": "web-66db99b965-zgswq", "why": "pod deleted"},
    ]
    assert (done.code, done.complaints) == (0, [])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TRACES)
def test_a_cls_event_of_a_trace_gives_what_the_trace_gives(
    name: str, shape: str, indent: int | None, run: Runner
) -> None:
    done = run(json.dumps(cls_event(map(SHAPES[shape], TRACES[name])), indent=indent))

    assert done.found == Run(DATA / f"{name}.jsonl").found != []
    assert (done.code, done.complaints) == (0, [])


def test_json_lines_may_be_scf_events(run: Runner) -> None:
    timer = {"Type": "Timer", "TriggerName": "t", "Time": "", "Message": ""}
    manual = {"claims": [{"namespace": "shop", "name": "web-0"}]}
    lines = [timer, cls_event([DELETE, OTHER]), manual, cls_event([OTHER]), {}]

    done = run("\n".join(json.dumps(line) for line in lines))

    assert names(done.found) == [("Pod", "web-0"), ("Pod", "web-1"), ("EIPClaim", "web-0")]
    assert done.found[-1]["why"] == "named by hand"
    assert (done.code, done.complaints) == (0, [])


def test_a_document_whose_inner_line_is_json_as_well_is_one_document(run: Runner) -> None:
    done = run('{\n "claims": [\n  {"namespace": "shop", "name": "web-0"}\n ],\n "dryRun": true\n}\n')

    assert names(done.found) == [("EIPClaim", "web-0")]
    assert (done.code, done.complaints) == (0, [])


def test_one_audit_record_may_be_spread_over_lines(run: Runner) -> None:
    done = run(json.dumps(record("deletecollection pods", name=None), indent=4))

    assert done.found == [{"kind": "Pod", "namespace": "shop", "name": None, "why": "pods deleted in namespace"}]


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"Type": "timer"}', b"{}", READ.encode()])
def test_what_points_to_nothing_prints_nothing(content: bytes, run: Runner) -> None:
    done = run(content)

    assert (done.code, done.found, done.complaints) == (0, [], [])


def test_byte_order_mark_carriage_returns_and_blank_lines_are_no_faults(run: Runner) -> None:
    done = run(f"\ufeff{DELETE}\r\n \r\n\r\n{OTHER}")

    assert names(done.found) == [("Pod", "web-0"), ("Pod", "web-1")]
    assert (done.code, done.complaints) == (0, [])


def test_a_byte_order_mark_may_open_a_document_too(run: Runner) -> None:
    assert names(run("\ufeff" + json.dumps(cls_event([DELETE]), indent=1)).found) == [("Pod", "web-0")]


def test_every_bad_line_is_one_complaint_and_hides_no_other(run: Runner) -> None:
    bad = [b"not json", b'{"verb" 1}', b"[]", b"\xff", b"[" * 200_000, b'{"kind": "Event"}', b'{"auditID": 1}']
    evil = json.dumps(record("delete pods", name="a\x1b[2J\u2028")).encode()

    done = run(b"\n".join([*bad[:3], DELETE.encode(), *bad[3:], evil, OTHER.encode()]))

    assert names(done.found) == [("Pod", "web-0"), ("Pod", "web-1")]
    assert done.code == 1
    assert done.complaints == [
        "line 1: not JSON: Expecting value at character 1",
        "line 2: not JSON: Expecting ':' delimiter at character 9",
        "line 3: the event is no JSON object",
        "line 5: not UTF-8 at byte 1",
        "line 6: JSON nested too deep",
        "line 7: the event is neither a timer's, nor from CLS, nor {claims, dryRun}",
        "line 8: no audit record: it has no verb or no stage",
        'line 9: the object\'s name is no DNS name: "a\\u001b[2J\\u2028"',
    ]


def test_a_bad_record_of_an_event_is_told_with_its_place(run: Runner) -> None:
    event = json.dumps(cls_event([DELETE, "{nonsense}", OTHER]))
    fault = "record 2: not JSON: Expecting property name enclosed in double quotes at character 2"

    alone, in_lines = run(json.dumps(json.loads(event), indent=1)), run(f"{READ}\n{event}\n")

    assert alone.found == in_lines.found == [POD, {**POD, "name": "web-1"}]
    assert (alone.code, alone.complaints) == (1, [fault])
    assert (in_lines.code, in_lines.complaints) == (1, [f"line 2, {fault}"])


def test_a_bad_event_is_one_complaint(run: Runner) -> None:
    done = run(json.dumps({"clslogs": {"data": "!"}}, indent=1))

    assert (done.code, done.found, done.complaints) == (1, [], ["clslogs.data is not base64"])


def test_a_line_that_is_too_long_is_skipped(run: Runner) -> None:
    long = f'"{"x" * 2 * LONGEST}"'

    first, last = run(f"{long}\n{DELETE}\n"), run(f"{DELETE}\n{long}")

    assert first.found == last.found == [POD]
    assert (first.code, first.complaints) == (1, [f"line 1: longer than {LONGEST} bytes"])
    assert (last.code, last.complaints) == (1, [f"line 2: longer than {LONGEST} bytes"])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"not json", "not JSON: Expecting value at character 1"),
        (b"not json\nnor this\n", "not JSON: Expecting value at character 1"),
        (b'{\n "Type": "Timer",\n}', "not JSON: "),
        (b"\x00\x01\x02", "not JSON: Expecting value at character 1"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8 at byte 1"),
        (b"[\n" * 100_000, "JSON nested too deep"),
        (b"x" * (LONGEST + 1), f"longer than {LONGEST} bytes"),
        (b"word\n" * 300_000, "not JSON: Expecting value at character 1"),
    ],
    ids=range(8),
)
def test_what_is_not_json_at_all_is_one_complaint(content: bytes, fault: str, run: Runner) -> None:
    done = run(content)

    assert (done.code, done.found, len(done.complaints)) == (2, [], 1)
    assert done.complaints[0].startswith(fault)


def test_what_cannot_be_read_is_one_complaint(tmp_path: Path) -> None:
    missing, folder = Run(tmp_path / "missing"), Run(tmp_path)

    assert (missing.code, missing.complaints) == (2, ["No such file or directory"])
    assert (folder.code, folder.complaints) == (2, ["Is a directory"])


def test_a_file_name_cannot_forge_a_second_complaint(tmp_path: Path) -> None:
    err = io.StringIO()

    assert events(str(tmp_path / "a\nb"), io.StringIO(), err) == 2
    assert len(err.getvalue().splitlines()) == 1


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DELETE.encode())))

    done = Run("-")

    assert (done.code, done.found, done.complaints) == (0, [POD], [])


def test_an_input_that_breaks_off_is_told_after_what_it_held(monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if not line:
                raise OSError(5, "Input/output error")
            return line

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Breaking(f"{DELETE}\n".encode())))

    done = Run("-")

    assert (done.code, done.found, done.complaints) == (2, [POD], ["Input/output error"])


def test_a_long_log_is_not_loaded_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    log = (DATA / "05-deployment-rolling-update.jsonl").read_bytes()
    path.write_bytes(log * 100)
    tracemalloc.start()
    try:
        done = Run(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(done.found) == 2
    assert peak < 2_000_000 < len(log) * 100
