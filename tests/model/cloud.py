"""The model's EIP API: what it does to the EIPs of a state, and what its listings may show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tests.model.looks import Shown
from tests.model.replay import OK, Call, Reply
from tests.model.scenario import Scenario
from tests.model.state import (
    BIND,
    BINDING,
    CREATING,
    GONE,
    NOWHERE,
    OFFLINING,
    STATUSES,
    UNBIND,
    UNBINDING,
    Eip,
    State,
)

GRACE_SECONDS = 120
CONFLICT: Reply = ("error", "Conflict")
NOT_THERE: Reply = ("error", "Gone")
ON_AN_IP = frozenset({BINDING, BIND, UNBINDING})
NEXT = {CREATING: UNBIND, BINDING: BIND, UNBINDING: UNBIND, OFFLINING: GONE}

Step = tuple[tuple[object, ...], State]


def with_eip(s: State, slot: int, eip: Eip | None) -> State:
    """The state with another EIP of that number."""
    eips = s.eips
    return s._replace(eips=(*eips[: slot - 1], eip, *eips[slot:]))


def living(s: State) -> Iterator[tuple[int, Eip]]:
    """All EIPs that exist, by number."""
    for slot, eip in enumerate(s.eips, 1):
        if eip is not None and eip.status != GONE:
            yield slot, eip


def shown(s: State, recorded: int) -> tuple[Shown, ...]:
    """What a listing shows: by the cluster's tag, and the one that was asked for by its id."""
    return tuple(
        Shown(n, e.owner, e.status, e.ip, e.tagged)
        for n, e in living(s)
        if not e.hidden and (e.tagged or n == recorded)
    )


def hidden_on(s: State, ip: int, recorded: int) -> int:
    """The EIP on that IP which no listing shows, since it lacks the tags; its interface shows it."""
    there = (n for n, e in living(s) if ip and e.status == BIND and e.ip == ip and not e.tagged and n != recorded)
    return next(there, 0)


def busy(s: State, ip: int) -> bool:
    """Whether an EIP is on that IP already."""
    return abs(s.foreign) == ip or any(eip.ip == ip and eip.status in ON_AN_IP for _, eip in living(s))


class Cloud:
    """What the calls of one scenario do."""

    def __init__(self, scenario: Scenario) -> None:
        """Nothing is kept here: everything is in the state."""
        self._scenario = scenario

    def apply(self, s: State, call: Call, owner: int, token: int, *, lagging: bool = True) -> tuple[State, Reply]:
        """The state after the call, and its reply."""
        if call[0] == "allocate":
            return self.buy(s, owner, token, lagging=lagging)
        slot = cast("int", call[1])
        eip = s.eips[slot - 1] if slot <= len(s.eips) else None
        if eip is None or eip.status == GONE:
            return s, NOT_THERE
        slow = self._scenario.slow
        if call[0] == "associate":
            ip = cast("int", call[2])
            if eip.status != UNBIND or busy(s, ip):
                return s, CONFLICT
            changed = eip._replace(status=BINDING if slow else BIND, ip=ip, by_hand=False)
        elif call[0] == "disassociate":
            if eip.status != BIND:
                return s, CONFLICT
            changed = eip._replace(status=UNBINDING) if slow else eip._replace(status=UNBIND, ip=NOWHERE)
        else:
            if eip.status != UNBIND:
                return s, CONFLICT
            changed = eip._replace(status=OFFLINING if slow else GONE)
        return with_eip(s, slot, changed), OK

    def buy(self, s: State, owner: int, token: int, *, lagging: bool = True, anew: bool = False) -> tuple[State, Reply]:
        """A token that is remembered gets the EIP that it bought, even if that is gone by now."""
        slots = [slot for slot, eip in enumerate(s.eips, 1) if eip is not None and eip.token == token]
        if slots and not anew:
            return s, ("bought", slots[0])
        scenario = self._scenario
        hidden = GRACE_SECONDS // scenario.tick if scenario.lag and lagging else 0
        eip = Eip(owner, token, CREATING if scenario.slow else UNBIND, hidden=hidden)
        for slot, present in enumerate(s.eips, 1):
            if present is None:
                return with_eip(s, slot, eip), ("bought", slot)
        return s._replace(eips=(*s.eips, eip)), ("bought", len(s.eips) + 1)

    def goes_on(self, s: State) -> Iterator[Step]:
        """What the cloud does by itself."""
        for slot, eip in living(s):
            if eip.hidden:
                yield ("EIP", slot, "shows in listings"), with_eip(s, slot, eip._replace(hidden=0))
            if eip.status in NEXT:
                status = NEXT[eip.status]
                changed = eip._replace(status=status, ip=eip.ip if status == BIND else NOWHERE)
                yield ("EIP", slot, "becomes", STATUSES[status]), with_eip(s, slot, changed)
            if eip.status == BINDING and s.faults and "bind fails" in self._scenario.faults:
                failed = eip._replace(status=UNBIND, ip=NOWHERE)
                yield (
                    ("EIP", slot, "the cloud fails to bind it"),
                    with_eip(s._replace(faults=s.faults - 1), slot, failed),
                )

    def at_rest(self, s: State) -> State:
        """After the cloud has come to its end without fault."""
        while (step := next(self.goes_on(s), None)) is not None:
            s = step[1]
        return s
