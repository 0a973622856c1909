"""Invariants I1 to I6: what becomes of EIPs and claims after every step, and at rest, whatever goes wrong.

Each is judged on the history (`tests/faults/history.py`) alone. Its docstring is its precise reading, with the races
that the design says nobody can close. I7 and I10 to I12 are in `promises.py`, I8, I9 and I13 in `watch.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import OFFLINING, Address
from emulator.cluster.resources import CLAIMS, Object
from emulator.cluster.users import TAKE
from shared.core.claim import ActionKind, Retention
from shared.core.durations import duration
from shared.core.identity import FINALIZER
from tests.faults.history import OURS, Change, Past, Tale, running

INVOCATION = 60.0
"""Seconds: a function lives 55, so nothing that it saw is older when it acts."""

FRESH = 20.0
"""Seconds: a DELETE is sent right after a look at the pod, and given up after 15."""

LISTINGS_LAG = 120.0
"""Seconds: the grace; a listing that lags more than that may make anybody buy twice."""

ACTIONS = {
    "AllocateAddresses": ActionKind.ALLOCATE,
    "AssociateAddress": ActionKind.ASSOCIATE,
    "DisassociateAddress": ActionKind.DISASSOCIATE,
    "ReleaseAddresses": ActionKind.RELEASE,
    "ModifyAddressesBandwidth": ActionKind.SET_BANDWIDTH,
}


def address_id(call: CallRecord) -> str:
    """The EIP that a call names; empty for a purchase."""
    several = call.params.get("AddressIds") or [call.params.get("AddressId", "")]
    return str(several[0])


def tale_of(call: CallRecord, past: Past) -> Tale | None:
    """The claim that a call is about, by the mark in the EIP's name."""
    address = past.known.get(address_id(call))
    return past.owner(address.name if address is not None else str(call.params.get("AddressName", "")))


class Invariant:
    """One sentence that must hold. Each method yields what contradicts it; those that have nothing to say are empty."""

    name = ""
    says = ""

    def call(self, call: CallRecord, past: Past) -> Iterator[str]:
        """At a changing call that arrived at the cloud, with the cluster as it stood then."""
        del call, past
        yield from ()

    def change(self, change: Change, past: Past) -> Iterator[str]:
        """At a change of an object, with the cluster as it stands after it."""
        del change, past
        yield from ()

    def look(self, new: Mapping[str, Address], past: Past) -> Iterator[str]:
        """After a step, at the EIPs that there are; `new` are those that were not there before it."""
        del new, past
        yield from ()

    def rest(self, past: Past) -> Iterator[str]:
        """When faults have stopped and everything had time."""
        del past
        yield from ()


class OneAddress(Invariant):
    """No EIP is bought for a claim while another one with its mark is there; at rest none has two.

    Also where a reply was lost: the next look finds the EIP by its mark, or the token its purchase. Exception: listings
    that lag more than the grace (a purchase that nothing shows for two minutes is made again, and given back later).
    Those two minutes are by the cluster's clock, and over at once where it jumps ahead.
    """

    name, says = "I1", "at most one EIP per claim"

    def look(self, new: Mapping[str, Address], past: Past) -> Iterator[str]:
        if not new or past.stage.cloud.behaviour.read_lag_seconds + past.leap(LISTINGS_LAG) > LISTINGS_LAG:
            return
        for address in new.values():
            others = [
                one for one in past.held.values() if one.name == address.name and one != address and past.ours(one)
            ]
            if past.ours(address) and any(one.status != OFFLINING for one in others):
                yield f"{address.address_id} was bought beside {others[0].address_id}"

    def rest(self, past: Past) -> Iterator[str]:
        for tale in past.tales.values():
            if not tale.gone and len(past.of(tale)) > 1:
                yield f"{tale.name} has {len(past.of(tale))} EIPs"


class NoLeak(Invariant):
    """At rest every EIP with our tags has a claim with its mark, but those that an event Abandoned names."""

    name, says = "I2", "no EIP is left that no claim has"

    def rest(self, past: Past) -> Iterator[str]:
        for address in past.held.values():
            tale = past.owner(address.name)
            if past.ours(address) and (tale is None or tale.gone) and not left_behind(address, past):
                yield f"{address.address_id} leaked"


def left_behind(address: Address, past: Past) -> bool:
    """Whether an event Abandoned about its claim names it."""
    tale = past.owner(address.name)
    return tale is not None and any(address.address_id in told for told in abandoned(tale, past))


def abandoned(tale: Tale, past: Past) -> list[str]:
    """What the events about that claim say was left behind."""
    return past.told.get((tale.claim.uid, "Abandoned"), [])


class NoTheft(Invariant):
    """Only EIPs with both tags and a claim's mark are changed, and unbound only from where that claim asked them to be.

    That claim is there, or the EIP is an orphan's and releasing those is switched on. A claim records no EIP that has
    another claim's mark, whatever its tags have become; so an id never changes its owner.
    """

    name, says = "I3", "nothing of anybody else is touched"

    def call(self, call: CallRecord, past: Past) -> Iterator[str]:
        address = past.known.get(address_id(call))
        if not call.done or call.action == "AllocateAddresses":
            return
        what = f"{call.action} {address_id(call)}"
        if call.action not in ACTIONS or address is None or not past.ours(address):
            yield f"{what}: it is not ours"
            return
        tale = past.owner(address.name)
        orphan = past.stage.policy.release_orphans and call.action == "ReleaseAddresses"
        if tale is None or tale.gone:
            if not orphan:
                yield f"{what}: no claim has it"
        elif call.action == "DisassociateAddress":
            asked = {binding.private_ip for binding in tale.claim.status.bindings}
            if past.place.get(address.address_id) not in asked:
                yield f"{what} from {past.place.get(address.address_id)}, which {tale.name} never asked for"

    def change(self, change: Change, past: Past) -> Iterator[str]:
        tale = changed(change, past)
        if tale is None or tale.claim.status.address_id is None:
            return
        address = past.known.get(tale.claim.status.address_id)
        owner = past.owner(address.name) if address is not None else None
        if owner is not None and owner is not tale:
            yield f"{tale.name} records {tale.claim.status.address_id} of {owner.name}"


def changed(change: Change, past: Past) -> Tale | None:
    """The claim that a change is about, if it is still there."""
    if change.resource != CLAIMS or change.after is None:
        return None
    return past.tales.get(change.after["metadata"]["uid"])


class RightPod(Invariant):
    """Bound for a pod that ran with that IP at the last look; not unbound from a running pod that it was bound for.

    The look is not older than the invocation. A claim that ends with its pod serves no other. Exception: a pod that has
    its predecessor's IP, for which no binding is written yet, may be hit: the cloud has no compare-and-swap.
    """

    name, says = "I4", "bound for the pod that is there, and never taken from it"

    def call(self, call: CallRecord, past: Past) -> Iterator[str]:
        tale = tale_of(call, past)
        if not call.done or tale is None:
            return
        status, spec = tale.claim.status, tale.claim.spec
        if call.action == "AssociateAddress":
            ip = str(call.params["PrivateIpAddress"])
            uids = [binding.pod_uid for binding in status.bindings if binding.private_ip == ip]
            if not any(past.ran_lately(uid, ip, call.at - INVOCATION) for uid in uids):
                yield f"{tale.name} was bound to {ip}, where no pod that it was meant for ran"
            if spec.retention is Retention.POD and not {spec.pod_uid} >= set(uids):
                yield f"{tale.name} of pod {spec.pod_uid} was bound for {uids}"
        elif call.action == "DisassociateAddress":
            ip = past.place.get(address_id(call), "")
            places = {(binding.pod_uid, binding.private_ip) for binding in status.bindings}
            for pod in past.named(tale.claim.key):
                if running(pod) and pod.ipv4 == ip and (pod.uid, ip) in places and past.wants(pod):
                    yield f"{tale.name} was unbound from its running pod"


class HeldByFinalizer(Invariant):
    """Our finalizer comes off by our hand only when no EIP of the claim is there, or an event Abandoned names each."""

    name, says = "I5", "no claim goes before its EIP"

    def change(self, change: Change, past: Past) -> Iterator[str]:
        if change.resource != CLAIMS or change.before is None or change.by not in OURS:
            return
        tale = past.tales.get(change.before["metadata"]["uid"])
        if tale is None or FINALIZER not in finalizers(change.before) or FINALIZER in finalizers(change.after):
            return
        for address in past.of(tale):
            if not any(address.address_id in told for told in abandoned(tale, past)):
                yield f"{tale.name} was let go, and {address.address_id} is {address.status}"


def finalizers(thing: Object | None) -> list[str]:
    """The finalizers on an object; none on none."""
    return list(thing["metadata"].get("finalizers", ())) if thing is not None else []


class NotBeforeItsTime(Invariant):
    """`reclaim` deletes a claim only when no pod needs it, a static one only after its expiry unless asked by hand.

    A pod that was created between the last look by name and the end of the call may be missed. The recorded EIP is only
    released when its claim is being deleted. `by_hand` are names of claims that a manual invocation has asked for.
    Time is the cluster's: the latest that a reply of its can have told the invocation, whatever another one told later.
    """

    name, says = "I6", "nothing is given back before its time"

    def __init__(self) -> None:
        """Nothing was asked for by hand."""
        self.by_hand: set[str] = set()

    def call(self, call: CallRecord, past: Past) -> Iterator[str]:
        tale = tale_of(call, past)
        if call.action != "ReleaseAddresses" or not call.done or tale is None or tale.gone:
            return
        if tale.claim.status.address_id == address_id(call) and not tale.claim.deleting:
            yield f"{address_id(call)} of {tale.name} was released, and its claim lives"

    def change(self, change: Change, past: Past) -> Iterator[str]:
        if change.resource != CLAIMS or change.before is None or change.by != TAKE.name:
            return
        asked = "deletionTimestamp" in change.before["metadata"]
        tale = past.tales.get(change.before["metadata"]["uid"])
        if asked or tale is None or (change.after is not None and not tale.claim.deleting):
            return
        yield from self._too_early(tale, change.at, past)

    def _too_early(self, tale: Tale, at: float, past: Past) -> Iterator[str]:
        claim = tale.claim
        own = claim.spec.retention is Retention.STATIC
        for pod in past.named(claim.key):
            seen = past.born[pod.uid] < at - FRESH
            if seen and running(pod) and past.wants(pod) and (own or pod.uid == claim.spec.pod_uid):
                yield f"{tale.name} was deleted, and its pod runs"
        if own and claim.metadata.name not in self.by_hand:
            since = claim.status.pod_missing_since
            length = duration(claim.spec.expire_after or past.stage.policy.expire_after)
            if since is None or length is None or since + length > past.latest_told(INVOCATION):
                yield f"{tale.name} was deleted before it expired: {length} after {since}"
