"""What has truly happened in a stage's world: the cloud's calls and holdings, every version of the cluster's objects.

Nothing here asks the functions, their logs or their results: it is what the invariants are judged on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeVar

from pydantic import ValidationError

from eipctl.demo.stage import Stage
from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import BIND, BIND_ENI, Address
from emulator.cluster.resources import CLAIMS, EVENTS, PODS, Object, Resource
from emulator.cluster.users import GIVE, TAKE
from shared.core import identity
from shared.core.claim import Claim
from shared.core.pod import Pod

OURS = frozenset({GIVE.name, TAKE.name})
WATCHED = (CLAIMS, PODS, EVENTS)
Key = tuple[str, str]
M = TypeVar("M", Claim, Pod)


@dataclass
class Change:
    """One object's change: how it stood before and after (None: not there), when, and who asked for it.

    `calls` is how many calls the cloud had logged by then, which puts both histories into one order.
    """

    at: float
    calls: int
    resource: Resource
    before: Object | None
    after: Object | None
    by: str = ""


@dataclass
class Tale:
    """A claim's life: its last readable version, whether it is gone, and since when its present intent stands in it."""

    claim: Claim
    mark: str
    ordinal: int
    gone: bool = False
    intent_since: float = 0.0

    @property
    def name(self) -> str:
        """The claim as runs with other UIDs call it: the how-manieth of its name."""
        return f"{self.claim.metadata.name}#{self.ordinal}"


@dataclass
class Past:
    """The state that the history has led to, event by event; `happened` goes on from where it last stopped."""

    stage: Stage
    tales: dict[str, Tale] = field(default_factory=dict)
    """Claims by UID, those that are gone too."""
    pods: dict[str, Pod] = field(default_factory=dict)
    """Pods by UID, as they are."""
    born: dict[str, float] = field(default_factory=dict)
    """Since when pods (UID) are there, by the clock that everything here is judged by, which is not the cluster's."""
    alive_until: dict[tuple[str, str | None], float] = field(default_factory=dict)
    """Until when a pod (UID) ran with an IP; infinity while it does."""
    held: dict[str, Address] = field(default_factory=dict)
    """The EIPs, by id, as they are."""
    known: dict[str, Address] = field(default_factory=dict)
    """The EIPs, by id, as they were last seen, those that are gone too."""
    place: dict[str, str] = field(default_factory=dict)
    """The private IP at which an EIP was last seen."""
    bound_at: dict[tuple[str, str], float] = field(default_factory=dict)
    """When an EIP was last seen bound at a private IP."""
    ahead: dict[float, float] = field(default_factory=dict)
    """When the cluster's clock was last seen so far ahead of ours."""
    told: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The messages of events by the UID that they are about and their reason."""
    now: float = 0.0

    def __post_init__(self) -> None:
        """Take in what there is, and listen."""
        self._changes: list[Change] = []
        self._unsigned: list[Change] = []
        self._objects: dict[Resource, dict[str, Object]] = {resource: {} for resource in WATCHED}
        self._calls = self.stage.cloud.calls.cursor
        self._changing = 0
        self._holdings: tuple[Address, ...] = ()
        self._ordinals: dict[Key, int] = {}
        self.writes = 0
        """Writes of ours to the cluster so far, granted or not, but the Lease."""
        api = self.stage.cluster.api
        for resource in WATCHED:
            self._notice(resource)
        for pod in filter(None, (readable(Pod, thing) for thing in api.store.all(PODS))):
            created = pod.metadata.creation_timestamp
            self.born[pod.uid] = created.timestamp() if created is not None else self.stage.now()
        api.store.subscribe(self._notice)
        api.audit.subscribe(self._sign)

    # --- listening ------------------------------------------------------------------------------------------------

    def _notice(self, resource: Resource) -> None:
        if resource not in self._objects:
            return
        old = self._objects[resource]
        new = {thing["metadata"]["uid"]: thing for thing in self.stage.cluster.api.store.all(resource)}
        self._objects[resource] = new
        for uid in [*old, *(uid for uid in new if uid not in old)]:
            before, after = old.get(uid), new.get(uid)
            if before is not after:
                change = Change(self.stage.now(), self.stage.cloud.calls.cursor, resource, before, after)
                self._changes.append(change)
                if resource == EVENTS:
                    self.writes += 1  # nobody else tells any, and the audit log does not have them
                else:
                    self._unsigned.append(change)

    def _sign(self, record: Mapping[str, object]) -> None:
        """The audit log records a request right after what it has changed."""
        user, about = record["user"], record["objectRef"]
        name = str(user["username"]) if isinstance(user, Mapping) else ""
        for change in self._unsigned:
            change.by = name
        self._unsigned.clear()
        if name in OURS and isinstance(about, Mapping) and about["resource"] != "leases":
            self.writes += 1

    # --- replaying ------------------------------------------------------------------------------------------------

    def look(self) -> dict[str, Address]:
        """The EIPs as they are now; returns those that were not there at the last look."""
        self.now = self.stage.now()
        self.ahead[round(self.stage.cluster.api.clock() - self.now, 3)] = self.now
        new: dict[str, Address] = {}
        holdings = self.stage.cloud.holdings()
        if holdings != self._holdings:  # most steps change none
            self._holdings = holdings
            self.held = {address.address_id: address for address in holdings}
            new = {one: address for one, address in self.held.items() if one not in self.known}
            self.known.update(self.held)
        for address in holdings:
            if address.private_ip is not None:
                self.place[address.address_id] = address.private_ip
                if address.status in {BIND, BIND_ENI}:
                    self.bound_at[address.address_id, address.private_ip] = self.now
        return new

    def happened(self) -> Iterator[CallRecord | Change]:
        """What is new, in order. A call finds the state before it, a change the state after it."""
        calls = self._new_calls()
        self._calls = self.stage.cloud.calls.cursor
        self._changing += sum(call.changes for call in calls)
        changes, self._changes = self._changes, []
        for change in changes:
            while calls and calls[0].number <= change.calls:
                yield calls.pop(0)
            self._apply(change)
            yield change
        yield from calls

    def mutations(self) -> int:
        """How much was asked to be changed so far, in the cloud and by us in the cluster, but the Lease."""
        return self.writes + self._changing + sum(call.changes for call in self._new_calls())

    def _new_calls(self) -> list[CallRecord]:
        log = self.stage.cloud.calls
        return log.since(self._calls) if log.cursor != self._calls else []

    def _apply(self, change: Change) -> None:
        if change.resource == CLAIMS:
            self._apply_claim(change)
        elif change.resource == PODS:
            self._apply_pod(change)
        elif change.after is not None:
            about = change.after["involvedObject"]
            self.told.setdefault((about["uid"], change.after["reason"]), []).append(change.after["message"])

    def _apply_claim(self, change: Change) -> None:
        uid = (change.after or change.before or {})["metadata"]["uid"]
        tale = self.tales.get(uid)
        if change.after is None:
            if tale is not None:
                tale.gone = True
            return
        claim = readable(Claim, change.after)
        if claim is None:
            return
        if tale is None:
            ordinal = self._ordinals[claim.key] = self._ordinals.get(claim.key, 0) + 1
            mark = identity.mark(self.stage.policy.cluster_id, uid)
            tale = self.tales[uid] = Tale(claim, mark, ordinal, intent_since=change.at)
        before, after = tale.claim.status.intent, claim.status.intent
        if after is not None and (before is None or (before.at, before.by) != (after.at, after.by)):
            tale.intent_since = change.at
        tale.claim = claim

    def _apply_pod(self, change: Change) -> None:
        uid = (change.after or change.before or {})["metadata"]["uid"]
        before = self.pods.get(uid)
        after = readable(Pod, change.after) if change.after is not None else None
        if before is not None and running(before):
            self.alive_until[before.uid, before.ipv4] = change.at
        if after is not None:
            self.born.setdefault(after.uid, change.at)
            self.pods[after.uid] = after
            if running(after):
                self.alive_until[after.uid, after.ipv4] = float("inf")
        elif before is not None:
            self.pods.pop(before.uid, None)

    # --- questions ------------------------------------------------------------------------------------------------

    def ours(self, address: Address) -> bool:
        """Whether it carries both of our tags."""
        return identity.tags(self.stage.policy.cluster_id).items() <= dict(address.tags).items()

    def owner(self, mark: str) -> Tale | None:
        """The claim, there or gone, whose mark that is."""
        return next((tale for tale in self.tales.values() if tale.mark == mark), None)

    def of(self, tale: Tale) -> list[Address]:
        """The EIPs that are that claim's: with its mark and our tags, and the recorded one."""
        recorded = tale.claim.status.address_id
        return [
            address
            for address in self.held.values()
            if address.address_id == recorded or (address.name == tale.mark and self.ours(address))
        ]

    def named(self, key: Key) -> list[Pod]:
        """The pods of that name: one or none."""
        return [pod for pod in self.pods.values() if pod.key == key]

    def ran_lately(self, uid: str, ip: str | None, since: float) -> bool:
        """Whether that pod ran with that IP at any time since then."""
        return self.alive_until.get((uid, ip), float("-inf")) >= since

    def latest_told(self, within: float) -> datetime:
        """The latest that the cluster's clock can have told anybody who asked within so many seconds."""
        return datetime.fromtimestamp(self.now + max(self._ahead(within)), timezone.utc)

    def leap(self, within: float) -> float:
        """By how much more than the time that passed the cluster's clock can have gone on within so many seconds."""
        ahead = self._ahead(within)
        return max(ahead) - min(ahead)

    def _ahead(self, within: float) -> list[float]:
        return [off for off, seen in self.ahead.items() if seen >= self.now - within]

    def wants(self, pod: Pod) -> bool:
        """Whether its annotations ask for an EIP of ours."""
        asks = self.stage.policy.annotation("eip-attributes") in pod.metadata.annotations
        return asks and not pod.spec.host_network and pod.metadata.namespace != "kube-system"


def readable(kind: type[M], thing: Object) -> M | None:
    """The object as a model, or None where it makes no sense."""
    try:
        return kind.model_validate(thing)
    except ValidationError:
        return None


def running(pod: Pod) -> bool:
    """Whether anything of the pod may run: not when it has run its course or, on its way out, all containers ended."""
    if pod.status.phase in {"Succeeded", "Failed"}:
        return False
    over = [status.state.terminated is not None for status in pod.status.container_statuses]
    return not (pod.metadata.deletion_timestamp is not None and over and all(over))
