"""One scenario, put together. A state is packed into one integer: the number of what is shared, and that of each run.

What an invocation does depends on its own run and on what is shared, not on the other run; so both are remembered
by these numbers, and most of a search is looking things up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

from tests.model.checks import Checks, Label
from tests.model.invocation import Invocations
from tests.model.looks import Looks
from tests.model.objects import Claims, number
from tests.model.outside import Outside
from tests.model.plant import HEALTHY, Plant
from tests.model.scenario import Scenario, roles_of
from tests.model.settle import Settle, Verdict
from tests.model.state import LIVE, NO_POD, PodFacts, Run, State

RUN_BITS = 20
MOST_RUNS = 1 << RUN_BITS
BYSTANDER = Run(0, NO_POD)
"""Stands for the other run: it shows whether the claim was written."""


class Move(NamedTuple):
    """What one invocation, or the outside, may do next."""

    label: Label
    shared: int
    run: int
    wrote: bool
    """Whether the claim was written, so that no other run's resourceVersion holds."""


class Moves(NamedTuple):
    """All of them, and what was wrong with any."""

    moves: tuple[Move, ...]
    wrong: tuple[tuple[str, Label], ...]


T = TypeVar("T", bound=Hashable)


class Numbered(Generic[T]):
    """Values by number, from 0, and numbers by value."""

    def __init__(self) -> None:
        """None yet."""
        self._numbers: dict[T, int] = {}
        self._values: list[T] = []

    def __getitem__(self, index: int) -> T:
        """The value of that number."""
        return self._values[index]

    def number(self, value: T) -> int:
        """Its number, for good."""
        index = self._numbers.get(value)
        if index is None:
            index = self._numbers[value] = len(self._values)
            self._values.append(value)
        return index


class Model:
    """From every state the next ones."""

    def __init__(self, scenario: Scenario, plant: Plant = HEALTHY) -> None:
        """Empty memories."""
        self.scenario = scenario
        self.claims = Claims()
        self.looks = Looks(self.claims, roles_of(scenario), plant, static=scenario.static, requested=scenario.requested)
        self.checks = Checks(self.claims, stripping="strip" in scenario.hands, rebinding="rebind" in scenario.hands)
        self._invocations = Invocations(scenario, self.claims, self.looks, self.checks, fresh_get=plant.fresh_get)
        self._outside = Outside(scenario, self.claims, self._invocations)
        self._settle = Settle(scenario, self.claims, self._invocations, self._outside, self.checks)
        self._shared = Numbered[State]()
        self._runs = Numbered[Run | None]()
        self._idle = self._runs.number(None)
        self._moves: dict[tuple[int, int, int], Moves] = {}
        self._around: dict[int, Moves] = {}
        self._ticked: dict[tuple[int, bool, bool], int] = {}
        self._swept: dict[int, int] = {}
        self._outdated: dict[int, int] = {self._idle: self._idle}
        self._verdicts: dict[tuple[int, bool, bool], Verdict] = {}

    def start(self) -> int:
        """Nothing is there, or the first pod is served."""
        scenario = self.scenario
        s = State(NO_POD, 0, (), (None, None))
        if scenario.bound:
            s = self._settle.rest(s._replace(pod=PodFacts(1, LIVE, scenario.ips[0])))
        s = s._replace(faults=scenario.fault_budget, hands=scenario.hand_budget)
        return self._pack(self._shared.number(s), self._idle, self._idle)

    def _pack(self, shared: int, first: int, second: int) -> int:
        if first == second == self._idle:
            shared = self._sweep(shared)
        return (shared << 2 * RUN_BITS) | (first << RUN_BITS) | second

    def _unpack(self, state: int) -> tuple[int, int, int]:
        return state >> 2 * RUN_BITS, (state >> RUN_BITS) % MOST_RUNS, state % MOST_RUNS

    # --- what may happen ---------------------------------------------------------------------------------------------

    def steps(self, state: int) -> Iterator[tuple[Label, int]]:
        """All that may happen next; what was wrong with it is added to `checks.new`."""
        shared, first, second = self._unpack(state)
        found = self.moves(shared, 0, first)
        self.checks.new.extend(found.wrong)
        for move in found.moves:
            yield move.label, self._pack(move.shared, move.run, self._after(second, wrote=move.wrote))
        if len(self.scenario.roles) > 1:
            found = self.moves(shared, 1, second)
            self.checks.new.extend(found.wrong)
            for move in found.moves:
                yield move.label, self._pack(move.shared, self._after(first, wrote=move.wrote), move.run)
        yield from self._outer(shared, first, second)

    def _outer(self, shared: int, first: int, second: int) -> Iterator[tuple[Label, int]]:
        found = self._around.get(shared) or self._look_around(shared)
        self.checks.new.extend(found.wrong)
        for move in found.moves:
            after = self._after(first, wrote=move.wrote), self._after(second, wrote=move.wrote)
            yield move.label, self._pack(move.shared, *after)
        ticked = self._tick(shared, first, second)
        if ticked != (shared, first, second):
            yield (f"{self.scenario.tick} s pass",), self._pack(*ticked)
        if first == second == self._idle:
            for label, s in self._outside.expires(self._shared[shared]):
                yield label, self._pack(self._shared.number(s), first, second)

    def moves(self, shared: int, slot: int, run: int) -> Moves:
        """What the invocation in that slot may do."""
        key = shared, slot, run
        found = self._moves.get(key)
        if found is None:
            mine = self._runs[run]
            s = self._shared[shared]._replace(runs=(mine, BYSTANDER) if slot == 0 else (BYSTANDER, mine))
            found = self._moves[key] = self._collect(self._invocations.steps(s, slot), slot)
        return found

    def _look_around(self, shared: int) -> Moves:
        s = self._shared[shared]._replace(runs=(None, BYSTANDER))
        found = self._around[shared] = self._collect(self._outside.steps(s), 0)
        return found

    def _collect(self, steps: Iterator[tuple[Label, State]], slot: int) -> Moves:
        before, self.checks.new = self.checks.new, []
        moves = []
        for label, s in steps:
            mine, other = s.runs[slot], s.runs[1 - slot]
            wrote = other is not None and not other.current
            moves.append(
                Move(label, self._shared.number(s._replace(runs=(None, None))), self._runs.number(mine), wrote)
            )
        wrong, self.checks.new = tuple(self.checks.new), before
        return Moves(tuple(moves), wrong)

    def _after(self, run: int, *, wrote: bool) -> int:
        """The run once the claim was written by somebody else."""
        if not wrote:
            return run
        if run not in self._outdated:
            before = self._runs[run]
            self._outdated[run] = self._runs.number(before._replace(current=False) if before is not None else None)
        return self._outdated[run]

    def _tick(self, shared: int, first: int, second: int) -> tuple[int, int, int]:
        after = self._invocations.tick(self._runs[first]), self._invocations.tick(self._runs[second])
        memo = shared, after[0] is None, after[1] is None
        if memo not in self._ticked:
            s = self._shared[shared]
            for slot, run in enumerate(after):
                s = self._invocations.end(s, slot) if run is None else s
            self._ticked[memo] = self._shared.number(self._outside.tick(s))
        return self._ticked[memo], self._runs.number(after[0]), self._runs.number(after[1])

    # --- and where it leads ------------------------------------------------------------------------------------------

    def verdict(self, state: int) -> Verdict:
        """Of the state where all comes to rest once nothing more goes wrong."""
        shared, first, second = self._unpack(state)
        key = shared, first == self._idle, second == self._idle
        if key not in self._verdicts:
            s = self._shared[shared]
            for slot, idle in enumerate(key[1:]):
                s = s if idle else self._invocations.end(s, slot)
            self._verdicts[key] = self._settle.verdict(s)
        return self._verdicts[key]

    # --- canonical form ----------------------------------------------------------------------------------------------

    def _sweep(self, shared: int) -> int:
        """The same without the EIPs that are gone and that nothing names any more."""
        if shared not in self._swept:
            s = self._shared[shared]
            self._swept[shared] = shared if s.late is not None else self._shared.number(self._forget(s))
        return self._swept[shared]

    def _forget(self, s: State) -> State:
        claim = self.claims.get(s.claim)
        named = {s.pod.told}
        replayable = 0
        if claim is not None:
            intent = claim.status.intent
            named |= {number(claim.status.address_id), number(intent.target) if intent is not None else 0}
            # The token may be sent again, and would get the dead id.
            replayable = number(claim.uid) if intent is not None and intent.token else 0
        eips = [
            eip if eip is not None and (eip.there or slot in named or eip.owner == replayable) else None
            for slot, eip in enumerate(s.eips, 1)
        ]
        while eips and eips[-1] is None:
            eips.pop()
        return s._replace(eips=tuple(eips))
