"""The commands on the embedded cluster: demo, plan, explain."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eipctl import plan as planning
from eipctl.demo import script, show
from eipctl.demo.audit import Audit, audit
from eipctl.demo.stage import PausedError, Stage

OK, FAILED = 0, 1
TITLES = {
    "functions": "FUNCTIONS",
    "namespace": "NAMESPACE",
    "name": "NAME",
    "does": "DOES",
    "rule": "RULE",
    "reason": "WHY",
}


def demo(*, as_json: bool, svg: Path | None = None) -> int:
    """Play all steps, then audit the emulated cloud; 1 where a step or the audit fails."""
    stage = Stage()
    played = script.play(stage, script.SCENES)
    steps = [step for _, step in played] if as_json else show.watch(stage, script.SCENES, played, svg)
    found = audit(stage)
    ok = found.clean and len(steps) == len(script.SCENES) and all(step.ok for step in steps)
    if as_json:
        print(json.dumps({"ok": ok, "steps": [asdict(step) for step in steps], "audit": found.figures()}))
    else:
        _tell(found, ok=ok)
    return OK if ok else FAILED


def _tell(found: Audit, *, ok: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    figures = ", ".join(f"{value} {name}" for name, value in found.figures().items())
    console.print(f"audit of the emulated cloud: {figures}")
    for finding in found.findings:
        console.print(f"  {finding}", style="red")
    console.print("all is well: nothing leaked, nothing left" if ok else "FAILED", style="green" if ok else "bold red")


def plan(at: float, *, as_json: bool) -> int:
    """What the next runs would do so many seconds into the demo."""
    stage = _paused(at)
    lines = stage.ask(lambda ports: planning.plan(ports, stage.policy))
    _print(lines, as_json=as_json)
    return OK


def explain(key: tuple[str, str], at: float, *, as_json: bool) -> int:
    """What is seen of one pod or claim so many seconds into the demo; 1 where there is neither."""
    stage = _paused(at)
    explained = stage.ask(lambda ports: planning.explain(ports, stage.policy, key))
    if explained is None:
        print(f"eipctl: {key[0]}/{key[1]}: no such pod or claim after {at:g} s of the demo", file=sys.stderr)
        return FAILED
    past = planning.history(stage.sees.events(), key[1])
    if as_json:
        print(json.dumps({**explained, "history": past}))
        return OK
    console = Console(highlight=False, soft_wrap=True)
    console.print_json(json.dumps(explained["world"])) if console.is_terminal else print(
        json.dumps(explained["world"], indent=2)
    )
    decisions = explained["decisions"]
    _print(decisions if isinstance(decisions, list) else [], as_json=False)
    for one in past:
        kind = "Warning" if one["warning"] else "Normal "
        console.print(
            f"{one['at']} {kind} {one['kind']}: {one['reason']}: {one['message']}",
            markup=False,
        )
    return OK


def _paused(at: float) -> Stage:
    stage = Stage(stop_after=at)
    try:
        for _ in script.play(stage, script.SCENES):
            pass
    except PausedError:
        pass
    return stage


def _print(lines: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
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
