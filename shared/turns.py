"""Whose turn it is: every API gets a few seconds' work at a time, of the longest due first, the namespaces in turn.

What there is no room for waits, neither looked at nor decided anew until its turn is near: so a look at the thousandth
pod of a burst costs what one at the first costs.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from shared.core.actions import Act, kind, name
from shared.core.claim import ActionKind
from shared.core.world import World
from shared.observe import Key
from shared.ports import Cloud

ROUND_SECONDS = 3.0
"""So much of every API's budget is taken on at a time."""

CLUSTER_DEEDS, LANE_DEEDS = 100, 40
"""So many deeds within the cluster are taken on at a time, in all and of each kind: none waits for a connection for
seconds, and the first pod of a thousand is told before the last claim is created."""

Lane = ActionKind | str
"""What deeds wait for in turn: an API of the cloud, or in the cluster those of their own kind."""

Batch = Sequence[tuple[World, Act]]


@dataclass(frozen=True)
class _Due:
    """What waits for its turn, and since when: the creation of what asks for it."""

    key: Key
    lane: Lane
    since: datetime


class Turns:
    """One invocation's."""

    def __init__(self, cloud: Cloud) -> None:
        """Nothing waits."""
        self._cloud = cloud
        self._waiting: list[_Due] = []

    def choose(self, ready: Batch, under_way: Mapping[Lane, int] = MappingProxyType({})) -> Batch:
        """What fits a round, beside what is under way. The rest waits."""
        room = Counter[Lane]()
        in_cluster = CLUSTER_DEEDS - sum(count for lane, count in under_way.items() if not isinstance(lane, ActionKind))
        of = {world.key: (world, act) for world, act in ready}
        chosen: list[tuple[World, Act]] = []
        for due in _in_turn(_due(world, act) for world, act in ready):
            if due.lane not in room:
                room[due.lane] = self._room(due.lane) - under_way.get(due.lane, 0)
            within = not isinstance(due.lane, ActionKind)
            if room[due.lane] <= 0 or (within and in_cluster <= 0):
                self._waiting.append(due)
                continue
            room[due.lane] -= 1
            in_cluster -= within
            chosen.append(of[due.key])
        return chosen

    def far(self) -> frozenset[Key]:
        """Who need not be looked at now. The others, for whom the next round has room, wait no more."""
        room = Counter({lane: self._room(lane) for lane in {due.lane for due in self._waiting}})
        far: list[_Due] = []
        for due in _in_turn(self._waiting):
            if room[due.lane] <= 0:
                far.append(due)
            room[due.lane] -= 1
        self._waiting = far
        return frozenset(due.key for due in far)

    def _room(self, lane: Lane) -> int:
        return max(1, int(self._cloud.rate(lane) * ROUND_SECONDS)) if isinstance(lane, ActionKind) else LANE_DEEDS


def lane(act: Act) -> Lane:
    """What this deed waits for."""
    return kind(act.action) or name(act.action)


def _due(world: World, act: Act) -> _Due:
    involved = world.claim or world.pod
    created = involved.metadata.creation_timestamp if involved is not None else None
    return _Due(world.key, lane(act), created or world.now)


def _in_turn(dues: Iterable[_Due]) -> Iterator[_Due]:
    """Round robin over the namespaces, so that one with a thousand pods does not hold up the others.

    The one with the longest due begins.
    """
    queues: dict[str, deque[_Due]] = {}
    for due in sorted(dues, key=lambda due: (due.since, due.key)):
        queues.setdefault(due.key[0], deque()).append(due)
    while queues:
        for namespace in list(queues):
            yield queues[namespace].popleft()
            if not queues[namespace]:
                del queues[namespace]
