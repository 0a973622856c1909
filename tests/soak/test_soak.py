"""A few rounds of the random machine; `python -m tests.soak` goes on for as long as asked."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.soak.machine import Machine


class TestMachine(Machine.TestCase):  # type: ignore[misc,name-defined]
    """The same steps each time."""

    settings = settings(max_examples=8, stateful_step_count=30, suppress_health_check=list(HealthCheck))
