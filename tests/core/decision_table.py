"""Writes the document of the table: `python -m tests.core.decision_table > docs/decision-table.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable

from shared.core import table
from shared.core.table import Row

INTRODUCTION = """\
# The decision table

Generated from the rows of `shared/core/table.py`; a test keeps it so.

What is to be done about one claim and its pod: the first row that holds decides, in the order below, whoever looks.
Where the row's deed is not the looking role's (*by*: give is allocate and bind, take is reclaim), the answer is wait.
*Phase* is what the deed writes as the claim's phase; without one it stays as it is.

Whatever the row: what unbinds, releases, deletes or removes a finalizer waits under `EIPCLAIM_FREEZE`, and is decided
once more after a fresh GET of the pod before it is carried out; a call to the cloud waits while its kind of action is
in back-off.
"""

SECTIONS = (
    ("An EIP without a claim", "An EIP with our tags and a mark that no claim of a complete list has.", table.ORPHAN),
    ("No claim", "There is a pod, and no claim of its name.", table.NO_CLAIM),
    ("Any claim", "There is a claim. Then one of the sections below decides.", table.ANY_CLAIM),
    ("Deleting", "The claim has a deletionTimestamp.", table.DELETING),
    ("Alive", "The claim is not deleted. Then one of the last two sections decides.", table.ALIVE),
    ("No address", "No EIP is recorded in the claim.", table.NO_ADDRESS),
    ("Has an address", "An EIP is recorded in the claim.", table.HAS_ADDRESS),
)


def render() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *(_section(*section) for section in SECTIONS)])


def _section(title: str, what: str, rows: Iterable[Row]) -> str:
    lines = [f"## {title}", "", what, "", "| rule | by | when | what is done | phase |", "|---|---|---|---|---|"]
    lines.extend(_line(row) for row in rows)
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    by = {table.GIVE: "give", table.TAKE: "take", table.BOTH: "both"}.get(row.by, "")
    deed = (inspect.getdoc(row.then) or "").split("\n")[0]
    return f"| {row.rule} | {by} | {row.why} | {deed} | {row.phase.value if row.phase else ''} |"


if __name__ == "__main__":
    sys.stdout.write(render())
