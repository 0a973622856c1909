"""What one invocation remembers between its rounds, and forgets with its end: nothing here is needed for safety.

It saves looks (a claim that the apiserver has just replied with need not be read again), knows the outcome of the
mutations that were sent from here, and does not run against the same wall without a pause.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial

import anyio

from shared.core.actions import Act
from shared.core.claim import Claim, Intent
from shared.core.outcome import OLD_CRD
from shared.core.policy import Policy
from shared.core.world import Outcome, World
from shared.effects import Effect
from shared.listed import Listed
from shared.observe import (
    FEW,
    CloudView,
    ClusterView,
    Key,
    Ports,
    Scope,
    look_at_cluster,
    narrow,
    put,
    rank,
    read_nodes,
    read_one,
    read_pod,
)
from shared.ports import Cluster
from shared.together import side_by_side

FRESH_SECONDS = 5.0
"""A pod that was read within that time is not read again, but before anything is taken from it."""

TRANSITION_SECONDS = 2.0
"""So long a cloud that takes its time is left alone with an EIP before it is looked at again. No document says how long
a transition takes; to look too early costs calls, too late costs the pod's time."""

ONE_IN = 50
"""Among very many, up to one in so many are read one by one too: a list of ten thousand takes seconds of CPU."""

FIRST_COOL_DOWN, LONGEST_COOL_DOWN = 1.0, 16.0


@dataclass(frozen=True)
class _Learned:
    intent: Intent
    outcome: Outcome


class Memory:
    """One invocation's."""

    def __init__(self, scope: Scope, policy: Policy) -> None:
        """Nothing has been looked at yet."""
        self._scope = scope
        self._policy = policy
        self._listed = Listed(policy)
        self._view: ClusterView | None = None
        self._learned: dict[Key, _Learned] = {}
        self._replied: dict[Key, Claim] = {}
        self._pod_read_at: dict[Key, float] = {}
        self._doubted_at: dict[Key, float] = {}
        """When a deed last gave a reason to read the pod again."""

        self._failures: dict[Key, int] = {}
        self._not_before: dict[Key, float] = {}
        self._accepted_at: dict[Key, float] = {}
        self._slow = False
        self.ended: set[Key] = set()
        """What is not looked at again: served to the end, or claims whose writes an older CRD undoes for ever."""

    async def look(
        self, ports: Ports, keys: AbstractSet[Key] | None = None, *, listing: bool = False
    ) -> tuple[ClusterView, CloudView]:
        """The whole scope; once that was looked at, these, from a list of the scope where `listing`.

        The cluster, then the cloud.
        """
        if keys is None or self._view is None:
            view = await self._read_all(ports.cluster)
        else:
            listing = listing or self._many(self._unread(keys))
            read = self._read_all if listing else partial(self._read, keys)
            view = narrow(await read(ports.cluster, self._view), keys)
            await read_nodes(ports.cluster, view)
        seen = await self._listed.look(ports.cloud, view)
        self._slow = self._slow or any(address.in_transition for address in seen.addresses.items)
        return view, seen

    async def _read(self, keys: AbstractSet[Key], cluster: Cluster, known: ClusterView) -> ClusterView:
        """What is not known of these, one by one."""
        now = anyio.current_time()
        claims = {key for key in keys if key not in self._replied}
        pods = {key for key in keys if self._stale(key)} | claims
        got = ClusterView(ranking=known.ranking, unranked=known.unranked)
        await side_by_side(partial(read_one, cluster, got), sorted(claims))
        await side_by_side(partial(read_pod, cluster, got), sorted(pods - claims))
        unreadable = {(one.namespace, one.name) for one in got.unreadable}
        got.claims.update((key, self._replied[key]) for key in keys - claims - unreadable)
        ranked = {claim.uid for claim in got.ranking}  # not by name, which may have another claim by now
        if any(claim.uid not in ranked for claim in got.claims.values()):
            await rank(cluster, got, self._policy, again=True)
        # From here on nothing is waited for: what a list of another look has brought meanwhile gives way.
        view = replace(self._view or known, unreadable=got.unreadable, ranking=got.ranking, unranked=got.unranked)
        put(view.claims, got.claims, keys)
        put(view.pods, got.pods, pods)
        self._pod_read_at.update(dict.fromkeys(pods, now))
        self._view = view
        return view

    async def _read_all(self, cluster: Cluster, known: ClusterView | None = None) -> ClusterView:
        """The whole scope; nodes that are known are not read again."""
        began = anyio.current_time()
        view = await look_at_cluster(cluster, self._scope, self._policy, known.nodes if known is not None else {})
        now = anyio.current_time()
        newer = {key for key, at in self._pod_read_at.items() if at >= began}
        if self._view is not None:
            put(view.claims, self._view.claims, newer)
            put(view.pods, self._view.pods, newer)
        # Not of those for which a deed has ended since: they may have been read before it.
        seen = {*view.pods, *(view.claims if view.pods_complete else ())} - newer
        self._pod_read_at.update((key, now) for key in seen if self._doubted_at.get(key, 0.0) < began)
        if self._view is None or (view.claims_complete and view.pods_complete):
            self._view = view
        else:  # what it lacks may be there
            self._view.claims.update(view.claims)
            self._view.pods.update(view.pods)
        return view

    def at_hand(self, keys: AbstractSet[Key]) -> AbstractSet[Key]:
        """Of these, those for whom a short look will do: no list of the scope is needed, nor one of all EIPs."""
        claims = self._view.claims if self._view is not None else {}
        known = {key: self._replied.get(key) or claims.get(key) for key in keys}
        covered = {key for key, claim in known.items() if claim is None or self._listed.covers((claim,))}
        unread = self._unread(covered)
        return covered - unread if self._many(unread) else covered

    def _unread(self, keys: AbstractSet[Key]) -> AbstractSet[Key]:
        return {key for key in keys if key not in self._replied or self._stale(key)}

    def ageing(self, keys: AbstractSet[Key]) -> bool:
        """Whether a list is due, as these pods will have to be read again, and are more than are read by themselves."""
        return self._many({key for key in keys if self._stale(key, FRESH_SECONDS / 2)})

    def _stale(self, key: Key, after: float = FRESH_SECONDS) -> bool:
        return anyio.current_time() - self._pod_read_at.get(key, 0.0) >= after

    def _many(self, unread: AbstractSet[Key]) -> bool:
        """Whether a list costs less than to read so many one by one."""
        return len(unread) > max(FEW, len(self._view.claims if self._view is not None else ()) // ONE_IN)

    def outcome(self, world_claim: Claim | None, key: Key) -> Outcome | None:
        """What is known here of the intent that stands in the claim."""
        learned = self._learned.get(key)
        if learned is None or world_claim is None or world_claim.status.intent is None:
            return None
        mine, theirs = learned.intent, world_claim.status.intent
        return learned.outcome if (mine.action, mine.at, mine.by) == (theirs.action, theirs.at, theirs.by) else None

    def learn(self, world: World, act: Act, effect: Effect) -> None:
        """Take in what came of a deed."""
        key = world.key
        self._listed.learn(world.claim, act.action, effect)
        self._replied.pop(key, None)
        if effect.claim is not None:
            self._replied[key] = effect.claim
        if effect.intent is not None:
            self._learned.pop(key, None)
            if effect.outcome is not None:
                self._learned[key] = _Learned(effect.intent, effect.outcome)
            if effect.outcome is Outcome.ACCEPTED:
                self._accepted_at[key] = anyio.current_time()
            if world.pod is not None and world.pod.ipv4 is None:
                # Whom its IP has woken meanwhile has found the intent, and left the pod to this invocation.
                self._doubt(key)
        if effect.done and effect.failure is None:
            self._failures.pop(key, None)
            return
        if effect.failure is not None and effect.failure.reason == OLD_CRD and effect.outcome is not Outcome.ACCEPTED:
            self.ended.add(key)
        self._doubt(key)
        self._listed.doubt(world.pod.ipv4 if world.pod is not None else None)
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self._not_before[key] = anyio.current_time() + min(FIRST_COOL_DOWN * 2 ** (failures - 1), LONGEST_COOL_DOWN)

    def _doubt(self, key: Key) -> None:
        self._pod_read_at.pop(key, None)
        self._doubted_at[key] = anyio.current_time()

    def may_try(self, world: World) -> bool:
        """Whether the last failure about this object is long enough ago."""
        return world.key not in self.ended and anyio.current_time() >= self._not_before.get(world.key, 0.0)

    def quiet(self, keys: AbstractSet[Key]) -> float:
        """Seconds in which a look at these can show nothing new: the cloud is at work on all of them."""
        if not (self._slow and keys):
            return 0.0
        done = min(self._accepted_at.get(key, 0.0) for key in keys) + TRANSITION_SECONDS
        return max(0.0, done - anyio.current_time())
