"""The loop, in rounds: observe all, decide each, take on a bounded number of effects, and look again meanwhile.

It ends when nothing is left to do that is worth waiting for, or when time is up; the next invocation goes on from what
stands in the claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import anyio
from anyio.abc import TaskGroup

from shared.core.actions import Act, Decision, Publish, RejectInput, RemoveFinalizer, Wait, kind
from shared.core.decide import decide
from shared.core.errors import EipclaimError, Refused
from shared.core.table import Role
from shared.core.world import World
from shared.effects import Effect, carry_out
from shared.memory import Memory
from shared.observe import CloudView, Key, Ports, Question, Scope, look_at_cloud, look_at_cluster
from shared.picture import Picture
from shared.ports import Listing
from shared.tally import Log, Tally
from shared.turns import Lane, Turns, lane

LOOK_SECONDS, BREATH_SECONDS = 0.65, 0.55
"""So long after a look began comes the next one, if there are still deeds under way: before there are none, so that no
turn of an API is lost, and not so often that the looks cost more than the deeds. One that takes long, with what is made
of it, is followed by as long a time for the deeds, up to the shorter one."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0

SOON = timedelta(seconds=10)
"""What may be decided later than that is left to the next invocation."""

Decided = Sequence[tuple[World, Decision]]


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
    first = await _look(task, memory, tally)
    async with anyio.create_task_group() as group:
        await _rounds(task, first, memory, tally, Crew(group))
    return tally, first


async def _rounds(task: Task, picture: Picture, memory: Memory, tally: Tally, crew: Crew) -> None:
    pursued: set[Key] = set()
    turns = Turns(task.ports.cloud)
    pause = FIRST_PAUSE
    while True:
        decided = [(world, decide(world, task.role)) for world in picture.worlds(memory.outcome)]
        tally.saw(decided)
        ready = [(world, act) for world, act in decided if isinstance(act, Act) and memory.may_try(world)]
        batch = turns.choose(ready, crew.under_way) if task.left > 0 else ()
        # Those within the cluster first, as people wait to be told: the others wait for their turns anyway.
        for world, act in sorted(batch, key=lambda chosen: kind(chosen[1].action) is not None):
            crew.start(world, act, partial(_carry_out, world, act, task, memory, tally))
        pursued |= worth_another_look(decided, picture.now)
        worked = bool(crew.busy)
        looking = anyio.current_time() - memory.looked_at
        await crew.idle(max(LOOK_SECONDS - looking, min(looking, BREATH_SECONDS)))
        pursued -= memory.ended
        if not pursued or task.left <= pause:
            tally.left = len(pursued)
            return
        if not worked:
            await anyio.sleep(pause)
        pause = FIRST_PAUSE if worked else min(pause * 1.5, LONGEST_PAUSE)
        asked = pursued - crew.busy - turns.far()
        memory.expect(asked)
        await anyio.sleep(min(memory.quiet, task.left))
        seen = await _look_again(task, memory, tally)
        if seen is not None:
            # What has no world any more is not waited for: its claim and pod are gone, or make no sense.
            pursued -= asked
        picture = seen or Picture.empty(task.question, task.ports.cluster.now())


class Crew:
    """The deeds under way, side by side: the APIs have separate budgets, and each call takes its turn.

    A world is only made of what was looked at after the last deed upon it had its end.
    """

    def __init__(self, group: TaskGroup) -> None:
        """Nobody is at work; the group's end waits for all."""
        self._group = group
        self._left = anyio.Event()
        self.busy: set[Key] = set()
        self.under_way: Counter[Lane] = Counter()

    def start(self, world: World, act: Act, deed: Callable[[], Awaitable[None]]) -> None:
        """Have the deed done."""
        self.busy.add(world.key)
        self.under_way[lane(act)] += 1
        self._group.start_soon(self._do, world, act, deed)

    async def _do(self, world: World, act: Act, deed: Callable[[], Awaitable[None]]) -> None:
        await deed()
        self.busy.discard(world.key)
        self.under_way[lane(act)] -= 1
        if not self.busy:
            self._left.set()
            self._left = anyio.Event()

    async def idle(self, within: float) -> None:
        """Returns when all deeds are done, or after so many seconds."""
        if self.busy:
            with anyio.move_on_after(within):
                await self._left.wait()


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


async def _look_again(task: Task, memory: Memory, tally: Tally) -> Picture | None:
    """A later look; None where there was no answer while there was time."""
    while True:
        try:
            return await _look(task, memory, tally)
        except EipclaimError as error:
            tally.failed_look(error)
            if task.left <= LONGEST_PAUSE:
                return None
            await anyio.sleep(LONGEST_PAUSE)


async def _carry_out(world: World, act: Act, task: Task, memory: Memory, tally: Tally) -> None:
    effect: Effect = await carry_out(act, world, task.role, task.ports)
    memory.learn(world, act, effect)
    definite = isinstance(effect.failure, Refused) or (effect.done and effect.failure is None)
    if definite and _ends_it(world, act):
        memory.ended.add(world.key)
    tally.did(world, act, effect)


def worth_another_look(decided: Decided, now: datetime) -> set[Key]:
    """What has moved, or will be decided soon."""
    return {world.key for world, decision in decided if _pending(decision, now)}


def _pending(decision: Decision, now: datetime) -> bool:
    if isinstance(decision, Wait):
        return decision.until is not None and decision.until <= now + SOON
    return isinstance(decision, Act)


def _ends_it(world: World, act: Act) -> bool:
    """Whether nothing can follow in this invocation, if it is done, or is refused for good."""
    if isinstance(act.action, Publish):
        bandwidth = world.recorded.bandwidth_mbps if world.recorded is not None else None
        return world.claim is not None and bandwidth in {None, world.claim.spec.bandwidth_mbps}
    return isinstance(act.action, (RejectInput, RemoveFinalizer))
