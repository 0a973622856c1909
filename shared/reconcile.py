"""The loop, in rounds: observe all, decide each, carry out a bounded batch of effects, and look again.

It ends when nothing is left to do that is worth waiting for, or when time is up; the next invocation goes on from what
stands in the claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio

from shared.core.actions import Act, Decision, Publish, RejectInput, RemoveFinalizer, Wait, kind
from shared.core.decide import decide
from shared.core.errors import EipclaimError
from shared.core.table import Role
from shared.core.world import World
from shared.effects import Effect, carry_out
from shared.memory import Memory
from shared.observe import CloudView, Key, Ports, Question, Scope, look_at_cloud, look_at_cluster
from shared.picture import Picture
from shared.ports import Listing
from shared.tally import Log, Tally

ROUND_SECONDS = 3.0
"""So much of every API's budget is spent before looking again."""

CLUSTER_DEEDS = 100
"""So many deeds within the cluster are carried out before looking again."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0

SOON = timedelta(seconds=10)
"""What may be decided later than that is left to the next invocation."""

Decided = Sequence[tuple[World, Decision]]
Batch = Sequence[tuple[World, Act]]


@dataclass(frozen=True)
class Task:
    """One invocation's work: who looks, at what, and until when deeds may be started (in `anyio.current_time`)."""

    role: Role
    scope: Scope
    question: Question
    ports: Ports
    start_until: float
    log: Log

    @property
    def left(self) -> float:
        """Seconds in which deeds may still be started."""
        return self.start_until - anyio.current_time()


async def reconcile(task: Task) -> tuple[Tally, Picture]:
    """Bring everything in the scope as far as role, caps and time allow; says what was done and what is left.

    Also returns the first look. Raises its error, if it fails; later looks are tried again while there is time.
    """
    tally, memory = Tally(task.log), Memory(task.scope, task.question.policy)
    first = picture = await _look(task, memory, tally)
    pause = FIRST_PAUSE
    while True:
        decided = [(world, decide(world, task.role)) for world in picture.worlds(memory.outcome)]
        tally.saw(decided)
        ready = [(world, act) for world, act in decided if isinstance(act, Act) and memory.may_try(world)]
        batch = choose(ready, task.ports) if task.left > 0 else ()
        await _carry_out_all(batch, task, memory, tally)
        again = worth_another_look(decided, batch, picture.now) - memory.given_up
        if not again or task.left <= pause:
            tally.left = len(again)
            return tally, first
        memory.expect(again)
        if not batch:
            await anyio.sleep(pause)
        pause = FIRST_PAUSE if batch else min(pause * 1.5, LONGEST_PAUSE)
        picture = await _look_again(task, memory, tally)


async def look_once(task: Task, *, cloud_first: bool = False) -> Picture:
    """One look at the task's scope, nothing done. Cloud first is for concluding that no claim has an EIP."""
    cluster, cloud = task.ports.cluster, task.ports.cloud
    addresses = await cloud.addresses(()) if cloud_first else None
    view = await look_at_cluster(cluster, task.scope, task.question.policy)
    seen = await look_at_cloud(cloud, view) if addresses is None else CloudView(addresses, Listing(()))
    return Picture(view, seen, task.question, cluster.now())


async def _look(task: Task, memory: Memory, tally: Tally) -> Picture:
    """The cluster, then the cloud."""
    view, seen = await memory.look(task.ports)
    tally.unreadable(view.unreadable)
    return Picture(view, seen, task.question, task.ports.cluster.now())


async def _look_again(task: Task, memory: Memory, tally: Tally) -> Picture:
    """A later look; one that has no answer is an empty one for the time being."""
    while True:
        try:
            return await _look(task, memory, tally)
        except EipclaimError as error:
            tally.failed_look(error)
            if task.left <= LONGEST_PAUSE:
                return Picture.empty(task.question, task.ports.cluster.now())
            await anyio.sleep(LONGEST_PAUSE)


def choose(ready: Batch, ports: Ports) -> Batch:
    """What fits one round: of every API a few seconds' budget; who is due longest first, namespaces in turn."""
    room: dict[object, int] = {None: CLUSTER_DEEDS}
    chosen: list[tuple[World, Act]] = []
    for world, act in _in_turn(ready):
        api = kind(act.action)
        if api not in room and api is not None:
            room[api] = max(1, int(ports.cloud.rate(api) * ROUND_SECONDS))
        if room[api] > 0:
            room[api] -= 1
            chosen.append((world, act))
    return chosen


def _in_turn(ready: Batch) -> Iterable[tuple[World, Act]]:
    """Round robin over the namespaces, so that one with a thousand pods does not hold up the others."""
    queues: dict[str, list[tuple[World, Act]]] = {}
    for world, act in sorted(ready, key=lambda pair: _since(pair[0]), reverse=True):
        queues.setdefault(world.namespace, []).append((world, act))
    while queues:
        for namespace in list(queues):
            yield queues[namespace].pop()
            if not queues[namespace]:
                del queues[namespace]


def _since(world: World) -> tuple[datetime, Key]:
    """Since when it is due: the creation of what asks for it."""
    involved = world.claim or world.pod
    created = involved.metadata.creation_timestamp if involved is not None else None
    return created or world.now, world.key


async def _carry_out_all(batch: Batch, task: Task, memory: Memory, tally: Tally) -> None:
    """Side by side: the APIs have separate budgets, and each call takes its turn."""
    async with anyio.create_task_group() as group:
        for world, act in batch:
            group.start_soon(_carry_out, world, act, task, memory, tally)


async def _carry_out(world: World, act: Act, task: Task, memory: Memory, tally: Tally) -> None:
    effect: Effect = await carry_out(act, world, task.role, task.ports)
    memory.learn(world, act, effect)
    tally.did(world, act, effect)


def worth_another_look(decided: Decided, batch: Batch, now: datetime) -> set[Key]:
    """What has moved, or will be decided soon; not what has reached its end."""
    ended = {world.key for world, act in batch if _ends_it(world, act)}
    return {world.key for world, decision in decided if _pending(decision, now)} - ended


def _pending(decision: Decision, now: datetime) -> bool:
    if isinstance(decision, Wait):
        return decision.until is not None and decision.until <= now + SOON
    return isinstance(decision, Act)


def _ends_it(world: World, act: Act) -> bool:
    """Whether nothing can follow in this invocation; a failed deed is looked at again by the next one."""
    if isinstance(act.action, Publish):
        bandwidth = world.recorded.bandwidth_mbps if world.recorded is not None else None
        return world.claim is not None and bandwidth in {None, world.claim.spec.bandwidth_mbps}
    return isinstance(act.action, (RejectInput, RemoveFinalizer))
