"""What a search found, for people."""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.search import Report


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
