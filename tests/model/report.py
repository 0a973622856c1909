"""What a search found, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.core import table
from tests.model.search import Report

SECTIONS = (table.NO_CLAIM, table.ANY_CLAIM, table.DELETING, table.ALIVE, table.NO_ADDRESS, table.HAS_ADDRESS)
"""All but ORPHAN, whose sweep has no claim and is not modelled."""


def silent_rows(reports: Iterable[Report]) -> list[str]:
    """The rows of the table that fired in none of them."""
    fired = {rule for report in reports for rule, _ in report.rows}
    return sorted({row.rule for section in SECTIONS for row in section} - fired)


def lines(report: Report) -> Iterator[str]:
    """The report of one scenario."""
    rate = int(report.states / report.seconds) if report.seconds else 0
    cut = f", CUT: {report.cut}" if report.cut else ""
    yield f"{report.scenario.name}: {report.scenario.about}"
    yield (
        f"    {report.states} states, {report.transitions} transitions, depth {report.depth}, "
        f"{report.seconds:.1f} s, {rate} states/s{cut}"
    )
    yield f"    rows: {' '.join(sorted({rule for rule, _ in report.rows}))}"
    for end, count in sorted(report.ends.items()):
        yield f"    documented end, {count} states: {end}"
    for race, count in sorted(report.races.items()):
        yield f"    documented race, {count} times: {race}"
    for found in report.violations.values():
        yield f"    VIOLATION, {found.count} times: {found.name}"
        yield from (f"      {number:>2}. {step}" for number, step in enumerate(found.trace, 1))
