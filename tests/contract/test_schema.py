"""What a real apiserver makes of the CRD: the bounds, what may never change, and what `kubectl get eipc` shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from eipctl.dev import binaries, control_plane
from shared.core.claim import Claim
from shared.core.errors import Refused
from tests.contract.worlds import Raw, World, claim, within

pytestmark = pytest.mark.parametrize("world", ["apiserver"], indirect=True)

AT = "2026-11-24T05:01:32Z"
INTENT: Raw = {"action": "Allocate", "at": AT, "by": "request-1"}
BINDING: Raw = {"podUID": "uid", "networkInterfaceID": "eni-1", "privateIP": "10.0.0.7", "at": AT}
CONDITION: Raw = {"type": "Ready", "status": "True", "reason": "Bound", "lastTransitionTime": AT}

SPECS: list[Raw | None] = [
    None,
    {"retention": "Forever"},
    {"podUID": ""},
    {"podUID": "u" * 65},
    {"bandwidthMbps": 0},
    {"bandwidthMbps": 2001},
    {"bandwidthMbps": "10"},
    {"bandwidthMbps": 1.5},
    {"isp": "ACME"},
    {"chargeType": "PREPAID"},
    {"expireAfter": ""},
    {"expireAfter": "h"},
    {"expireAfter": "1d"},
    {"expireAfter": "1h\n"},
    {"expireAfter": "4m59s"},
    {"expireAfter": "never"},
]

STATUSES: list[Raw] = [
    {"phase": "Odd"},
    {"addressID": "e" * 65},
    {"publicIP": "1" * 46},
    {"attempt": 0},
    {"intent": {"action": "Allocate", "at": AT}},
    {"intent": {**INTENT, "action": "Steal"}},
    {"intent": {**INTENT, "at": "yesterday"}},
    {"intent": {**INTENT, "token": "t" * 65}},
    {"intent": {**INTENT, "accepted": "true"}},
    {"intent": {**INTENT, "parameters": {"a": {"b": "c"}}}},
    {"intent": {**INTENT, "parameters": {"a": "b" * 257}}},
    {"intent": {**INTENT, "parameters": {str(number): number for number in range(33)}}},
    {"bindings": [{key: value for key, value in BINDING.items() if key != "podUID"}]},
    {"bindings": [BINDING] * 65},
    {"retry": {"action": "Allocate", "at": AT, "failures": 0}},
    {"retry": {"at": AT}},
    {"podMissingSince": "soon"},
    {"conditions": [{**CONDITION, "status": "Perhaps"}]},
    {"conditions": [{**CONDITION, "reason": "not one word"}]},
    {"conditions": [{**CONDITION, "message": "m" * 1025}]},
    {"conditions": [CONDITION, CONDITION]},
    {"conditions": [{**CONDITION, "type": str(number)} for number in range(17)]},
    {"observedGeneration": -1},
]


async def created(world: World, spec: Raw | None = None) -> Claim:
    return await world.give.create_claim(within(world, claim("web-0", spec)))


@pytest.mark.parametrize("spec", SPECS, ids=str)
async def test_a_spec_out_of_bounds_is_refused(world: World, spec: Raw | None) -> None:
    made = await created(world)

    with pytest.raises(Refused) as caught:
        await world.give.patch_claim(made, {"spec": spec})

    assert caught.value.reason == "Invalid"


@pytest.mark.parametrize("status", STATUSES, ids=lambda status: str(status)[:60])
async def test_a_status_out_of_bounds_is_refused(world: World, status: Raw) -> None:
    made = await created(world)

    with pytest.raises(Refused) as caught:
        await world.give.patch_claim_status(made, status)

    assert caught.value.reason == "Invalid"


@pytest.mark.parametrize("duration", ["5m", "300s", "1h30m", "99999h", "Never"])
async def test_every_way_to_write_a_duration_is_taken(world: World, duration: str) -> None:
    made = await created(world, {"retention": "Static", "expireAfter": duration})

    assert made.spec.expire_after == duration


async def test_a_status_as_large_as_it_may_be_is_taken(world: World) -> None:
    made = await created(world)
    parameters = {str(number): "b" * 256 for number in range(32)}
    conditions = [{**CONDITION, "type": str(number), "message": "é" * 1024} for number in range(16)]

    written = await world.give.patch_claim_status(
        made,
        {"intent": {**INTENT, "parameters": parameters}, "bindings": [BINDING] * 64, "conditions": conditions},
    )

    assert written.status.intent is not None
    assert len(written.status.intent.parameters) == 32
    assert (len(written.status.bindings), len(written.status.conditions)) == (64, 16)


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ({"retention": "Static"}, {"retention": "Pod", "podUID": "uid"}, True),
        ({"retention": "Static"}, {"retention": None}, True),
        ({"retention": "Pod"}, {"retention": "Static"}, False),
        ({}, {"retention": "Static"}, False),
        ({"retention": "Pod"}, {"retention": None}, True),
        ({"retention": "Pod"}, {"podUID": "uid"}, True),
        ({"retention": "Pod", "podUID": "uid"}, {"podUID": "another"}, False),
        ({"retention": "Pod", "podUID": "uid"}, {"podUID": None}, False),
        ({"retention": "Pod", "podUID": "uid"}, {"bandwidthMbps": 20}, True),
        ({"retention": "Static", "podUID": "uid"}, {"retention": "Pod"}, True),
    ],
)
async def test_a_claim_never_passes_to_another_pod(world: World, before: Raw, after: Raw, *, allowed: bool) -> None:
    made = await created(world, before)
    try:
        await world.give.patch_claim(made, {"spec": after})
    except Refused:
        done = False
    else:
        done = True

    assert done is allowed


async def test_a_field_that_the_crd_does_not_know_is_dropped_without_a_word(world: World) -> None:
    await created(world)

    written = await world.patch("EIPClaim", "web-0", {"status": {"phase": "Bound", "later": "release"}}, "status")

    assert written["status"] == {"phase": "Bound"}


async def test_not_even_an_administrator_loses_an_eip_by_taking_the_finalizer_off(world: World) -> None:
    made = await created(world)

    with pytest.raises(Refused, match="abandon"):
        await world.patch("EIPClaim", "web-0", {"metadata": {"finalizers": None}})

    assert await world.give.get_claim(world.namespace, "web-0") == made


async def test_kubectl_shows_the_claim_in_columns(world: World, administrator: Path) -> None:
    made = await created(world, {"retention": "Static", "bandwidthMbps": 10, "isp": "BGP"})
    status = {
        "phase": "Retained",
        "addressID": "eip-1",
        "publicIP": "198.51.100.7",
        "bindings": [{**BINDING, "nodeName": "10.0.1.11"}],
        "expiresAt": "2126-11-24T06:01:32Z",
        "conditions": [{**CONDITION, "type": "Bound", "message": "not this"}, {**CONDITION, "message": "all well"}],
    }
    await world.give.patch_claim_status(made, status)

    programs = binaries.locate(["kubectl"])
    assert programs
    table = control_plane.kubectl(programs, administrator, "get", "eipc", "-n", world.namespace, "-o", "wide")

    head, row = table.splitlines()
    columns = "NAME PHASE PUBLIC IP EIP MBPS ISP NODE RETENTION EXPIRES AGE ENI PRIVATE IP MESSAGE"
    assert head.split() == columns.split()
    cells = row.split()
    age = cells.pop(9)
    assert age.endswith("s")
    assert " ".join(cells) == (
        "web-0 Retained 198.51.100.7 eip-1 10 BGP 10.0.1.11 Static 2126-11-24T06:01:32Z eni-1 10.0.0.7 all well"
    )
