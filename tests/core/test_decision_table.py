"""The table as a whole: its document, and what every row has."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path

import pytest

from shared.core import table
from shared.core.table import Row
from tests.core.decision_table import SECTIONS, render

DOCUMENT = Path(__file__).parents[2] / "docs" / "decision-table.md"
ROWS: tuple[Row, ...] = tuple(row for _, _, rows in SECTIONS for row in rows)


def rules(rows: Iterable[Row]) -> list[str]:
    """Their names, in order."""
    return [row.rule for row in rows]


def test_the_document_is_what_the_rows_say() -> None:
    """After a change: `python -m tests.core.decision_table > docs/decision-table.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("row", ROWS, ids=rules(ROWS))
def test_every_row_is_explained(row: Row) -> None:
    deed = inspect.getdoc(row.then)

    assert row.why
    assert deed
    assert "|" not in row.why + deed.split("\n")[0]


def test_a_rule_stands_once_in_a_section() -> None:
    for _, _, rows in SECTIONS:
        assert len(rules(rows)) == len(set(rules(rows)))


def test_what_a_claim_without_an_eip_and_one_with_an_unbound_eip_end_in_is_the_same() -> None:
    assert table.NO_ADDRESS[-len(table.ENDING) :] == table.HAS_ADDRESS[-len(table.ENDING) :] == table.ENDING
