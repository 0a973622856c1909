"""What a scenario is: who acts, what may go wrong, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.table import Role
from tests.model.state import NO_POD, PodFacts

GIVE_AND_TAKE = (Role.GIVE, Role.TAKE)


@dataclass(frozen=True)
class Scenario:
    """A bounded world: the budgets make it finite. Invocations may die at every step for nothing."""

    name: str
    about: str
    roles: tuple[Role, ...] = GIVE_AND_TAKE
    static: bool = False
    pods: int = 1
    """How many pods of the name there may be, one after another."""
    ips: tuple[int, ...] = (1,)
    life: frozenset[str] = frozenset({"end", "force"})
    """How a pod may go: end, force (object gone at once), drain; and how it may live: move, unwant."""
    faults: frozenset[str] = frozenset()
    """lost, undone, late, refused, unavailable, forgotten, bind fails; stale pod, stale EIPs, partial, off interface"""
    fault_budget: int = 0
    hands: frozenset[str] = frozenset()
    """delete, strip, loosen, abandon, pause, unkeep; unbind, release, rebind, untag, copy; foreign, held."""
    hand_budget: int = 0
    lag: bool = False
    """Whether what was bought may be missing from listings for as long as the grace."""
    slow: bool = False
    """Whether the cloud's changes take time."""
    rounds: bool = False
    """Whether an invocation goes on with what it remembers; else every deed is an invocation of its own."""
    expiry: bool = False
    requested: bool = False
    """Whether take is invoked by hand, with the claim's name."""
    tick: int = 60
    pod: PodFacts = NO_POD
    bound: bool = False
    """Begins with the first pod served; else with nothing at all."""


def roles_of(scenario: Scenario) -> tuple[Role, ...]:
    """By slot: the two that the search interleaves, then those that bring everything to rest."""
    return (*scenario.roles, *scenario.roles)[:2] + GIVE_AND_TAKE
