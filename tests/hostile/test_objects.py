"""Nonsense in the apiserver's objects: about such an object nothing is done, and beside it all goes on."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.fuzz import examples
from tests.hostile.junk import OF_GO, TIMES, Path, mutations, paths, put, still_named
from tests.hostile.world import World

pytestmark = pytest.mark.no_cover

Raw = dict[str, Any]
KINDS = {"Pod": ("default", "victim"), "EIPClaim": ("default", "victim"), "Node": ("", "node-a")}
MOMENT = "2026-01-01T00:00:00Z"
WHOLE_STATUS = {
    "phase": "Retained",
    "addressID": "eip-00000000",
    "publicIP": "198.18.0.250",
    "attempt": 1,
    "intent": {
        "action": "Allocate", "attempt": 1, "token": "t", "parameters": {"AddressName": "x"}, "target": "eip-00000000",
        "at": MOMENT, "by": "r", "accepted": False,
    },
    "bindings": [
        {"podUID": "u", "nodeName": "n", "networkInterfaceID": "eni-1", "privateIP": "10.9.9.9", "at": MOMENT}
    ],
    "retry": {"action": "Allocate", "at": MOMENT, "failures": 1},
    "podMissingSince": MOMENT,
    "expiresAt": MOMENT,
    "addressMissingSince": MOMENT,
    "conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "m", "lastTransitionTime": MOMENT}],
    "observedGeneration": 1,
}  # fmt: skip


@functools.cache
def served() -> World:
    """Only to be looked at: its objects are what is tampered with."""
    return World("victim", "good")


def original(kind: str) -> Raw:
    found = served().stage.cluster.get(kind, *KINDS[kind])
    assert found is not None
    return dict(found)


def survives(world: World) -> None:
    """Whether the world goes on: a pod comes and gets its EIP; what was unreadable all along lost nothing."""
    ip = world.stage.sees.pod("victim").ipv4
    (mine,) = [one.address_id for one in world.stage.cloud.holdings() if one.private_ip == ip]
    calls = world.stage.cloud.calls.cursor
    world.add("late")
    world.ticks(3)
    unreadable = {(told["namespace"], told["name"]) for told in world.told("unreadable")}

    assert world.serves("good")
    assert world.serves("late")
    assert [str(found) for found in world.watch.findings if "victim" not in found.what] == []
    if ("default", "victim") in unreadable:
        assert world.changes(calls, mine) == []


def with_the_victim_as(kind: str, nonsense: object) -> World:
    """The world in which the apiserver sends this instead of the victim; all worlds are alike, so are their UIDs."""
    world = World("victim", "good")
    uid = original(kind)["metadata"]["uid"]
    world.meddler.objects = lambda thing: nonsense if thing["metadata"]["uid"] == uid else thing
    return world


tampered = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), mutations(original(kind), junk=OF_GO))
)


@examples(20, HealthCheck.too_slow)
@given(tampered)
def test_beside_an_object_that_was_tampered_with_all_goes_on(tampered: tuple[str, object]) -> None:
    kind, nonsense = tampered

    survives(with_the_victim_as(kind, still_named(original(kind), nonsense)))


def in_every_field(kind: str, junk: object) -> list[object]:
    """Objects that are not in the cluster, each with the junk in another field."""
    thing = original(kind)
    if kind == "EIPClaim":
        thing["status"] = WHOLE_STATUS
    else:
        thing["spec"] = {**thing["spec"], "nodeName": None}  # nothing is bought for it
    odd: list[object] = []
    for path in fields(thing):
        name = f"odd-{len(odd)}"
        named = {**thing, "metadata": {**thing["metadata"], "name": name, "uid": name}}
        odd.append(still_named(named, put(named, path, junk)))
    return odd


def fields(thing: Raw) -> list[Path]:
    given: set[Path] = {(), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
    return [path for path in paths(thing) if path not in given]


ODD = (-1, 2**63, "", "a\n\0", *TIMES[:2], None, [], {})


@pytest.mark.parametrize("junk", ODD, ids=lambda junk: ascii(junk)[:24])
def test_beside_objects_with_an_odd_value_in_every_field_all_goes_on(junk: object) -> None:
    """Claims written by hand, and pods, with the value in the place of every field of metadata, spec and status."""
    added = {f"GET {kind}List": in_every_field(kind, junk) for kind in ("Pod", "EIPClaim")}
    world = World("victim", "good")

    def add(what: str, reply: Any) -> object:  # noqa: ANN401 - JSON
        return {**reply, "items": [*reply["items"], *added[what]]} if what in added else reply

    world.meddler.replies = add

    survives(world)
