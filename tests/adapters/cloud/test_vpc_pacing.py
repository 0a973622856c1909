"""How the adapter keeps under the limits: each API by itself, and a look as patiently as it may."""

from __future__ import annotations

import anyio
import pytest

from emulator.cloud import Cloud, Fault
from emulator.timeline import Timeline
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.claim import ActionKind
from shared.core.errors import Throttled
from tests.adapters.cloud.conftest import Target, Use


def test_refusals_for_rate_slow_the_api_that_they_are_of_and_calls_taken_speed_it_up(
    cloud: Cloud, use: Use, target: Target
) -> None:
    cloud.faults.arm(Fault("throttle"))

    async def work(vpc: VpcCloud) -> list[float]:
        kinds = list(ActionKind)
        before = [vpc.rate(kind) for kind in kinds]
        with pytest.raises(Throttled):
            await vpc.set_bandwidth(target.eip, 50, 20.0)
        slowed = [vpc.rate(kind) for kind in kinds]
        await vpc.set_bandwidth(target.eip, 50, 20.0)
        return [*before, *slowed, vpc.rate(ActionKind.SET_BANDWIDTH)]

    assert use(work) == [9.5, 9.5, 9.5, 9.5, 19.0, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5 * 1.02]


def test_a_look_at_ten_thousand_eips_bears_some_refusals_for_rate(cloud: Cloud, use: Use, timeline: Timeline) -> None:
    """Each batch is as patient as if it were asked about alone: none is late for those that wait behind it."""
    ids = [f"eip-{number:08x}" for number in range(10_000)]
    for at in (5, 20, 60):
        cloud.faults.arm(Fault("throttle", "DescribeAddresses", skip=at))
    began = timeline.now()

    found = use(lambda vpc: vpc.named_addresses(ids))

    assert (found.items, found.complete) == ((), True)
    assert timeline.now() - began < 20


def test_300_purchases_side_by_side_keep_under_the_limit(cloud: Cloud, use: Use, timeline: Timeline) -> None:
    async def work(vpc: VpcCloud) -> None:
        async with anyio.create_task_group() as group:
            for number in range(300):
                group.start_soon(vpc.allocate, {}, str(number), 60.0)

    began = timeline.now()
    use(work)

    assert {call.code for call in cloud.calls.since()} == {"OK"}
    assert len(cloud.holdings()) == 300
    assert timeline.now() - began == pytest.approx(299 / 9.5, abs=0.01)
