"""install and teardown under faults at each of their calls, and two of them at once: the end is the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from eipctl.deployment.changes import Seen
from eipctl.deployment.install import install
from eipctl.deployment.ports import Sides
from shared.core.errors import Ambiguous, Conflict
from tests.deployment.dying import Fault, Through, outlived
from tests.deployment.memory import Site

Run = Callable[[Site, Sides], Coroutine[Any, Any, object]]
SEEDS = range(10)


async def spoilt(site: Site, run: Run, number: int, fault: Fault) -> None:
    """A run in which the change of that number meets the fault. install looks what came of a lost reply."""
    try:
        await outlived(run(site, Through(number, fault).sides(site.sides)))
    except Ambiguous:
        assert (run, fault) == (Site.teardown, Fault.LOST_REPLY)


async def installed() -> Site:
    """One with an EIP that no claim has."""
    site = Site()
    assert await site.install() == []
    site.buy_orphan()
    return site


async def passed(site: Site, run: Run) -> Sequence[str]:
    """The changes that a run makes."""
    through = Through()
    await run(site, through.sides(site.sides))
    return through.changes


@dataclass
class Contested:
    """Implements Resource: each try to make it fails, and so often somebody else changes it meanwhile."""

    changes: int
    looks: int = 0

    @property
    def name(self) -> str:
        return "contested"

    async def look(self, sides: Sides) -> Seen:
        del sides
        self.looks += 1
        return Seen({"is": min(self.looks, self.changes + 1)}, {"is": 0})

    async def put(self, sides: Sides, seen: Seen) -> None:
        del sides, seen
        raise Conflict("ResourceInUse", "somebody is at it")


async def test_what_fails_and_is_as_before_is_told_at_once() -> None:
    thing = Contested(changes=0)

    with pytest.raises(Conflict):
        await install([thing], ["contested"], Site().sides, print)
    assert thing.looks == 2


async def test_what_somebody_else_goes_on_changing_is_named_in_the_end() -> None:
    left = await install([Contested(changes=9)], ["contested"], Site().sides, print)

    assert [one.name for one in left] == ["contested"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", Fault)
async def test_install_ends_alike_whatever_befell_any_call_of_a_run_before(fault: Fault) -> None:
    site = Site()
    changes, wanted = await passed(site, Site.install), site.state()

    assert len(changes) > 25
    for number in range(1, len(changes) + 1):
        site = Site()
        await spoilt(site, Site.install, number, fault)
        assert await site.install() == [], changes[number - 1]
        assert site.state() == wanted, changes[number - 1]
        assert await passed(site, Site.install) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", Fault)
async def test_teardown_leaves_nothing_whatever_befell_any_call_of_a_run_before(fault: Fault) -> None:
    site = await installed()
    changes, wanted = await passed(site, Site.teardown), site.state()

    assert len(changes) > 25
    for number in range(1, len(changes) + 1):
        site = await installed()
        await spoilt(site, Site.teardown, number, fault)
        await site.teardown()
        assert site.state() == wanted, changes[number - 1]
        assert await passed(site, Site.teardown) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("run", [Site.install, Site.teardown])
async def test_a_second_operator_who_does_it_all_between_any_two_calls_changes_no_end(run: Run) -> None:
    site = Site() if run is Site.install else await installed()
    changes, wanted = await passed(site, run), site.state()

    for number in range(1, len(changes) + 1):
        site = Site() if run is Site.install else await installed()

        async def meanwhile(call: int, site: Site = site, number: int = number) -> None:
            if call == number:
                await run(site, site.sides)

        await run(site, Through(before=meanwhile).sides(site.sides))
        assert site.state() == wanted, changes[number - 1]


@pytest.mark.parametrize("run", [Site.install, Site.teardown])
@pytest.mark.parametrize("seed", SEEDS)
async def test_two_operators_at_once_get_there_and_neither_fails(run: Run, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - dice, no secret

    async def wait(_: int) -> None:
        for _ in range(dice.randrange(4)):
            await anyio.lowlevel.checkpoint()

    alone = Site() if run is Site.install else await installed()
    await run(alone, alone.sides)
    site = Site() if run is Site.install else await installed()
    async with anyio.create_task_group() as both:
        for _ in range(2):
            both.start_soon(run, site, Through(before=wait).sides(site.sides))

    assert site.state() == alone.state()
