"""The process dies before or after a port call of the demo's whole story; it ends the same.

Every death of every scenario is in the fault matrix; here they meet a story of many claims, which takes a second each:
so every third write is enough for each run, and all calls are for the soak. Dying after a read is dying before the next
call, which is a case of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from eipctl.demo import script
from eipctl.demo.audit import audit
from eipctl.demo.stage import Stage
from tests.demo.interference import connection, run_to_the_death
from tests.dev.told import Told
from tests.faults.branches import processes
from tests.faults.meddling import Does, Meddler
from tests.faults.watch import Watch

READS = re.compile("list_.*|get_.*|addresses|named_addresses|private_addresses")
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


def tell(meddler: Meddler) -> Ending:
    """Play the whole story with that death in it."""
    stage = Stage(connect=connection(meddler), run=run_to_the_death)
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


def around_every_third_write(calls: list[str]) -> list[tuple[int, bool]]:
    """Places to die: (which call, after it)."""
    writes = [number for number, name in enumerate(calls) if not READS.fullmatch(name)]
    return [(number, after) for number in writes[::3] for after in (False, True)]


def around_every_call(calls: list[str]) -> list[tuple[int, bool]]:
    """Likewise."""
    before = [(number, False) for number in range(len(calls))]
    after = [(number, True) for number, name in enumerate(calls) if not READS.fullmatch(name)]
    return before + after


def _die(case: tuple[int, bool]) -> tuple[str, Ending]:
    meddler = Meddler(case[0], Does.DIE_AFTER if case[1] else Does.DIE_BEFORE)
    ending = tell(meddler)
    name = meddler.places[case[0]].name if case[0] < len(meddler.places) else "?"
    return f"{'after' if case[1] else 'before'} call {case[0]} ({name})", ending


@pytest.mark.parametrize(
    "some",
    [
        pytest.param(around_every_third_write, marks=pytest.mark.exhaustive),
        pytest.param(around_every_call, marks=pytest.mark.soak),
    ],
)
def test_the_story_ends_the_same_wherever_the_process_dies(
    some: Callable[[list[str]], list[tuple[int, bool]]], told: Told
) -> None:
    """Nothing leaks, nothing is bought twice, every step comes out as in the run without a death."""
    clean = Meddler()
    expected = tell(clean)
    calls = [place.name for place in clean.places]
    places = some(calls)

    with processes(os.cpu_count() or 1) as pool:
        endings = pool.map(_die, places, chunksize=4)

    differing = [f"{where}: {ending}" for where, ending in endings if ending != expected]
    told.counted(f"{len(places)} deaths in a story of {len(calls)} port calls, {len(differing)} ended otherwise")
    assert expected.failed == ()
    assert expected.leaked == expected.broken == ()
    assert differing == []
