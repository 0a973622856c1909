"""What `deploy/optional/quota.yaml` does to a tenant's claims, on a real apiserver."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml

from shared.core.errors import Refused
from tests.contract.worlds import Raw, World, claim, within

QUOTA: Raw = yaml.safe_load((Path(__file__).parents[2] / "deploy/optional/quota.yaml").read_text(encoding="utf-8"))
CLAIMS = "count/eipclaims.eipclaim.io"

pytestmark = pytest.mark.parametrize("world", ["apiserver"], indirect=True)


async def test_a_claim_over_the_quota_is_refused_with_its_name(world: World) -> None:
    """The amounts in use are told by hand: no controller counts in this control plane.

    Admission learns of a quota a moment after it is told, and counts none of the claims that it let in before.
    """
    name, hard = QUOTA["metadata"]["name"], QUOTA["spec"]["hard"]
    await world.create(QUOTA)
    await world.patch("ResourceQuota", name, {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}, "status")

    numbers = itertools.count()

    async def counted() -> Raw | None:
        await world.give.create_claim(within(world, claim(f"early-{next(numbers)}")))
        quota = await world.get("ResourceQuota", name)
        assert quota is not None
        return quota if quota["status"]["used"][CLAIMS] != "0" else None

    assert (await world.eventually(counted))["status"]["used"][CLAIMS] == "1"
    for number in range(1, int(hard[CLAIMS])):
        await world.give.create_claim(within(world, claim(f"web-{number}")))
    with pytest.raises(Refused) as refused:
        await world.give.create_claim(within(world, claim("one-more")))

    assert f"exceeded quota: {name}" in refused.value.message
    assert CLAIMS in refused.value.message
