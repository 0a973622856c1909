"""From what was seen to worlds: who has which mark, who is where, who was there first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from shared.core import identity
from shared.core.address import Address, PrivateAddress
from shared.core.claim import Claim
from shared.core.pod import Node, Pod
from shared.core.policy import read
from shared.core.world import Holder, Outcome, Rank, World
from shared.observe import CloudView, ClusterView, Key, Question, scope_is_complete
from shared.ports import Listing, Unreadable


class Picture:
    """Both views, indexed, from which worlds are made."""

    def __init__(self, cluster: ClusterView, cloud: CloudView, question: Question, now: datetime) -> None:
        """Index once what every world needs."""
        self._cluster, self._cloud, self._question, self.now = cluster, cloud, question, now
        policy = question.policy
        self._tags = identity.tags(policy.cluster_id)
        self._by_id = {address.address_id: address for address in cloud.addresses.items}
        self._by_name: dict[str, list[Address]] = {}
        for address in cloud.addresses.items:
            if address.carries(self._tags):
                self._by_name.setdefault(address.name, []).append(address)
        self._at_ip: dict[str | None, list[Address]] = {}
        for address in cloud.addresses.items:
            self._at_ip.setdefault(address.private_ip, []).append(address)
        self._by_ip: dict[str, list[PrivateAddress]] = {}
        for entry in cloud.private.items:
            self._by_ip.setdefault(entry.ip, []).append(entry)
        self._unreadable = {(one.namespace, one.name): one.why for one in cluster.unreadable}
        self._mark_of = {key: identity.mark(policy.cluster_id, claim.uid) for key, claim in cluster.claims.items()}
        self._marks = {mark: cluster.claims[key] for key, mark in self._mark_of.items()}
        self._ranks = _ranks(cluster.ranking, cluster.unranked)

    @classmethod
    def empty(cls, question: Question, now: datetime) -> Picture:
        """Of a look that had no answer: nothing can be decided from it."""
        return cls(ClusterView(), CloudView(Listing(()), Listing(())), question, now)

    def world(self, key: Key, outcome: Outcome | None = None) -> World:
        """The world of one claim and pod."""
        policy = self._question.policy
        claim, pod = self._cluster.claims.get(key), self._cluster.pods.get(key)
        node = self._cluster.nodes.get(pod.spec.node_name) if pod is not None and pod.spec.node_name else None
        place = self._place(pod, node)
        recorded = self._by_id.get(claim.status.address_id) if claim and claim.status.address_id else None
        marked = self._by_name.get(self._mark_of[key], []) if claim else []
        return World(
            namespace=key[0],
            name=key[1],
            policy=policy,
            now=self.now,
            invocation=self._question.invocation,
            claim=claim,
            pod=pod,
            node=node,
            asked=read(pod, node, policy) if pod is not None else None,
            place=place,
            recorded=recorded,
            marked=tuple(marked),
            complete=self._cloud.addresses.complete,
            holder=self._holder(place, recorded, claim),
            rank=self._ranks.get(key),
            outcome=outcome,
            clocks_from=self._question.clocks_from,
            requested=key in self._question.requested,
            unreadable=self._unreadable.get(key, ""),
        )

    def _place(self, pod: Pod | None, node: Node | None) -> PrivateAddress | None:
        """The pod's IP on an interface of its node; of any node where the node does not tell its instance."""
        if pod is None or pod.ended or pod.ipv4 is None:
            return None
        instance_id = node.instance_id if node is not None else None
        entries = self._by_ip.get(pod.ipv4, [])
        return next((e for e in entries if None in {instance_id, e.instance_id} or e.instance_id == instance_id), None)

    def _holder(self, place: PrivateAddress | None, recorded: Address | None, claim: Claim | None) -> Holder | None:
        """Whose EIP is on the place, if not this claim's."""
        if place is None:
            return None
        own = {recorded.address_id} if recorded is not None else set()
        if claim is not None and claim.status.address_id:
            own.add(claim.status.address_id)
        there = [
            address.address_id
            for address in self._at_ip.get(place.ip, [])
            if address.network_interface_id in {None, place.network_interface_id}
        ]
        listed = [place.address_id] if place.address_id and place.address_id not in self._by_id else []
        others = [address_id for address_id in (*there, *listed) if address_id not in own]
        if others:
            return Holder(others[0], self._will_be_freed(others[0], place))
        ordinary = place.public_ip is not None and place.address_id is None
        return Holder(str(place.public_ip), will_be_freed=False) if ordinary else None

    def _will_be_freed(self, address_id: str, place: PrivateAddress) -> bool:
        """Whether the EIP is another claim's that knows the place; one outside of this look has the benefit."""
        address = self._by_id.get(address_id)
        if address is None or not address.carries(self._tags):
            return False
        claim = self._marks.get(address.name)
        if claim is None:
            return not scope_is_complete(self._cluster)
        return any(binding.private_ip == place.ip for binding in claim.status.bindings)

    def worlds(
        self,
        outcome: Callable[[Claim | None, Key], Outcome | None] = lambda claim, key: None,  # noqa: ARG005
    ) -> Iterable[World]:
        """All worlds of the view; a claim whose pod may only be missing from the list is left for a better look."""
        cluster = self._cluster
        for key in sorted({*cluster.claims, *cluster.pods}):
            if cluster.pods_complete or key in cluster.pods:
                yield self.world(key, outcome(cluster.claims.get(key), key))

    def orphans(self) -> tuple[Address, ...]:
        """EIPs with our tags and a mark that no claim of a complete list has: candidates, to be looked at again."""
        if not (scope_is_complete(self._cluster) and self._cloud.addresses.complete):
            return ()
        recorded = {claim.status.address_id for claim in self._cluster.claims.values()}
        unknown = [a for name, some in self._by_name.items() if name not in self._marks for a in some]
        return tuple(address for address in unknown if address.address_id not in recorded)


def orphan_world(address: Address, question: Question, now: datetime) -> World:
    """The world of an EIP that no claim has."""
    policy = question.policy
    return World(
        namespace="", name=address.address_id, policy=policy, now=now, invocation=question.invocation, orphan=address
    )


def _ranks(claims: Iterable[Claim], unranked: Iterable[Unreadable]) -> dict[Key, Rank]:
    """Who was there first: by creationTimestamp, then UID."""

    def age(claim: Claim) -> tuple[str, str]:
        return str(claim.metadata.creation_timestamp), claim.uid

    ranks: dict[Key, Rank] = {}
    in_namespace = Counter(one.namespace for one in unranked)
    ahead = in_namespace.total()
    for position, claim in enumerate(sorted(claims, key=age)):
        namespace = claim.metadata.namespace
        ranks[claim.key] = Rank(ahead + position, in_namespace[namespace])
        in_namespace[namespace] += 1
    return ranks
