"""The process dies before or after a port call of the demo's whole story; it ends the same.

Every death of every scenario is in the fault matrix; here they meet a story of many claims, which takes a second each:
so every third write is enough for each run, and all calls are for the soak. Dying after a read is dying before the next
call, which is a case of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from eipctl.demo import script
from eipctl.demo.audit import audit
from eipctl.demo.stage import Run, Stage
from tests.demo.interference import connection, run_to_the_death
from tests.dev.told import Told
from tests.faults.branches import trunk
from tests.faults.matrix import play_branching
from tests.faults.meddling import Does, Meddler, Place
from tests.faults.watch import Watch

SETTLING_SECONDS = 180.0


@dataclass(frozen=True)
class Ending:
    """What is compared: how the steps went, what stood before the teardown, what the audit says at the end."""

    failed: tuple[str, ...]
    standing: tuple[tuple[str, ...], ...]
    leaked: tuple[str, ...]
    twice: tuple[str, ...]
    broken: tuple[str, ...]
    """What contradicted an invariant on the way, whatever came of it."""


@dataclass(frozen=True)
class Death:
    """Before or after which call of the story the process dies."""

    at: int
    does: Does
    call: str
    invocation: int


def tell(meddler: Meddler, run: Run = run_to_the_death) -> Ending:
    """Play the whole story with that death in it."""
    stage = Stage(connect=connection(meddler), run=run)
    watch = meddler.watch = Watch(stage)
    watch.by_hand.add("busybox-1")
    failed: list[str] = []
    twice: set[str] = set()
    standing: tuple[tuple[str, ...], ...] = ()
    for scene, step in script.play(stage, script.SCENES):
        if not step.ok:
            failed.append(f"{step.step}: {step.detail}")
        names = [address.name for address in stage.cloud.holdings()]
        twice.update(name for name in names if names.count(name) > 1)
        if scene.name == "cascade":
            stage.pass_time(SETTLING_SECONDS)
            standing = canonical(stage)
    found = audit(stage)
    leaked = tuple(f for f in found.findings if "Died" not in f)
    left = (f"{found.eips} EIPs and {found.claims} claims are left",) if (found.eips, found.claims) != (0, 0) else ()
    broken = tuple(str(one) for one in watch.findings)
    return Ending(tuple(failed), standing, leaked + left, tuple(sorted(twice)), broken)


def canonical(stage: Stage) -> tuple[tuple[str, ...], ...]:
    """Pods and claims without what differs from run to run: random names, UIDs, addresses."""
    rows = stage.sees.rows()
    return tuple(
        sorted(
            (
                re.sub("-[a-z0-9]{8,10}-[a-z0-9]{5}$", "-*", row.name),
                row.pod,
                row.phase,
                row.retention,
                str(row.public_ip != ""),
            )
            for row in rows
        )
    )


def around_every_third_write(places: list[Place]) -> list[Death]:
    """Where to die."""
    writes = [at for at, place in enumerate(places) if not place.reads]
    return [death(places, at, does) for at in writes[::3] for does in (Does.DIE_BEFORE, Does.DIE_AFTER)]


def around_every_call(places: list[Place]) -> list[Death]:
    """Likewise."""
    before = [death(places, at, Does.DIE_BEFORE) for at in range(len(places))]
    return before + [death(places, at, Does.DIE_AFTER) for at, place in enumerate(places) if not place.reads]


def death(places: list[Place], at: int, does: Does) -> Death:
    """At that place."""
    return Death(at, does, places[at].name, places[at].invocation)


Some = Callable[[list[Place]], list[Death]]


def play_all(some: Some) -> tuple[list[str], Ending, dict[Death, Ending]]:
    """The story's calls, its ending without a death, and with each of those."""
    clean = Meddler()
    tell(clean)
    return [place.name for place in clean.places], *play_branching(some(clean.places), tell)


@pytest.mark.parametrize(
    "some",
    [
        pytest.param(around_every_third_write, marks=pytest.mark.exhaustive),
        pytest.param(around_every_call, marks=pytest.mark.soak),
    ],
)
def test_the_story_ends_the_same_wherever_the_process_dies(some: Some, told: Told) -> None:
    """Nothing leaks, nothing is bought twice, every step comes out as in the run without a death."""
    with trunk() as process:
        calls, expected, endings = process.apply(play_all, (some,))

    differing = [f"{place}: {ending}" for place, ending in endings.items() if ending != expected]
    told.counted(f"{len(endings)} deaths in a story of {len(calls)} port calls, {len(differing)} ended otherwise")
    assert expected.failed == ()
    assert expected.leaked == expected.broken == ()
    assert differing == []
