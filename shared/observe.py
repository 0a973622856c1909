"""One look: the cluster first, then the cloud, in batches; it reports facts and changes nothing.

The order matters: the resourceVersion of what was read covers a decision on the addresses that were listed after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from shared.core.address import Address, PrivateAddress
from shared.core.claim import Claim, OwnerReference
from shared.core.errors import InputRejected, Refused
from shared.core.pod import Node, Pod
from shared.core.policy import Policy, read
from shared.ports import Cloud, Cluster, Listing, Unreadable
from shared.together import side_by_side

Key = tuple[str, str]
T = TypeVar("T")
FEW = 20
"""So many objects are read one by one; more are listed."""


@dataclass(frozen=True)
class Ports:
    """The outside, as one invocation reaches it."""

    cluster: Cluster
    cloud: Cloud


@dataclass(frozen=True)
class Scope:
    """What an invocation looks at: everything, or the objects and namespaces that somebody named."""

    everything: bool = False
    keys: frozenset[Key] = frozenset()
    namespaces: frozenset[str] = frozenset()


@dataclass
class ClusterView:
    """What was read of the cluster. `claims_complete` and `pods_complete` say what may be concluded from absence."""

    pods: dict[Key, Pod] = field(default_factory=dict)
    claims: dict[Key, Claim] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    everything: bool = False
    claims_complete: bool = True
    pods_complete: bool = True
    unreadable: list[Unreadable] = field(default_factory=list)
    ranking: tuple[Claim, ...] = ()
    """All claims of the cluster, where the caps need them and the list was complete."""
    unranked: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class CloudView:
    """What was read of the cloud after the cluster."""

    addresses: Listing[Address]
    private: Listing[PrivateAddress]


@dataclass(frozen=True)
class Question:
    """What the looking invocation adds to what it sees."""

    policy: Policy
    invocation: str
    clocks_from: datetime | None = None
    requested: frozenset[Key] = frozenset()


async def look_at_cluster(
    cluster: Cluster, scope: Scope, policy: Policy, nodes: Mapping[str, Node] = MappingProxyType({})
) -> ClusterView:
    """Pods that ask for an EIP or have a claim, all claims of the scope, and the nodes of those pods.

    The nodes that are given are not read again.
    """
    view = ClusterView(everything=scope.everything, nodes=dict(nodes))
    if scope.everything:
        await _list(cluster, view, None)
    else:
        for namespace in sorted(scope.namespaces):
            await _list(cluster, view, namespace)
        rest = [key for key in sorted(scope.keys) if key[0] not in scope.namespaces]
        if len(rest) > FEW:
            await _list(cluster, view, None, frozenset(rest))
        else:
            await side_by_side(partial(read_one, cluster, view), rest)
    await rank(cluster, view, policy)
    _keep_what_matters(view, policy)
    await read_nodes(cluster, view)
    return view


async def rank(cluster: Cluster, view: ClusterView, policy: Policy, *, again: bool = False) -> None:
    """Who was there first, where there are caps; `again` from a list of its own, for claims newer than the view.

    Claims that make no sense may have EIPs: they count as older than all others.
    """
    if policy.max_eips is None and policy.max_eips_per_namespace is None:
        return
    if scope_is_complete(view) and not again:
        view.ranking = tuple(view.claims.values())
        return
    listing = await cluster.list_claims()
    view.ranking = listing.items if listing.complete else ()
    view.unranked = listing.unreadable


def scope_is_complete(view: ClusterView) -> bool:
    """Whether the view holds every claim of the cluster."""
    return view.everything and view.claims_complete and not view.unreadable


async def _list(cluster: Cluster, view: ClusterView, namespace: str | None, only: frozenset[Key] | None = None) -> None:
    """Claims before pods: a claim that is missing here is created in vain, a pod that is missing might cost its EIP."""
    claims = await cluster.list_claims(namespace)
    pods = await cluster.list_pods(namespace)
    view.claims.update((c.key, c) for c in claims.items if only is None or c.key in only)
    view.pods.update((p.key, p) for p in pods.items if only is None or p.key in only)
    view.claims_complete = view.claims_complete and claims.complete
    view.pods_complete = view.pods_complete and pods.complete
    view.unreadable.extend(
        u for u in (*claims.unreadable, *pods.unreadable) if only is None or (u.namespace, u.name) in only
    )


async def read_pod(cluster: Cluster, view: ClusterView, key: Key) -> None:
    """The pod of that name, into the view."""
    view.pods.pop(key, None)
    try:
        pod = await cluster.get_pod(*key)
    except InputRejected as error:
        view.unreadable.append(Unreadable(*key, error.message))
        view.claims.pop(key, None)
        return
    if pod is not None:
        view.pods[key] = pod


async def read_one(cluster: Cluster, view: ClusterView, key: Key) -> None:
    """Claim and pod of that name, into the view; absence is a fact too."""
    view.claims.pop(key, None)
    try:
        claim = await cluster.get_claim(*key)
    except InputRejected as error:
        view.unreadable.append(Unreadable(*key, error.message))
        await read_pod(cluster, view, key)
        return
    if claim is not None:
        view.claims[key] = claim
    await read_pod(cluster, view, key)


def _keep_what_matters(view: ClusterView, policy: Policy) -> None:
    view.pods = {
        key: pod for key, pod in view.pods.items() if key in view.claims or read(pod, None, policy) is not None
    }
    for one in view.unreadable:
        view.claims.pop((one.namespace, one.name), None)


async def read_nodes(cluster: Cluster, view: ClusterView) -> None:
    """The nodes of the view's pods that it does not have yet."""
    names = {pod.spec.node_name for pod in view.pods.values() if pod.spec.node_name}
    missing = sorted(name for name in names if name not in view.nodes)
    if len(missing) > FEW:
        view.nodes.update((node.metadata.name, node) for node in (await cluster.list_nodes()).items)
        return
    await side_by_side(partial(_read_node, cluster, view), missing)


async def _read_node(cluster: Cluster, view: ClusterView, name: str) -> None:
    try:
        node = await cluster.get_node(name)
    except InputRejected:
        return  # as if it told no instance
    if node is not None:
        view.nodes[name] = node


async def look_at_cloud(cloud: Cloud, view: ClusterView) -> CloudView:
    """All EIPs of the cluster and of the claims, and the private IPs of the pods."""
    ips = private_ips(view)
    if not ips and not view.claims and not view.everything:
        return CloudView(Listing(()), Listing(()))
    addresses = await cloud.addresses(recorded_ids(view))
    private = await cloud.private_addresses(ips) if ips else Listing[PrivateAddress](())
    return CloudView(addresses, private)


def recorded_ids(view: ClusterView) -> list[str]:
    """The EIPs that the view's claims have recorded."""
    return [claim.status.address_id for claim in view.claims.values() if claim.status.address_id]


def private_ips(view: ClusterView) -> list[str]:
    """The IPs of the view's pods."""
    return [pod.ipv4 for pod in view.pods.values() if pod.ipv4 and not pod.ended]


async def top_owner(cluster: Cluster, pod: Pod) -> OwnerReference | None:
    """The last of the pod's chain of controllers that we may read: pod -> ReplicaSet -> Deployment."""
    reference = next((owner for owner in pod.metadata.owner_references if owner.controller), None)
    top: OwnerReference | None = None
    seen: set[str] = set()
    while reference is not None and reference.uid not in seen:
        seen.add(reference.uid)
        try:
            owner = await cluster.get_owner(pod.metadata.namespace, reference)
        except Refused:
            break
        if owner is None:
            break
        top, reference = owner.reference, owner.controller
    return top


def narrow(view: ClusterView, keys: Collection[Key]) -> ClusterView:
    """The part of a view that some keys are about; as a part, it says nothing about what it lacks."""
    return replace(
        view,
        everything=False,
        pods={key: view.pods[key] for key in keys if key in view.pods},
        claims={key: view.claims[key] for key in keys if key in view.claims},
    )


def put(old: dict[Key, T], new: Mapping[Key, T], keys: Collection[Key]) -> None:
    """Have of these keys what the new one has, absence too."""
    for key in keys:
        old.pop(key, None)
        if key in new:
            old[key] = new[key]
