"""Everything at once: the functions race, calls are lost and delayed, users do not wait; afterwards all is well."""

from __future__ import annotations

import pytest

from tests.loop.storm import Storm

pytestmark = pytest.mark.no_cover

SEEDS = 24


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_a_storm_every_pod_has_its_one_address_and_nothing_is_left_over(seed: int) -> None:
    """The seed in the test's name replays the storm."""
    storm = Storm(seed)

    storm.blow()

    assert storm.check() == []
