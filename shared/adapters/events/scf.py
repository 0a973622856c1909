"""The events that SCF hands to a function: a timer's, the log service's (CLS), and what somebody sends by hand.

The bounds keep the largest batch that is read well under the smallest function's memory. CLS cuts a batch at 128 KiB of
gzip; audit records shrink to a twentieth, so 8 MiB leave room for three times what can come.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.adapters.events.audit import OURS, Reference, can_matter, read_record
from shared.adapters.events.untrusted import dns_label, dns_name, inflate, parse_json
from shared.core.errors import InputRejected

MAX_ENCODED = 6 * 1024 * 1024
"""Characters of base64: SCF takes no larger event than 6 MiB."""
MAX_BATCH = 8 * 1024 * 1024
"""Bytes of an unpacked batch."""
MAX_VALUES = 400_000
"""Commas and brackets, a bound on values: small ones take up to thirty times their text in memory."""
FREE_BATCH = 3 * 1024 * 1024
"""Bytes of a batch in which values need no counting, which takes as long as inflating: what CLS sends is smaller."""
MAX_RECORDS = 10_000
"""Records of a batch: the most that a CLS trigger can be set to."""
MAX_CLAIMS = 1_000
"""Claims named by hand."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer trigger has fired."""

    trigger: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read: its place in the batch, from 1, and what is wrong with it, in one line."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Records:
    """What audit records point to, each object once in the order of first mention, and which of them were not read."""

    references: tuple[Reference, ...]
    bad: tuple[BadRecord, ...]


@dataclass(frozen=True, slots=True)
class Manual:
    """Claims to reclaim, named by hand as (namespace, name), each once. Without any it asks for nothing."""

    claims: tuple[tuple[str, str], ...]
    dry_run: bool


def parse(event: object, ours: AbstractSet[str] = OURS, *, thorough: bool = False) -> Timer | Records | Manual:
    """The event as a value. Raises `InputRejected` with one clear line for an event that is not what it says.

    A record that is no audit record is listed as bad and hides no other. One whose text shows that it cannot matter is
    not parsed, so its faults go unseen unless `thorough`. `ours` are the users whose own writes are no news.
    """
    if not isinstance(event, Mapping):
        raise InputRejected("BadEvent", "the event is no JSON object")
    if "clslogs" in event:
        return _records(_batch(event["clslogs"]), ours, thorough=thorough)
    if "Type" in event:
        return _timer(event)
    return _manual(event)


def _timer(event: Mapping[str, object]) -> Timer:
    kind, trigger = event["Type"], event.get("TriggerName", "")
    if not isinstance(kind, str) or kind.lower() != "timer" or not isinstance(trigger, str):
        raise InputRejected("BadEvent", "Type is not that of a timer's event")
    return Timer(trigger)


def _batch(logs: object) -> Sequence[object]:
    data = logs.get("data") if isinstance(logs, Mapping) else None
    if not isinstance(data, str):
        raise InputRejected("BadEvent", "clslogs.data is no string")
    if len(data) > MAX_ENCODED:
        raise InputRejected("TooLarge", f"clslogs.data is longer than {MAX_ENCODED} characters")
    try:
        packed = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InputRejected("BadEvent", "clslogs.data is not base64") from None
    try:
        batch = parse_json(_counted(inflate(packed, MAX_BATCH)))
    except InputRejected as error:
        raise InputRejected(error.reason, f"clslogs.data: {error.message}") from None
    records = batch.get("records") if isinstance(batch, Mapping) else None
    if not isinstance(records, list):
        raise InputRejected("BadEvent", "clslogs.data holds no list of records")
    return records


def _counted(text: bytes) -> bytes:
    if len(text) > FREE_BATCH and sum(map(text.count, (b",", b"{", b"["))) > MAX_VALUES:
        raise InputRejected("TooLarge", f"it has more than {MAX_VALUES} commas and brackets")
    return text


def _records(batch: Sequence[object], ours: AbstractSet[str], *, thorough: bool) -> Records:
    found: dict[tuple[str, str, str | None], Reference] = {}
    bad = []
    for index, record in enumerate(batch[:MAX_RECORDS], start=1):
        content = record.get("content") if isinstance(record, Mapping) else None
        if not thorough and isinstance(content, str) and not can_matter(content):
            continue
        try:
            reference = read_record(content, ours)
        except InputRejected as error:
            bad.append(BadRecord(index, error.message))
            continue
        if reference:
            found.setdefault((reference.kind, reference.namespace, reference.name), reference)
    if len(batch) > MAX_RECORDS:
        bad.append(BadRecord(MAX_RECORDS + 1, f"{len(batch) - MAX_RECORDS} records from here on are left to the sweep"))
    return Records(tuple(found.values()), tuple(bad))


def _manual(event: Mapping[str, object]) -> Manual:
    """Unknown fields are refused: a misspelled `dryRun` must not delete anything."""
    claims, dry_run = event.get("claims", []), event.get("dryRun", False)
    if not event.keys() <= {"claims", "dryRun"}:
        raise InputRejected("BadEvent", "the event is neither a timer's, nor from CLS, nor {claims, dryRun}")
    if not isinstance(claims, list) or not isinstance(dry_run, bool):
        raise InputRejected("BadEvent", "claims must be a list and dryRun true or false")
    if len(claims) > MAX_CLAIMS:
        raise InputRejected("TooLarge", f"more than {MAX_CLAIMS} claims")
    return Manual(tuple(dict.fromkeys(_named(number, claim) for number, claim in enumerate(claims, start=1))), dry_run)


def _named(number: int, claim: object) -> tuple[str, str]:
    if not isinstance(claim, Mapping) or claim.keys() != {"namespace", "name"}:
        raise InputRejected("BadEvent", f"claim {number} is not {{namespace, name}}")
    return dns_label(claim["namespace"], f"claim {number}: namespace"), dns_name(claim["name"], f"claim {number}: name")
