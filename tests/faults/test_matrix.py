"""Every fault at every port call of every scenario: the invariants hold all along, and the end is the clean run's."""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from shared.ports import Cloud, Cluster
from tests.dev.told import Told
from tests.faults.matrix import play_all
from tests.faults.meddling import FAULTS, TABLE, Kind
from tests.faults.scenarios import SCENARIOS


def test_every_fault_has_its_place_in_the_table_or_cannot_be() -> None:
    impossible = {(kind, fault) for kind in Kind for fault in FAULTS if fault not in TABLE[kind]}

    assert impossible == {
        (Kind.GET, "crash after"),
        (Kind.GET, "409"),
        (Kind.GET, "410"),
        (Kind.LIST, "crash after"),
        (Kind.LIST, "409"),
    }


def calls(port: type) -> list[str]:
    """The names of what may be asked of a port over the wire."""
    return [name for name, method in vars(port).items() if inspect.iscoroutinefunction(method)]


@pytest.mark.exhaustive
def test_no_fault_at_any_port_call_breaks_an_invariant(told: Told) -> None:
    clean, played = play_all()

    unspoilt = {name for port in (Cluster, Cloud) for name in calls(port)} - {case.call for case, _ in played}
    counts = Counter(SCENARIOS[case.scenario].name for case, _ in played)
    told.counted(f"{len(played)} faults at port calls: " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert unspoilt == set()
    assert [ending.findings for ending in clean.values() if ending.findings] == []
    assert [f"{case}: {wrong}" for case, wrong in played if wrong] == []
