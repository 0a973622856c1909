"""The scenarios."""

from __future__ import annotations

from tests.model.scenario import Scenario

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("first-bind", "a pod is born, served, and goes; both functions may die at every step"),
    )
}
