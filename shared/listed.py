"""What an invocation knows of the cloud between its rounds, so that a later look need not list everything again.

The first look lists all EIPs of the cluster, after the claims were read. From then on a claim is covered: whatever can
bear its mark was listed, or was bought by this invocation, whose replies tell the id. So a later look asks for the EIPs
by their ids: one call for a hundred, however many there are, and one whose total does not move while pages are read.
Covered no more is a claim to whose purchase somebody else has put a hand, or whose own purchase has no known end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

import anyio

from shared.core import identity
from shared.core.actions import Allocate, CreateClaim
from shared.core.address import Address, PrivateAddress
from shared.core.claim import ActionKind, Claim
from shared.core.policy import Policy
from shared.effects import Effect
from shared.observe import CloudView, ClusterView, Key, private_ips, recorded_ids
from shared.ports import Cloud, Listing
from shared.together import both

FRESH_SECONDS = 5.0
"""A private IP that was seen free on an interface within that time is not asked for again."""

TRIES = 3
"""So often a listing is read whose total moves meanwhile."""

Purchase = tuple[str, int, str]


class Listed:
    """One invocation's."""

    def __init__(self, policy: Policy) -> None:
        """Nothing has been listed yet."""
        self._policy = policy
        self._known: dict[str, Address] = {}
        self._covered: dict[Key, Purchase] = {}
        self._free: dict[str, tuple[float, PrivateAddress]] = {}

    async def look(self, cloud: Cloud, view: ClusterView) -> CloudView:
        """What the worlds of this view need to know; a view of everything gets all there is."""
        if view.everything or not self.covers(view.claims.values()):
            # That may take long, and of what is on an interface nothing is to be told that is much older.
            listing = await self._all(cloud, view)
            private = await self._private(cloud, view)
        else:
            own = self._own(view)
            listing, private = await both(lambda: self._named(cloud, own), lambda: self._private(cloud, view))
        known = {address.address_id for address in listing.items}
        strangers = {entry.address_id for entry in private.items if entry.address_id} - known
        others = await self._named(cloud, strangers)
        return CloudView(Listing(listing.items + others.items, listing.complete and others.complete), private)

    def learn(self, claim: Claim | None, action: object, effect: Effect) -> None:
        """Take in what came of a deed that was decided on that claim."""
        after = effect.claim
        if after is None or (isinstance(action, Allocate) and after.status.address_id is None):
            return
        # For one that has just come to be nothing can have been bought.
        if isinstance(action, CreateClaim) or (claim is not None and self.covers((claim,))):
            self._covered[after.key] = _purchase(after)

    def doubt(self, ip: str | None) -> None:
        """Ask for this private IP again: something has failed there."""
        if ip is not None:
            self._free.pop(ip, None)

    def covers(self, claims: Collection[Claim]) -> bool:
        """Whether all EIPs that may be these claims' are known by id."""
        return all(self._covered.get(claim.key) == _purchase(claim) and not _buying(claim) for claim in claims)

    async def _all(self, cloud: Cloud, view: ClusterView) -> Listing[Address]:
        for _ in range(TRIES):
            listing = await cloud.addresses(recorded_ids(view))
            if listing.complete:
                self._known = {address.address_id: address for address in listing.items}
                # Beside those of other views: their deeds under way must not make each look list everything again.
                self._covered.update((claim.key, _purchase(claim)) for claim in view.claims.values())
                break
        return listing

    def _own(self, view: ClusterView) -> set[str]:
        """The EIPs of the view's claims, and those that stood on its pods' IPs."""
        marks = {identity.mark(self._policy.cluster_id, claim.uid) for claim in view.claims.values()}
        ips = {*private_ips(view)}
        known = {a.address_id for a in self._known.values() if a.name in marks or a.private_ip in ips}
        return {*recorded_ids(view), *known}

    async def _named(self, cloud: Cloud, ids: Collection[str]) -> Listing[Address]:
        if not ids:
            return Listing(())
        listing = await cloud.named_addresses(sorted(ids))
        if listing.complete:
            for address_id in ids:
                self._known.pop(address_id, None)
        self._known.update((address.address_id, address) for address in listing.items)
        return listing

    async def _private(self, cloud: Cloud, view: ClusterView) -> Listing[PrivateAddress]:
        now = anyio.current_time()
        wanted = private_ips(view)
        fresh = {ip: self._free[ip][1] for ip in wanted if ip in self._free and now - self._free[ip][0] < FRESH_SECONDS}
        missing = [ip for ip in wanted if ip not in fresh]
        asked = await cloud.private_addresses(missing) if missing else Listing[PrivateAddress](())
        entries: defaultdict[str, list[PrivateAddress]] = defaultdict(list)
        for entry in asked.items:
            entries[entry.ip].append(entry)
        # Not one that is taken: by whom must be known as it is now. Nor one that is on two interfaces at once.
        self._free.update((ip, (now, some[0])) for ip, some in entries.items() if len(some) == 1 and not some[0].taken)
        return replace(asked, items=(*fresh.values(), *asked.items))


def _purchase(claim: Claim) -> Purchase:
    """Changes whenever somebody has bought for this claim, or may have.

    Nobody buys while an EIP is recorded, and who takes one off the record counts the attempt up. Without one any write
    may have been a purchase, the id of which an older CRD has dropped.
    """
    return claim.uid, claim.status.attempt, claim.status.address_id or claim.metadata.resource_version


def _buying(claim: Claim) -> bool:
    return claim.status.intent is not None and claim.status.intent.action is ActionKind.ALLOCATE
