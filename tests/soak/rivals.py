"""Rivals that undo what we do for as long as they are there, between two calls of a run too; and what that may cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from eipctl.demo.stage import Stage
from emulator.cluster.resources import CLAIMS, Ref
from emulator.cluster.users import ADMIN
from tests.faults.invariants import tale_of
from tests.faults.watch import Watch
from tests.soak.console import ConsoleHands
from tests.wire.test_adversary import deletes_the_claim, releases_once_bought, releases_once_bound, unbinds


def writes_first(stage: Stage) -> None:
    """Whoever else writes to our claims, so that our own writes meet a conflict."""
    for claim in stage.sees.claims():
        seen = {"metadata": {"annotations": {"example.com/seen": f"{stage.now():.0f}"}}}
        stage.cluster.api.patch(ADMIN, Ref(CLAIMS, *claim.key), seen)


RIVALS: Mapping[str, Callable[[Stage], None]] = {
    "unbinds": unbinds,
    "releases what is bound": releases_once_bound,
    "releases what is bought": releases_once_bought,
    "deletes the claims": deletes_the_claim,
    "writes first": writes_first,
}


class Soaked(Protocol):
    """The world that he is in."""

    stage: Stage
    watch: Watch
    number: int
    """How many invocations there were."""

    @property
    def hands(self) -> ConsoleHands:
        """Whose deeds may be in vain."""
        ...


class Rival:
    """One of `RIVALS`, who acts again and again until he is over."""

    def __init__(self, world: Soaked, name: str, period: float) -> None:
        """He begins now."""
        self.name = name
        self._world, self._period, self._deed = world, period, RIVALS[name]
        self._since, self._runs = world.stage.cloud.calls.cursor, world.number
        self._over = False
        self._act()

    def _act(self) -> None:
        if not self._over:
            self._world.hands.attempt(lambda: self._deed(self._world.stage))
            self._world.stage.timeline.after(self._period, self._act)

    def end(self) -> list[str]:
        """He goes; what was done for one name more often than an invocation was there to do it."""
        self._over = True
        spent: Counter[tuple[str, str]] = Counter()
        for call in self._world.stage.cloud.calls.changes(self._since):
            tale = tale_of(call, self._world.watch.past)
            if call.done and tale is not None:
                spent[call.action, tale.claim.metadata.name] += 1
        runs = self._world.number - self._runs
        return [
            f"{action} {times} times for {name} in {runs} runs"
            for (action, name), times in spent.items()
            if times > runs
        ]
