"""A pod gets its EIP, another bandwidth, and ends, over the real client and a real socket, with one fault at a time.

Whatever happens to the first call of a kind: the story ends as the clean one, one EIP is bought, and nothing is left.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest

from eipctl.demo.stage import Stage
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import Timeline
from shared.adapters.cloud.sdk import Secret
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings
from tests.faults.watch import Watch, watched
from tests.loop.scenes import PREFIX, pod
from tests.wire.door import Door, open_door
from tests.wire.faults import TOLD_APART, Row

T = TypeVar("T")
CALLS = (
    "AllocateAddresses",
    "AssociateAddress",
    "DisassociateAddress",
    "ReleaseAddresses",
    "ModifyAddressesBandwidth",
    "DescribeAddresses",
    "DescribeNetworkInterfaces",
)
QUIET_SECONDS = 120.0


@dataclass(frozen=True)
class Story:
    """How it ended: how many EIPs were ever bought, what was done in the cloud, and what is left of it all."""

    bought: int
    done: tuple[str, ...]
    eips: int
    claims: int
    at_rest: bool
    findings: tuple[str, ...] = ()
    """Invariants that were broken on the way or in the end."""


def tell(row: Row | None, action: str) -> Story:
    """The story with that fault at the first such call."""
    doors: list[Door] = []  # the stage makes the cloud, and the door needs the cloud

    @asynccontextmanager
    async def connect(stage: Stage, settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        cluster = stage.cluster.port(GIVE if role is Role.GIVE else TAKE)
        async with doors[0].open(secret) as call:
            yield Ports(cluster, VpcCloud(call, settings.cluster_id, settings.vpc_id))

    def run(timeline: Timeline, work: Coroutine[Any, Any, T]) -> T:
        return doors[0].run(timeline, work)

    stage = Stage(connect=connect, run=run)
    with open_door(stage.cloud) as door:
        doors.append(door)
        watch = watched(stage)
        _arm(stage, door, row, action)
        _play(stage)
    assert row is None or row.fault is None or stage.cloud.faults.armed() == []
    return _ending(stage, watch)


def _arm(stage: Stage, door: Door, row: Row | None, action: str) -> None:
    # The pod's IP must stay on its EIP until somebody unbinds it.
    stage.cloud.behaviour.unbind_with_private_ip = False
    if row is not None and row.fault is None:
        door.to_refuse.add(action)
    elif row is not None and row.fault is not None:
        stage.cloud.faults.arm(replace(row.fault, action=action))


def _play(stage: Stage) -> None:
    stage.cluster.apply(pod("a"))
    stage.until_served("a")
    stage.cluster.annotate("Pod", "default", "a", {f"{PREFIX}/eip-attributes": '{"Bandwidth":"50"}'})
    stage.until("the bandwidth is changed", lambda: stage.cloud.holdings()[0].bandwidth == 50)
    stage.delete("Pod", "a")
    stage.until("all is given back", lambda: not stage.sees.claims() and not stage.cloud.holdings())


def _ending(stage: Stage, watch: Watch) -> Story:
    changes = stage.cloud.calls.changes(0)
    stage.pass_time(QUIET_SECONDS)
    done = [record for record in changes if record.done]
    return Story(
        bought=len({record.params["ClientToken"] for record in done if record.action == "AllocateAddresses"}),
        done=tuple(dict.fromkeys(record.action for record in done)),
        eips=len(stage.cloud.holdings()),
        claims=len(stage.sees.claims()),
        at_rest=stage.cloud.calls.changes(0) == changes,
        findings=tuple(map(str, watch.at_rest())),
    )


def test_the_clean_story_makes_every_call_that_is_tried() -> None:
    clean = tell(None, "")

    assert sorted(clean.done) == sorted(CALLS[:5])
    assert clean == Story(bought=1, done=clean.done, eips=0, claims=0, at_rest=True)


@pytest.mark.exhaustive
@pytest.mark.parametrize("action", CALLS)
def test_a_fault_at_the_first_call_of_a_kind_changes_nothing_of_how_it_ends(action: str) -> None:
    clean = tell(None, "")

    assert {row.what: tell(row, action) for row in TOLD_APART} == {row.what: clean for row in TOLD_APART}
