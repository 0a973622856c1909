"""`eipctl events`: which objects an SCF event or an audit log points to, as the functions read it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, TextIO

from shared.adapters.events import Manual, Records, Reference, Timer, parse, parse_json, read_record
from shared.core.errors import InputRejected

LONGEST = 8 * 1024 * 1024
"""Bytes of a line, or of a document of several lines: more than any SCF event or audit record has."""

_LEAST = 100
"""Bytes that a line takes in memory whatever it holds: a hundred thousand lines are the most that are kept."""
_RECORD = frozenset({"auditID", "stage", "verb"})

_Line = tuple[int, bytes | None]


def events(path: str, out: TextIO, err: TextIO) -> int:
    """The exit code: 0, or 1 where something in it was bad, or 2 where nothing of it could be read.

    The file (`-` is standard input) is one JSON document over any number of lines, or JSON lines, of SCF events or
    audit records. Each object is written once, as a JSON object a line, in the order of first mention; each fault is a
    line of `err`. A log is read line by line, whatever its size.
    """
    shown = path if path.isprintable() else ascii(path)
    code = 0
    seen: set[tuple[str, str, str | None]] = set()
    try:
        with _stream(path) as stream:
            for finding in _findings(stream):
                if isinstance(finding, str):
                    code = 1
                    print(f"{shown}: {finding}", file=err)
                elif (key := (finding.kind, finding.namespace, finding.name)) not in seen:
                    seen.add(key)
                    line = dict(zip(("kind", "namespace", "name"), key, strict=True), why=finding.why)
                    print(json.dumps(line), file=out)
    except InputRejected as error:
        code = 2
        print(f"{shown}: {error.message}", file=err)
    return code


def _stream(path: str) -> AbstractContextManager[BinaryIO]:
    try:
        return nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb")
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> InputRejected:
    return InputRejected("Unreadable", error.strerror or type(error).__name__)


def _findings(stream: BinaryIO) -> Iterator[Reference | str]:
    """What the input points to, or what is wrong at some place of it. Raises InputRejected where it is not JSON at all.

    JSON lines may begin with a bad one, and a document's first line is no JSON either: so the whole is tried next, and
    when that is none, one line that holds an object makes it JSON lines.
    """
    lines = _lines(stream)
    head = list(islice(lines, 1))
    if head and not _holds_object(head):
        head += _up_to(LONGEST, lines)
        try:
            document = _value(*head)
        except InputRejected:
            if not _holds_object(head):
                raise
        else:
            yield from _pointed("", document)
            return
    for line in chain(head, lines):
        yield from _pointed_by_line(line)


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    """The lines that are not blank with their numbers, from 1; of one that is too long only the number."""
    number = 0
    try:
        while line := stream.readline(LONGEST):
            number += 1
            whole = len(line) < LONGEST or line.endswith(b"\n")
            if not whole:
                while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
                    pass
            if not whole or line.strip():
                yield number, line if whole else None
    except OSError as error:
        raise _unreadable(error) from error


def _up_to(size: int, lines: Iterator[_Line]) -> Iterator[_Line]:
    for line in lines:
        yield line
        size -= max(len(line[1] or b""), _LEAST)
        if size < 0:
            return


def _value(*lines: _Line) -> object:
    """The JSON value that the lines hold together."""
    if any(text is None for _, text in lines):
        raise InputRejected("TooLarge", f"longer than {LONGEST} bytes")
    return parse_json(b"".join(text or b"" for _, text in lines))


def _holds_object(lines: Iterable[_Line]) -> bool:
    for line in lines:
        with suppress(InputRejected):
            if isinstance(_value(line), Mapping):
                return True
    return False


def _pointed_by_line(line: _Line) -> Iterator[Reference | str]:
    try:
        value = _value(line)
    except InputRejected as error:
        yield f"line {line[0]}: {error.message}"
    else:
        yield from _pointed(f"line {line[0]}", value)


def _pointed(place: str, value: object) -> Iterator[Reference | str]:
    """What an SCF event or an audit record points to, and what is wrong with it and where."""
    try:
        if isinstance(value, Mapping) and value.keys() & _RECORD:
            reference = read_record(value)
            found: Timer | Records | Manual = Records((reference,) if reference else (), ())
        else:
            found = parse(value, thorough=True)
    except InputRejected as error:
        yield ": ".join(filter(None, (place, error.message)))
        return
    if isinstance(found, Manual):
        yield from (Reference("EIPClaim", *claim, "named by hand") for claim in found.claims)
    if isinstance(found, Records):
        yield from found.references
        for bad in found.bad:
            yield ", ".join(filter(None, (place, f"record {bad.index}: {bad.reason}")))
