"""The end of every claim of a cluster: `reclaim` runs here until no claim and no EIP of ours is left."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from eipctl.deployment.ports import Cloud, Cluster, Json, Sides
from eipctl.deployment.tokens import token_of
from shared.adapters import kubernetes
from shared.adapters.cloud.vpc import VpcCloud
from shared.adapters.kubernetes import Access
from shared.core import identity
from shared.core.address import Address
from shared.core.claim import Claim
from shared.core.errors import Conflict, Gone, Refused
from shared.core.policy import Policy
from shared.core.world import IN_FLIGHT
from shared.functions import RECLAIM, Invocation
from shared.observe import Ports
from shared.settings import Settings
from shared.tally import MAX_FAILED

Pause = Callable[[float], Awaitable[None]]

CLAIMS = f"/apis/{identity.API_VERSION}/{identity.PLURAL}"
BATCH = MAX_FAILED
"""A result names so many that were refused."""

SECONDS = 50.0
PAUSE_SECONDS = 3.0
NO_CLAIMS = (
    "the cluster knows no EIPClaims to tell whose it is: is this the kubeconfig of {cluster}? else release it by hand"
)
PATIENCE = 60
"""So many runs in a row may do nothing: an intent in flight holds a claim for a minute, a back-off for four."""


@dataclass(frozen=True)
class Left:
    """A claim or EIP that is still there, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Drain:
    """How claims are ended: with `force` under living pods too, which then lose their EIPs."""

    settings: Settings
    own: Access
    force: bool
    pause: Pause
    say: Callable[[str], None] = field(repr=False)

    @property
    def policy(self) -> Policy:
        """The settings' rules without a freeze. Who serves no namespace takes EIPs back from living pods too."""
        served: Mapping[str, Any] = {"namespaces": frozenset[str]()} if self.force else {}
        return replace(self.settings.policy(), freeze=False, **served)

    async def run(self, sides: Sides) -> Sequence[Left]:
        """What is left in the end: claims that are in use or cannot be ended, EIPs that are not ours alone."""
        refused = await self._claims(sides)
        names = [_name(one) for one in await claims(sides.cluster)]
        if names:
            return [
                Left(f"claim {name}", refused.get(name, "not ended yet: eipctl explain says why")) for name in names
            ]
        if await _page(sides.cluster) is None:
            # Whose EIPs these are cannot be told: the kubeconfig may be another cluster's.
            found = await addresses(sides.cloud, self.settings)
            return [
                Left(f"EIP {one['AddressId']}", NO_CLAIMS.format(cluster=self.settings.cluster_id)) for one in found
            ]
        return await self._addresses(sides.cloud)

    async def _claims(self, sides: Sides) -> Mapping[str, str]:
        """Why claims were refused in the last run, by name."""
        found, refused, idle = await claims(sides.cluster), dict[str, str](), 0
        if not found:
            return {}
        token = await token_of(sides.cluster, identity.TAKE_ACCOUNT, timedelta(hours=1))
        access = replace(self.own, token=token, certificate=None, key=None)
        async with kubernetes.connect(access) as cluster:
            ports = Ports(cluster, self._cloud(sides.cloud))
            while found and idle < PATIENCE:
                refused, done = await self._reclaim(ports, found)
                before, found = len(found), await claims(sides.cluster)
                held = self._held(found, refused, sides.cluster.now())
                refused |= held
                if len(held) == len(found):
                    break
                idle = 0 if done or len(found) < before else idle + 1
                self.say(f"{len(found)} claims left")
                await self.pause(PAUSE_SECONDS)
        return refused

    def _held(self, found: Sequence[Json], refused: Mapping[str, str], now: datetime) -> Mapping[str, str]:
        whys = {_name(one): standing(one, refused.get(_name(one), ""), now, force=self.force) for one in found}
        return {name: why for name, why in whys.items() if why}

    async def _reclaim(self, ports: Ports, found: Sequence[Json]) -> tuple[dict[str, str], int]:
        """Reclaim by hand, batch by batch: what was refused, and how much was done."""
        refused, done = dict[str, str](), 0
        for start in range(0, len(found), BATCH):
            keys = [one["metadata"] for one in found[start : start + BATCH]]
            work = RECLAIM.plan({"claims": [{"namespace": key["namespace"], "name": key["name"]} for key in keys]})
            request = f"teardown:{uuid.uuid4().hex[:8]}"
            result: Mapping[str, Any] = await work(Invocation(ports, self.policy, request, SECONDS, _quiet))
            refused |= {f"{one['namespace']}/{one['name']}": str(one["reason"]) for one in result["failed"]}
            done += sum(result["done"].values())
        return refused, done

    async def _addresses(self, cloud: Cloud) -> Sequence[Left]:
        """Release what no claim has any more: unbound, with both our tags and a mark for a name. The rest is told."""
        port = self._cloud(cloud)
        for _ in range(PATIENCE):
            found = (await port.addresses([])).items
            await self._release(port, [one for one in found if one.unbound and self._ours(one)])
            if not any(one.in_transition or (one.unbound and self._ours(one)) for one in found):
                break
            await self.pause(PAUSE_SECONDS)
        return [self._left(one) for one in (await port.addresses([])).items]

    async def _release(self, port: VpcCloud, addresses: Sequence[Address]) -> None:
        for one in addresses:
            try:
                await port.release(one.address_id, SECONDS)
            except (Conflict, Gone, Refused) as error:
                self.say(f"EIP {one.address_id}: {error.message}")
            else:
                self.say(f"EIP {one.address_id} released")

    def _left(self, address: Address) -> Left:
        bound = f"it is {address.status.value}, and no claim says where"
        why = bound if self._ours(address) else "its name or a tag is not as we set it"
        return Left(f"EIP {address.address_id} {address.public_ip}".rstrip(), f"{why}: release it by hand")

    def _ours(self, address: Address) -> bool:
        return address.carries(identity.tags(self.settings.cluster_id)) and identity.is_mark(address.name)

    def _cloud(self, cloud: Cloud) -> VpcCloud:
        async def call(action: str, params: Mapping[str, object]) -> Mapping[str, object]:
            return await cloud.call("vpc", action, params)

        return VpcCloud(call, self.settings.cluster_id, self.settings.vpc_id)


def standing(claim: Json, refusal: str, now: datetime, *, force: bool) -> str:
    """Why no further run would end a claim, as it is after one; empty where one may.

    That its pod lives is what the run's refusal says, or the condition InUse, which the run has written. Nobody has
    looked while an intent is in flight: what the claim says is then of before, and its pod may have ended.
    """
    if refusal.startswith("PodAlive"):
        return refusal
    if (claim["metadata"].get("annotations") or {}).get(identity.PAUSED) == "true":
        return f"it is paused: take the annotation {identity.PAUSED} off"
    try:
        read = Claim.model_validate_json(json.dumps(claim))
    except ValidationError:
        return ""
    ready, intent = read.status.condition("Ready"), read.status.intent
    in_use = read.deleting and ready is not None and ready.reason == "InUse"
    if force or not in_use or (intent is not None and now - intent.at < IN_FLIGHT):
        return ""
    return "PodAlive: it is deleted, and its pod lives"


async def _page(cluster: Cluster, further: str = "") -> Json | None:
    """A page of claims; None where the CRD is not installed."""
    try:
        return await cluster.send("GET", f"{CLAIMS}?limit=500{further}")
    except (Gone, Refused) as error:
        if error.reason in {"NotFound", "NotServed"}:
            return None
        raise


async def claims(cluster: Cluster) -> Sequence[Json]:
    """All claims as they are; none where the CRD is not installed."""
    found, further = list[Json](), ""
    while True:
        page = await _page(cluster, further)
        if page is None:
            return found
        found += page["items"]
        token = page["metadata"].get("continue")
        if not token:
            return found
        further = f"&continue={token}"


async def addresses(cloud: Cloud, settings: Settings) -> Sequence[Json]:
    """The EIPs that carry the cluster's tag, as the API tells them."""
    found, total = list[Json](), 1
    asked = {"Filters": [{"Name": f"tag:{identity.TAG_CLUSTER}", "Values": [settings.cluster_id]}], "Limit": 100}
    while len(found) < total:
        page = await cloud.call("vpc", "DescribeAddresses", {**asked, "Offset": len(found)})
        total = int(page["TotalCount"]) if page["AddressSet"] else 0
        found += page["AddressSet"]
    return found


def _name(claim: Json) -> str:
    return f"{claim['metadata']['namespace']}/{claim['metadata']['name']}"


def _quiet(event: str, **fields: object) -> None:
    del event, fields
