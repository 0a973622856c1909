"""A few rounds of the random machine; `python -m tests.soak` goes on for as long as asked."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.kinds import unplayed
from tests.soak.machine import Machine

FEW = settings(max_examples=16, stateful_step_count=20, suppress_health_check=list(HealthCheck))


def test_whatever_users_platform_cloud_and_faults_do_the_invariants_hold() -> None:
    """The same steps each time."""
    run_state_machine_as_test(Machine, settings=FEW)  # type: ignore[no-untyped-call] # hypothesis leaves it untyped

    assert unplayed(+Machine.total) == []
