"""The table of events in docs/operations.md has exactly the reasons that the code can send."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from shared.core.outcome import FAILED

ROOT = Path(__file__).parents[1]
SHARED = sorted((ROOT / "shared").rglob("*.py"))
CORE = [path for path in SHARED if path.is_relative_to(ROOT / "shared/core")]

REASON_AT = {"Told": 0, "Rejection": 0, "InputRejected": 0, "block": 2}
"""Where these calls of the core take the reason. Rejections, and input that is rejected, become events as they are."""

UNSENT = {"Allocated", "SuperNode"}
"""Of a claim that lacks nothing; and of pods that do not ask us, which `policy.read` says before it says why."""

PASSED_ON = {"core/deeds/giving.py", "core/deeds/telling.py", "core/outcome.py", "effects.py"}
"""Where an event's reason is a variable, from what `_sent` reads: notes, `block`, `_unmet`, `FAILED`, rejections."""


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def _literal(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _first_of_pairs(path: Path) -> Iterator[str]:
    """Of (reason, message) as they are noted of a request, or returned by what compares it with the claim."""
    for call in _calls(path, "notes.append"):
        if isinstance(call.args[0], ast.Tuple):
            yield from _literal(call.args[0].elts[0])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == "_unmet":
            pairs = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            yield from (text for pair in pairs if isinstance(pair, ast.Tuple) for text in _literal(pair.elts[0]))


def _sent() -> set[str]:
    found = set(FAILED.values())
    for path in CORE:
        found.update(_first_of_pairs(path))
        for name, position in REASON_AT.items():
            found.update(text for call in _calls(path, name) for text in _literal(call.args[position]))
    return found - UNSENT


def test_the_operations_page_has_exactly_the_events_that_can_be_sent() -> None:
    """A reason that is not there is what somebody searches for at night."""
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = page.split("### Events", 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")][1:]

    assert {reason for cell in cells for reason in re.findall(r"\w+", cell)} == _sent()


def test_no_event_gets_its_reason_from_where_the_table_is_not_kept() -> None:
    """Else the comparison above would miss it: teach `_sent` the new source, then list it here."""
    passing: set[str] = set()
    for path in SHARED:
        if any(not list(_literal(call.args[0])) for call in _calls(path, "Told")):
            passing.add(str(path.relative_to(ROOT / "shared")))

    assert passing == PASSED_ON
