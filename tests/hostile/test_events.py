"""Events of nonsense through whole invocations: an event is a hint, so in a world at rest none can change anything."""

from __future__ import annotations

import base64
import functools
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eipctl.demo.scf import timer_event
from tests.events.shapes import TRACES, packed, record
from tests.fuzz import examples
from tests.hostile.junk import DEPTH, JUNK, mutations, text_of
from tests.hostile.world import World

RECORDED = [fields for trace in TRACES.values() for fields in trace if fields["verb"] != "get"]
BY_HAND = {"claims": [{"namespace": "default", "name": "victim"}, {"namespace": "default", "name": "none"}]}
PACKED = gzip.compress(json.dumps({"records": [{"content": record("delete pods")}]}).encode(), mtime=0)


def event_of(data: bytes) -> dict[str, Any]:
    return {"clslogs": {"data": base64.b64encode(data).decode()}}


CORPUS: dict[str, object] = {
    "nothing": None,
    "no trigger": {},
    "a list": [],
    "a list of 100,000": [{}] * 100_000,
    "a megabyte of text": "x" * 1_000_000,
    "a number": 10**400,
    "not a number": float("nan"),
    "a timer of another type": {"Type": "timerr"},
    "a timer with a mapping for a name": {"Type": "Timer", "TriggerName": {}},
    "no base64": {"clslogs": {"data": "!"}},
    "base64 of other letters": {"clslogs": {"data": "\u0663" * 8}},
    "base64 cut off": {"clslogs": {"data": "H4s"}},
    "no gzip": event_of(b"{}"),
    "empty": event_of(b""),
    "gzip of nothing": event_of(gzip.compress(b"")),
    "gzip cut off": event_of(PACKED[:-9]),
    "gzip with a wrong checksum": event_of(PACKED[:-8] + b"\0" * 8),
    "gzip and what is none": event_of(PACKED + b"junk"),
    "two members": event_of(PACKED + PACKED),
    "a member within a member": event_of(gzip.compress(PACKED)),
    "zlib": event_of(zlib.compress(b"{}")),
    "a bomb": event_of(gzip.compress(b"\0" * 50_000_000)),
    "not UTF-8": event_of(gzip.compress(b'{"records":["\xff"]}')),
    "depth": event_of(gzip.compress(b'{"records":' + b"[" * DEPTH + b"]" * DEPTH + b"}")),
    "records nested": packed({"records": [[[]]]}),
    "keys that stand twice": event_of(gzip.compress(b'{"records":[],"records":[{"content":1}]}')),
    "claims by the million": {"claims": [{"namespace": "default", "name": "victim"}] * 1_000_000},
    "a claim in another directory": {"claims": [{"namespace": "..", "name": "../../secrets"}]},
    "a claim with a line break": {"claims": [{"namespace": "default", "name": "victim\n"}]},
    "a claim in foreign digits": {"claims": [{"namespace": "default", "name": "victim-\u0663"}]},
    "a dry run that is none": {"claims": [{"namespace": "default", "name": "victim"}], "dryRun": "true"},
    "a field misspelt": {"claims": [], "dryrun": True},
}


@functools.cache
def resting() -> World:
    """Shared by all examples: what none of them may change."""
    world = World("victim", "good")
    world.ticks(3)
    return world


def changes_nothing(event: object) -> None:
    """Whether no function that reads it writes anything for it, to cluster or cloud, but the heartbeat."""
    world = resting()
    world.lines.clear()
    for function in ("bind", "reclaim"):
        calls, objects = world.stage.cloud.calls.cursor, claims_and_pods(world)
        world.invoke(function, event)

        assert world.changes(calls) == [], function
        assert claims_and_pods(world) == objects, function


def claims_and_pods(world: World) -> object:
    return [world.stage.cluster.list(kind) for kind in ("EIPClaim", "Pod", "Event")]


def parsed(value: object) -> object:
    """As the platform hands it over; what its own parser does not take never arrives."""
    try:
        return json.loads(text_of(value))
    except (ValueError, RecursionError):
        return None


@pytest.mark.parametrize("name", CORPUS)
def test_no_event_of_the_corpus_changes_a_world_at_rest(name: str) -> None:
    changes_nothing(CORPUS[name])


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: ascii(junk)[:24])
def test_no_odd_value_in_the_place_of_any_part_changes_a_world_at_rest(junk: object) -> None:
    places: list[Callable[[object], object]] = [
        lambda value: value,
        lambda value: {"clslogs": value},
        lambda value: {"clslogs": {"data": value}},
        lambda value: {"Type": value},
        lambda value: {"Type": "Timer", "TriggerName": value},
        lambda value: {"claims": value},
        lambda value: {"claims": [value]},
        lambda value: {"claims": [{"namespace": value, "name": value}]},
        lambda value: {"claims": [], "dryRun": value},
    ]
    for place in places:
        changes_nothing(parsed(place(junk)))
    text = text_of(junk)
    for batch in (text, f'{{"records":{text}}}', f'{{"records":[{text}]}}', f'{{"records":[{{"content":{text}}}]}}'):
        changes_nothing(event_of(gzip.compress(batch.encode(), 1)))
    for inner in (text, f'{{"verb":"delete","stage":"ResponseComplete","objectRef":{text}}}'):
        changes_nothing(packed({"records": [{"content": inner}]}))


batches = st.lists(st.sampled_from(RECORDED).flatmap(mutations).map(text_of), min_size=1, max_size=3)


@examples(50)
@given(batches)
def test_no_recorded_batch_that_was_tampered_with_changes_a_world_at_rest(contents: list[object]) -> None:
    changes_nothing(packed({"records": [{"content": content} for content in contents]}))


@examples(50)
@given(st.sampled_from([BY_HAND, timer_event(0), {**BY_HAND, "dryRun": True}, event_of(PACKED)]).flatmap(mutations))
def test_no_event_that_was_tampered_with_changes_a_world_at_rest(event: object) -> None:
    changes_nothing(parsed(event))


def test_a_batch_of_nonsense_hides_no_record_that_makes_sense() -> None:
    world = World()
    world.add("good")
    good = record("patch pods/status", name="good")
    good["objectRef"]["namespace"] = "default"
    contents = [text_of(junk) for junk in JUNK if len(text_of(junk)) < 10_000]

    world.invoke("bind", packed({"records": [{"content": one} for one in (*contents, good, *contents)]}))

    assert world.serves("good")
