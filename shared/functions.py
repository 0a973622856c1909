"""The three functions as values: what each is woken by, which role it has, and what it does with an event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio

from shared import capacity
from shared.adapters.events import BadRecord, Manual, Records, Timer, parse
from shared.core.actions import Act, Decision, ReleaseOrphan, name
from shared.core.decide import decide
from shared.core.errors import EipclaimError, InputRejected
from shared.core.policy import Policy
from shared.core.table import Role
from shared.core.world import World
from shared.observe import Key, Ports, Question, Scope
from shared.picture import Picture, orphan_world
from shared.ports import Lease
from shared.reconcile import Task, look_once, reconcile
from shared.tally import Log, Tally

HEARTBEAT_GAP = timedelta(minutes=30)
"""After a longer silence of the sweeps the clocks of expiry start anew: pods may have come and gone unseen."""


@dataclass(frozen=True)
class Invocation:
    """One run of a function: the outside, the rules, its own id, and the seconds in which it may start deeds."""

    ports: Ports
    policy: Policy
    request_id: str
    seconds: float
    log: Log
    began: float = field(default_factory=anyio.current_time)
    """Since when the seconds count, in `anyio.current_time`."""

    def task(
        self, role: Role, scope: Scope, clocks_from: datetime | None = None, requested: frozenset[Key] = frozenset()
    ) -> Task:
        """Work for the loop."""
        question = Question(self.policy, self.request_id, clocks_from, requested)
        return Task(role, scope, question, self.ports, self.began + self.seconds, self.log)


Work = Callable[[Invocation], Awaitable[dict[str, object]]]


@dataclass(frozen=True)
class Nobody:
    """What to do about records that name nobody of ours, as most in a log do: nothing that needs the outside."""

    function: str
    bad: Sequence[BadRecord]

    async def __call__(self, invocation: Invocation) -> dict[str, object]:
        """The same where the outside is there already."""
        return self.result(invocation.log)

    def result(self, log: Log) -> dict[str, object]:
        """Also tells the log of the records that make no sense."""
        _tell(self.bad, log)
        return Tally(log).result(self.function)


@dataclass(frozen=True)
class Function:
    """A function: `plan` reads the event, before anything is connected, and says what to do about it."""

    name: str
    role: Role
    plan: Callable[[object], Work]
    raises: bool = field(default=False)


def _allocate(event: object) -> Work:
    """Any wake-up is a reason to sweep."""
    del event

    async def work(invocation: Invocation) -> dict[str, object]:
        task = invocation.task(Role.GIVE, Scope(everything=True))
        tally, _ = await reconcile(task)
        if invocation.policy.publish_capacity:
            # Last: pods that have a node go before those that wait for one.
            with anyio.move_on_after(task.left):
                await capacity.publish(invocation.ports, invocation.policy, tally, invocation.log)
        return tally.result("allocate")

    return work


def _bind(event: object) -> Work:
    """The objects that the records name; a record that makes no sense is counted, and the others are looked at."""
    parsed = parse(event)
    if not isinstance(parsed, Records):
        raise InputRejected("NotRecords", "bind is woken by the audit log (CLS); this event is another")
    if not parsed.references:
        return Nobody("bind", parsed.bad)

    async def work(invocation: Invocation) -> dict[str, object]:
        _tell(parsed.bad, invocation.log)
        keys = frozenset((r.namespace, r.name) for r in parsed.references if r.name is not None)
        namespaces = frozenset(r.namespace for r in parsed.references if r.name is None)
        tally, _ = await reconcile(invocation.task(Role.GIVE, Scope(keys=keys, namespaces=namespaces)))
        return tally.result("bind")

    return work


def _tell(bad: Iterable[BadRecord], log: Log) -> None:
    for one in bad:
        log("bad record", record=one.index, why=one.reason)


def _reclaim(event: object) -> Work:
    """A timer sweeps; by hand the named claims are ended."""
    parsed = parse(event)
    if isinstance(parsed, Timer):
        return _sweep
    if isinstance(parsed, Manual):
        return lambda invocation: _by_hand(invocation, parsed)
    raise InputRejected("NotForReclaim", "reclaim is woken by a timer, or invoked with the claims to reclaim")


async def _sweep(invocation: Invocation) -> dict[str, object]:
    cluster = invocation.ports.cluster
    lease = await cluster.get_lease()
    clocks_from = _clocks_from(lease, cluster.now())
    # Before the work: a sweep that is cut short has come all the same, and what it did not get to starts anew later.
    try:
        await cluster.renew_lease(lease, invocation.request_id, clocks_from)
    except EipclaimError as error:
        invocation.log("heartbeat failed", failure=str(error))
    task = invocation.task(Role.TAKE, Scope(everything=True), clocks_from=clocks_from)
    tally, first = await reconcile(task)
    await _orphans(task, first, tally)
    return tally.result("reclaim")


def _clocks_from(lease: Lease | None, now: datetime) -> datetime:
    """Since when pods have been looked at without a gap: no clock that started earlier counts.

    Times that are still to come were not written by a sweep: nothing is concluded from them.
    """
    if lease is None or lease.renewed_at is None or abs(now - lease.renewed_at) > HEARTBEAT_GAP:
        return now
    return min(lease.steady_since or now, now)


async def _orphans(task: Task, first: Picture, tally: Tally) -> None:
    """EIPs that no claim has, in two complete looks: the sweep's, and one that asks the cloud before the cluster."""
    candidates = {address.address_id for address in first.orphans()}
    if not candidates:
        return
    second = await look_once(task, cloud_first=True)
    for address in second.orphans():
        if address.address_id not in candidates:
            continue
        tally.orphans.append(address.address_id)
        decision = decide(orphan_world(address, task.question, second.now), Role.TAKE)
        task.log("orphan", address=address.address_id, public_ip=address.public_ip, why=decision.reason)
        if isinstance(decision, Act) and isinstance(decision.action, ReleaseOrphan) and task.left > 0:
            await _release(decision.action, task, tally)


async def _release(action: ReleaseOrphan, task: Task, tally: Tally) -> None:
    try:
        await task.ports.cloud.release(action.address_id, task.left)
    except EipclaimError as error:
        tally.fail(("", action.address_id), error.reason)
    else:
        tally.done[name(action)] += 1


async def _by_hand(invocation: Invocation, asked: Manual) -> dict[str, object]:
    """Named claims whose pod is gone are deleted and carried through; the others are refused, with the reason."""
    keys = frozenset(asked.claims)
    task = invocation.task(Role.TAKE, Scope(keys=keys), requested=keys)
    picture = await look_once(task)
    worlds = {world.key: world for world in picture.worlds()}
    tally = Tally(invocation.log) if asked.dry_run else (await reconcile(task))[0]
    for key in asked.claims:
        reason = _refusal(worlds.get(key))
        if reason:
            tally.fail(key, reason)
    result = tally.result("reclaim")
    if asked.dry_run:
        result["planned"] = [planned_line(world, decide(world, Role.TAKE)) for world in worlds.values()]
    return result


def _refusal(world: World | None) -> str:
    """Why a claim that was named is not reclaimed; empty where it is."""
    if world is None or world.claim is None:
        return "NotFound"
    return "" if world.over or world.claim.deleting else f"PodAlive: the pod is {world.state.value}"


def planned_line(world: World, decision: Decision) -> dict[str, object]:
    """One decision as people and programs read it."""
    line: dict[str, object] = {
        "namespace": world.namespace,
        "name": world.name,
        "does": type(decision).__name__.lower(),
        "rule": decision.rule,
        "reason": decision.reason,
    }
    if isinstance(decision, Act):
        line["action"] = name(decision.action)
    return line


ALLOCATE = Function("allocate", Role.GIVE, _allocate)
BIND = Function("bind", Role.GIVE, _bind, raises=True)
RECLAIM = Function("reclaim", Role.TAKE, _reclaim)
