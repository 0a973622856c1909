"""The beginning of every scenario, and the small ones whole: `python -m tests.model` explores all of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.model.checks import FALSE_LOSS, LEAK, NO_INTENT, SECOND_EIP, THEFT, UNSERVED
from tests.model.plant import PLANTS
from tests.model.report import lines, silent_rows
from tests.model.scenarios import SCENARIOS
from tests.model.search import Report, explore, explore_planted

BEGINNING = 5000
"""States of a scenario that is not explored whole."""

WHOLE = ("first-bind", "deleted", "move", "stale-move", "stripped")

PLANTED = {
    "no IntentInFlight": ("first-bind", NO_INTENT),
    "no AllocateGrace": ("lag-forgotten", SECOND_EIP),
    "the first absence is proof": ("deleted-early", LEAK),
    "no Unseen, and no fresh look": ("off-interface", UNSERVED),
    "no fresh look": ("static", UNSERVED),
    "the name is enough": ("untagged", THEFT),
    "any list is complete": ("partial", FALSE_LOSS),
    "no AllocateGrace, and a replay has another token": ("lag", SECOND_EIP),
    "rows of others are skipped": ("dup", NO_INTENT),
}

pytestmark = pytest.mark.exhaustive

Reports = Mapping[str, "Future[Report]"]


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    """Of all scenarios, and of all planted faults, as they are done: two processes are at it."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        planted = {fault: pool.submit(explore_planted, fault, *where) for fault, where in PLANTED.items()}
        whole = {name: pool.submit(explore, name) for name in WHOLE}
        begun = {name: pool.submit(explore, name, states=BEGINNING) for name in SCENARIOS if name not in WHOLE}
        yield {**planted, **whole, **begun}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_breaks_and_everything_comes_to_a_good_rest(name: str, reports: Reports) -> None:
    report = reports[name].result()

    assert not report.violations, "\n".join(lines(report))
    assert report.states >= BEGINNING or not report.cut


def test_every_row_of_the_table_fires_somewhere(reports: Reports) -> None:
    assert silent_rows(reports[name].result() for name in SCENARIOS) == []


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_found(fault: str, reports: Reports) -> None:
    _, violation = PLANTED[fault]
    report = reports[fault].result()

    assert violation in report.violations, "\n".join(lines(report))


def test_the_way_to_a_violation_is_a_shortest_one_and_is_told_in_words(reports: Reports) -> None:
    report = reports["no fresh look"].result()

    assert report.violations[UNSERVED].trace == [
        "pod 1 object goes",
        "give0 reads the cluster",
        "give0 decides Disassociate Act",
        "pod 2 is created",
        "pod 2 gets a node",
        "pod 2 gets IP 1",
        "give0 get pod",
        "give0 writes the intent Disassociate",
        "give0 disassociate 1",
    ]
