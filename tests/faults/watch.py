"""Watching a world while anything is done to it: every invariant after every step, cheaply, and all of them at rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eipctl.demo.stage import Stage
from emulator.cloud.calls import CallRecord
from emulator.cluster.resources import CLAIMS
from shared.core.identity import FINALIZER
from tests.faults.history import OURS, Change, Past
from tests.faults.invariants import (
    HeldByFinalizer,
    Invariant,
    NoLeak,
    NotBeforeItsTime,
    NoTheft,
    OneAddress,
    RightPod,
    finalizers,
    tale_of,
)
from tests.faults.promises import HonestStatus, IntentFirst, Served, WithinCaps

UNTIL_SERVED = 6
"""I7: ticks of both sweeps, when faults have stopped, within which every pod is served."""

QUIET = 3
"""I8: ticks after that in which nothing is written but the Lease."""


@dataclass(frozen=True)
class Finding:
    """What contradicts which invariant, and when it was found."""

    invariant: str
    what: str
    at: float

    def __str__(self) -> str:
        """As a report shows it."""
        return f"{self.invariant} at {self.at:.2f}: {self.what}"


def watched(stage: Stage) -> Watch:
    """A watch that checks at every moment at which something happens on the stage."""
    watch = Watch(stage)
    stage.on_change = watch.check
    return watch


class Watch:
    """All invariants on one stage, from now on. `check` after every port call, `at_rest` at the end."""

    def __init__(self, stage: Stage) -> None:
        """Begin to watch; best before anything has happened."""
        self.past = Past(stage)
        self.findings: list[Finding] = []
        self.destructive: set[tuple[str, str]] = set()
        """I13: what was taken or ended, as (deed, claim), with names that do not differ from run to run."""
        self._early = NotBeforeItsTime()
        self._all: tuple[Invariant, ...] = (
            OneAddress(), NoLeak(), NoTheft(), RightPod(), HeldByFinalizer(), self._early,
            Served(), IntentFirst(), WithinCaps(), HonestStatus(),
        )  # fmt: skip
        self._at_call = self._with("call")
        self._at_change = self._with("change")
        self._at_look = self._with("look")
        self.check()

    def _with(self, hook: str) -> list[Invariant]:
        """Those that have something to say there: at a step, most have not."""
        return [one for one in self._all if getattr(type(one), hook) is not getattr(Invariant, hook)]

    @property
    def by_hand(self) -> set[str]:
        """The names of claims that were asked for by hand, which need not have expired; to be added to."""
        return self._early.by_hand

    def check(self) -> list[Finding]:
        """What the steps since the last check contradict."""
        new, past = self.past.look(), self.past
        found: list[Finding] = []
        for event in past.happened():
            if isinstance(event, Change):
                found += self._said((one, one.change(event, past)) for one in self._at_change)
            elif event.changes and event.code != "Dropped":
                found += self._said((one, one.call(event, past)) for one in self._at_call)
            self._sum_up(event)
        found += self._said((one, one.look(new, past)) for one in self._at_look)
        self.findings += found
        return found

    def _said(self, by: Iterable[tuple[Invariant, Iterator[str]]]) -> list[Finding]:
        return [Finding(invariant.name, what, self.past.now) for invariant, said in by for what in said]

    def unrest(self) -> list[Finding]:
        """What is not as it must be at rest; no finding yet, while there is time."""
        self.check()
        past = self.past
        return [Finding(invariant.name, one, past.now) for invariant in self._all for one in invariant.rest(past)]

    def at_rest(self) -> list[Finding]:
        """What contradicts them now that everything had time."""
        self.findings += self.unrest()
        return self.findings

    def mutations(self) -> int:
        """I8: how much was asked to be changed so far, in the cloud and in the cluster, but the Lease."""
        return self.past.mutations()

    def _sum_up(self, event: CallRecord | Change) -> None:
        if isinstance(event, CallRecord):
            if event.done and event.action in {"DisassociateAddress", "ReleaseAddresses"}:
                tale = tale_of(event, self.past)
                self.destructive.add((event.action, canonical(tale.name) if tale else "nobody's"))
            return
        if event.resource != CLAIMS or event.before is None:
            return
        tale = self.past.tales.get(event.before["metadata"]["uid"])
        name = canonical(tale.name) if tale else "nobody's"
        if event.by in OURS and FINALIZER in finalizers(event.before) and FINALIZER not in finalizers(event.after):
            self.destructive.add(("finalizer", name))
        # By whomever: the garbage collector and reclaim end the same claims, and either may be the first.
        gone = event.after is None or "deletionTimestamp" in event.after["metadata"]
        if gone and "deletionTimestamp" not in event.before["metadata"]:
            self.destructive.add(("delete", name))


def canonical(name: str) -> str:
    """A name without what is random in it."""
    return re.sub("-[a-z0-9]{8,10}-[a-z0-9]{5}(?=$|#)", "-*", name)


def ending(stage: Stage) -> tuple[tuple[str, ...], ...]:
    """I9: pods, claims, EIPs and nodes' room without what differs from run to run: random names, UIDs, addresses."""
    resource = stage.policy.annotation("eip")
    room = tuple(str(node["status"].get("capacity", {}).get(resource)) for node in stage.cluster.list("Node"))
    bound = {address.private_ip for address in stage.cloud.holdings()}
    rows = tuple(
        sorted(
            (
                canonical(row.name),
                row.pod,
                row.phase,
                row.retention,
                str(row.public_ip != ""),
                str(row.private_ip in bound),
            )
            for row in stage.sees.rows()
        )
    )
    return (*rows, ("EIPs", str(len(stage.cloud.holdings()))), ("room", *room))
