"""What one invocation remembers between its rounds, and forgets with its end: nothing here is needed for safety.

It saves looks (a claim that the apiserver has just replied with need not be read again), knows the outcome of the
mutations that were sent from here, and does not run against the same wall without a pause.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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

ONE_OF = 50
"""To read an object by itself costs as much as so many in a list."""

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
        self._expected: frozenset[Key] = frozenset()
        self._learned: dict[Key, _Learned] = {}
        self._replied: dict[Key, Claim] = {}
        self._pod_read_at: dict[Key, float] = {}
        self._doubted: set[Key] = set()
        """Pods that a deed has given a reason to read again, since the present look began."""

        self._failures: dict[Key, int] = {}
        self._not_before: dict[Key, float] = {}
        self._accepted_at: dict[Key, float] = {}
        self._slow = False
        self.looked_at = 0.0
        """When the last look began."""
        self.ended: set[Key] = set()
        """What is not looked at again: served to the end, or claims whose writes an older CRD undoes for ever."""

    async def look(self, ports: Ports) -> tuple[ClusterView, CloudView]:
        """The whole scope at first; then what is expected to have moved. The cluster, then the cloud."""
        self.looked_at = anyio.current_time()
        self._doubted.clear()
        if self._view is None:
            view = self._view = await look_at_cluster(ports.cluster, self._scope, self._policy)
            self._saw(view)
        else:
            view = narrow(await self._refresh(ports.cluster, self._policy, self._view), self._expected)
            await read_nodes(ports.cluster, view)
        seen = await self._listed.look(ports.cloud, view)
        self._slow = self._slow or any(address.in_transition for address in seen.addresses.items)
        return view, seen

    async def _refresh(self, cluster: Cluster, policy: Policy, view: ClusterView) -> ClusterView:
        now = anyio.current_time()
        view.unreadable = []
        view.claims.update(self._replied)
        stale_claims = {key for key in self._expected if key not in self._replied}
        stale_pods = {key for key in self._expected if now - self._pod_read_at.get(key, 0.0) >= FRESH_SECONDS}
        if len(stale_claims) + len(stale_pods) > max(FEW, len(view.claims) // ONE_OF):
            fresh = await look_at_cluster(cluster, self._scope, policy, view.nodes)
            self._saw(fresh)
            self._view = fresh
            return fresh
        await side_by_side(partial(read_one, cluster, view), sorted(stale_claims))
        await side_by_side(partial(read_pod, cluster, view), sorted(stale_pods - stale_claims))
        self._pod_read_at.update(dict.fromkeys(stale_claims | stale_pods, now))
        ranked = {claim.uid for claim in view.ranking}  # not by name, which may have another claim by now
        if any(key in view.claims and view.claims[key].uid not in ranked for key in self._expected):
            await rank(cluster, view, policy, again=True)
        return view

    def _saw(self, view: ClusterView) -> None:
        now = anyio.current_time()
        # Not of those for which a deed has ended since: they may have been read before it.
        self._pod_read_at.update((key, now) for key in {*view.pods, *view.claims} - self._doubted)

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
        self._doubted.add(key)

    def may_try(self, world: World) -> bool:
        """Whether the last failure about this object is long enough ago."""
        return world.key not in self.ended and anyio.current_time() >= self._not_before.get(world.key, 0.0)

    @property
    def quiet(self) -> float:
        """Seconds in which a look can show nothing new: the cloud is at work on all that is expected."""
        if not (self._slow and self._expected):
            return 0.0
        done = min(self._accepted_at.get(key, 0.0) for key in self._expected) + TRANSITION_SECONDS
        return max(0.0, done - anyio.current_time())

    def expect(self, keys: Collection[Key]) -> None:
        """What the next look is for."""
        self._expected = frozenset(keys)
