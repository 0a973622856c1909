"""`eipctl teardown`: giving stops first, then claims and EIPs end, and only then goes what they need for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from eipctl.deployment import manifests
from eipctl.deployment.changes import Removable
from eipctl.deployment.draining import PAUSE_SECONDS, Drain, Left, addresses, claims
from eipctl.deployment.functions import Extras
from eipctl.deployment.functions import read as read_function
from eipctl.deployment.installation import FUNCTIONS, GIVERS, Installation, Parts
from eipctl.deployment.ports import Json, Sides
from shared.core import identity

OPTIONAL = "optional/capacity.yaml"
RANKS = {"CustomResourceDefinition": 1, "Namespace": 3}
ENDING = 20
"""So many looks are given to a cluster that is still deleting a namespace."""

GIVING = frozenset({f"ClusterRoleBinding/{identity.GIVE_ACCOUNT}"})


@dataclass(frozen=True)
class Holdings:
    """What there is to be taken away."""

    claims: Sequence[Json] = field(repr=False)
    addresses: Sequence[Json] = field(repr=False)
    resources: Sequence[Removable]
    functions: Sequence[str]

    @property
    def bound(self) -> int:
        """Claims whose pods had an EIP when they were last looked at."""
        return sum(one.get("status", {}).get("phase") == "Bound" for one in self.claims)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.claims or self.addresses or self.resources or self.functions)


async def look(parts: Parts, installation: Installation, sides: Sides) -> Holdings:
    """All that is there of the installation; nothing is changed."""
    titles = [installation.function(key) for key in FUNCTIONS]
    return Holdings(
        claims=await claims(sides.cluster),
        addresses=await addresses(sides.cloud, installation.settings),
        resources=[one for one in removable(parts) if await one.there(sides)],
        functions=[one for one in titles if await read_function(sides.cloud, one) is not None],
    )


def removable(parts: Parts) -> Sequence[Removable]:
    """Everything in the order in which it goes: the last that was made first, rights before what they are bound to.

    The policy that guards finalizers goes before the CRD, and what ends claims after both.
    """
    last_first = list(reversed([*parts.cluster, *manifests.read(OPTIONAL)]))
    ordered = sorted(last_first, key=lambda one: 0 if one.kind in manifests.POLICIES else RANKS.get(one.kind, 2))
    account: list[Removable] = [
        *reversed(parts.secrets),
        *reversed(parts.roles),
        *reversed(parts.policies),
        *reversed(parts.tags),
    ]
    return [*ordered, *account]


async def stop_giving(parts: Parts, sides: Sides) -> None:
    """No function buys or binds any more: none is started, and those that run, here or elsewhere, lack the right."""
    await _stop(parts.extras[: len(GIVERS)], sides)
    for one in parts.cluster:
        if one.name in GIVING and await one.there(sides):
            await one.remove(sides)


async def teardown(parts: Parts, installation: Installation, drain: Drain, sides: Sides) -> Sequence[Left]:
    """What is left in the end. Raises EipclaimError where something cannot be done; another run goes on from there."""
    await stop_giving(parts, sides)
    left = await drain.run(sides)
    if left:
        return left
    await _stop(parts.extras[len(GIVERS) :], sides)
    for one in removable(parts):
        if await one.there(sides):
            await one.remove(sides)
            drain.say(one.name)
    return await _remains(parts, installation, drain, sides)


async def _stop(extras: Sequence[Extras], sides: Sides) -> None:
    for one in extras:
        await one.stop(sides.cloud)


async def _remains(parts: Parts, installation: Installation, drain: Drain, sides: Sides) -> Sequence[Left]:
    for _ in range(ENDING):
        holdings = await look(parts, installation, sides)
        if not holdings.resources and not holdings.addresses:
            break
        await drain.pause(PAUSE_SECONDS)
    things = [*(one.name for one in holdings.resources), *(f"EIP {one['AddressId']}" for one in holdings.addresses)]
    return [
        *(Left(one, "still there: run teardown again") for one in things),
        *(Left(f"function {one}", "deployed, but stopped: run `scf remove`") for one in holdings.functions),
    ]
