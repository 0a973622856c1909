"""The loop, in rounds: observe all, decide each, take on a bounded number of effects, and look again meanwhile.

It ends when nothing is left to do that is worth waiting for, or when time is up; the next invocation goes on from what
stands in the claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
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
    began = anyio.current_time()
    first = await _look(task, memory, tally)
    async with anyio.create_task_group() as group:
        crew = Crew(group, began)
        await _rounds(task, first, memory, tally, crew)
        crew.stop_looking()
    return tally, first


async def _rounds(task: Task, first: Picture, memory: Memory, tally: Tally, crew: Crew) -> None:
    pursued: set[Key] = set()
    turns = Turns(task.ports.cloud)
    pause, due = FIRST_PAUSE, 0.0
    pictures, looked = [first], True
    while True:
        worlds = [world for picture in pictures for world in picture.worlds(memory.outcome)]
        decided = [(world, decide(world, task.role)) for world in worlds]
        tally.saw(decided)
        ready = [(world, act) for world, act in decided if isinstance(act, Act) and memory.may_try(world)]
        batch = turns.choose(ready, crew.under_way) if task.left > 0 else ()
        # Those within the cluster first, as people wait to be told: the others wait for their turns anyway.
        for world, act in sorted(batch, key=lambda chosen: kind(chosen[1].action) is not None):
            crew.start(world, act, partial(_carry_out, world, act, task, memory, tally))
        pursued |= worth_another_look(decided)
        worked = bool(crew.busy)
        now = anyio.current_time()
        if looked:
            due = max(crew.looked_at + LOOK_SECONDS, now + min(now - crew.looked_at, BREATH_SECONDS))
        await crew.idle(due - now)
        pursued -= memory.ended
        if not pursued or task.left <= pause:
            tally.left = len(pursued)
            return
        if not worked:
            await anyio.sleep(pause)
        pause = FIRST_PAUSE if worked else min(pause * 1.5, LONGEST_PAUSE)
        # What a long look has shown is taken in first.
        looked = not crew.has_seen and await _next_look(task, pursued - turns.far(), memory, tally, crew)
        pictures = []
        for keys, picture in crew.seen():
            # What has no world any more is not waited for: its claim and pod are gone, or make no sense.
            pursued -= keys
            pictures.append(picture)


async def _next_look(task: Task, nearby: AbstractSet[Key], memory: Memory, tally: Tally, crew: Crew) -> bool:
    """A short look; where deeds are under way, those for whom it would be a long one are looked at beside all that.

    False where a long look has ended before the short one was due.
    """
    asked = nearby - crew.busy
    near, listing = (memory.at_hand(asked), memory.ageing(nearby)) if crew.busy else (asked, False)
    if listing or near != asked:
        crew.look(asked - near, partial(_look_aside, task, memory, tally, asked - near, listing=listing))
    await crew.rest(min(memory.quiet(near), task.left))
    if crew.has_seen:
        return False
    crew.looked_at = anyio.current_time()
    crew.saw(near, await _look_again(task, memory, tally, near))
    return True


class Crew:
    """What is under way, side by side: deeds, for each of which an API has its turns, and at most one long look.

    A world is only made of what was looked at after the last deed upon it had its end.
    """

    def __init__(self, group: TaskGroup, looked_at: float) -> None:
        """Nobody is at work; the group's end waits for all."""
        self._group = group
        self.looked_at = looked_at
        """When the last short look began."""
        self._changed, self._looked = anyio.Event(), anyio.Event()
        self._looking, self._aside = False, anyio.CancelScope()
        self._seen: list[tuple[AbstractSet[Key], Picture | None]] = []
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
            self._wake()

    def look(self, keys: AbstractSet[Key], look: Callable[[], Awaitable[Picture | None]]) -> None:
        """Have these looked at beside all else, if nobody does so already: they are busy until that was taken in."""
        if not self._looking:
            self._looking, self._looked = True, anyio.Event()
            self.busy |= keys
            self._group.start_soon(self._look, keys, look)

    async def _look(self, keys: AbstractSet[Key], look: Callable[[], Awaitable[Picture | None]]) -> None:
        picture = None
        with anyio.CancelScope() as self._aside:
            picture = await look()
        self.saw(keys, picture)
        self._looking = False
        self._looked.set()
        self._wake()

    def stop_looking(self) -> None:
        """Give the long look up: nobody waits for it any more, and deeds may still be under way."""
        self._aside.cancel()

    def saw(self, keys: AbstractSet[Key], picture: Picture | None) -> None:
        """Keep what a look at these has shown; None if it had no answer."""
        self._seen.append((keys, picture))

    @property
    def has_seen(self) -> bool:
        """Whether a look has ended that nobody has taken in."""
        return bool(self._seen)

    def seen(self) -> Iterable[tuple[AbstractSet[Key], Picture]]:
        """The looks that have ended since the last time: at whom, and what they have shown."""
        seen, self._seen = self._seen, []
        for keys, picture in seen:
            self.busy -= keys
            if picture is not None:
                yield keys, picture

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def idle(self, within: float) -> None:
        """Returns when all deeds are done, or the long look, or after so many seconds."""
        if self.busy:
            with anyio.move_on_after(within):
                await self._changed.wait()

    async def rest(self, seconds: float) -> None:
        """Returns after so many seconds, or when the long look has ended."""
        with anyio.move_on_after(seconds):
            await (self._looked.wait() if self._looking else anyio.sleep_forever())


async def look_once(task: Task, *, cloud_first: bool = False) -> Picture:
    """One look at the task's scope, nothing done. Cloud first is for concluding that no claim has an EIP."""
    cluster, cloud = task.ports.cluster, task.ports.cloud
    addresses = await cloud.addresses(()) if cloud_first else None
    view = await look_at_cluster(cluster, task.scope, task.question.policy)
    seen = await look_at_cloud(cloud, view) if addresses is None else CloudView(addresses, Listing(()))
    return Picture(view, seen, task.question, cluster.now())


async def _look(
    task: Task, memory: Memory, tally: Tally, keys: AbstractSet[Key] | None = None, *, listing: bool = False
) -> Picture:
    """The cluster, then the cloud: the whole scope, or these."""
    view, seen = await memory.look(task.ports, keys, listing=listing)
    tally.unreadable(view.unreadable)
    return Picture(view, seen, task.question, task.ports.cluster.now())


async def _look_again(task: Task, memory: Memory, tally: Tally, keys: AbstractSet[Key]) -> Picture | None:
    """A later look; None where there was no answer while there was time."""
    while True:
        try:
            return await _look(task, memory, tally, keys)
        except EipclaimError as error:
            tally.failed_look(error)
            if task.left <= LONGEST_PAUSE:
                return None
            await anyio.sleep(LONGEST_PAUSE)


async def _look_aside(
    task: Task, memory: Memory, tally: Tally, keys: AbstractSet[Key], *, listing: bool
) -> Picture | None:
    """A long look; None, after a pause, where there was no answer: who is still asked for then is asked for anew."""
    try:
        return await _look(task, memory, tally, keys, listing=listing)
    except EipclaimError as error:
        tally.failed_look(error)
        await anyio.sleep(LONGEST_PAUSE)
        return None


async def _carry_out(world: World, act: Act, task: Task, memory: Memory, tally: Tally) -> None:
    effect: Effect = await carry_out(act, world, task.role, task.ports)
    memory.learn(world, act, effect)
    definite = isinstance(effect.failure, Refused) or (effect.done and effect.failure is None)
    if definite and _ends_it(world, act):
        memory.ended.add(world.key)
    tally.did(world, act, effect)


def worth_another_look(decided: Decided) -> set[Key]:
    """What has moved, or will be decided soon."""
    return {world.key for world, decision in decided if _pending(decision, world.now)}


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
