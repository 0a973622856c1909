"""How a plan and an explanation are printed, of whichever cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

Line = Mapping[str, object]
TITLES = {
    "functions": "FUNCTIONS",
    "namespace": "NAMESPACE",
    "name": "NAME",
    "does": "DOES",
    "rule": "RULE",
    "reason": "WHY",
}


def plan(lines: Sequence[Line], *, as_json: bool) -> None:
    """A table, or one JSON list."""
    if as_json:
        print(json.dumps(list(lines)))
        return
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 200
    table = Table(box=None, pad_edge=False)
    for title in TITLES.values():
        table.add_column(title, no_wrap=title != TITLES["reason"])
    for one in lines:
        cells = {**one, "functions": ", ".join(one["functions"])}  # type: ignore[arg-type]
        table.add_row(*(str(cells[name]) for name in TITLES))
    console.print(table)


def explanation(explained: Line, past: Sequence[Line], *, as_json: bool) -> None:
    """The world as JSON, the decisions as a table, and what happened so far, a line each; or one JSON object."""
    if as_json:
        print(json.dumps({**explained, "history": list(past)}))
        return
    console = Console(highlight=False, soft_wrap=True)
    if console.is_terminal:
        console.print_json(json.dumps(explained["world"]))
    else:
        print(json.dumps(explained["world"], indent=2))
    decisions = explained["decisions"]
    plan(decisions if isinstance(decisions, list) else [], as_json=False)
    for one in past:
        kind = "Warning" if one["warning"] else "Normal "
        console.print(f"{one['at']} {kind} {one['kind']}: {one['reason']}: {one['message']}", markup=False)
