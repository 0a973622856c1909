"""What an invocation says of itself: the result it returns, and a log line for each deed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from shared.core.actions import Act, Decision, Wait, name
from shared.core.claim import Phase
from shared.core.errors import Conflict, EipclaimError
from shared.core.world import World
from shared.effects import Effect
from shared.observe import Key
from shared.ports import Unreadable

MAX_FAILED = 100
"""So many failures are named; the rest is counted by `left` and the log."""

MAX_ORPHANS = 100
"""So many are named; `orphansInAll` counts them, and each has its line in the log."""


class Log(Protocol):
    """Writes one event as one line."""

    def __call__(self, event: str, **fields: object) -> None:
        """The event's name and its fields."""
        ...


class Tally:
    """Counts, over all rounds."""

    def __init__(self, log: Log) -> None:
        """Nothing has happened yet."""
        self._log = log
        self._looked: set[Key] = set()
        self._waiting: set[Key] = set()
        self._blocked: set[Key] = set()
        self._failed: dict[tuple[str, str, str], None] = {}
        self.done: Counter[str] = Counter()
        self.left = 0
        self.orphans: list[str] = []

    def saw(self, decided: Iterable[tuple[World, Decision]]) -> None:
        """Take in the decisions of a round."""
        for world, decision in decided:
            key = world.key
            self._looked.add(key)
            for members, member in ((self._waiting, isinstance(decision, Wait)), (self._blocked, _blocked(world))):
                members.discard(key)
                if member:
                    members.add(key)

    def did(self, world: World, act: Act, effect: Effect) -> None:
        """Take in what came of one deed."""
        if effect.done:
            self.done[name(act.action)] += 1
        if effect.failure is not None and not isinstance(effect.failure, Conflict):
            # A conflict is another one's progress: it is looked at again, and `left` counts it if there is no time.
            self.fail(world.key, effect.failure.reason)
        claim = effect.claim or world.claim
        self._log(
            "deed",
            namespace=world.namespace,
            name=world.name,
            rule=act.rule,
            action=name(act.action),
            done=effect.done,
            claim=claim.uid if claim else None,
            pod=world.pod.uid if world.pod else None,
            address=claim.status.address_id if claim else None,
            attempt=claim.status.attempt if claim else None,
            failure=str(effect.failure) if effect.failure else None,
        )

    def fail(self, key: Key, reason: str) -> None:
        """Name a failure, once."""
        if len(self._failed) < MAX_FAILED:
            self._failed[key[0], key[1], reason] = None

    def failed_look(self, error: EipclaimError) -> None:
        """A look after the first one had no answer."""
        self._log("look failed", failure=str(error))

    def unreadable(self, objects: Iterable[Unreadable]) -> None:
        """Objects that are there and make no sense; the rest of the batch goes on."""
        for one in objects:
            if (one.namespace, one.name, "Unreadable") not in self._failed:
                self._log("unreadable", namespace=one.namespace, name=one.name, why=one.why)
            self.fail((one.namespace, one.name), "Unreadable")

    def result(self, function: str) -> dict[str, object]:
        """The one JSON object that the invocation returns."""
        failed = [{"namespace": ns, "name": object_name, "reason": why} for ns, object_name, why in self._failed]
        result: dict[str, object] = {
            "function": function,
            "looked": len(self._looked),
            "done": dict(sorted(self.done.items())),
            "waiting": len(self._waiting),
            "blocked": len(self._blocked),
            "failed": failed,
            "left": self.left,
        }
        if self.orphans:
            result["orphans"] = self.orphans[:MAX_ORPHANS]
        if len(self.orphans) > MAX_ORPHANS:
            result["orphansInAll"] = len(self.orphans)
        return result


def _blocked(world: World) -> bool:
    return world.claim is not None and world.claim.status.phase is Phase.BLOCKED
