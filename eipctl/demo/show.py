"""How the demo is shown: a live table on a terminal, plain lines without one."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from eipctl.demo.script import Scene, Step
    from eipctl.demo.stage import Row, Stage

WIDTH = 118
FRAME_SECONDS = 0.02
PHASE_STYLES = {"Bound": "green", "Retained": "cyan", "Blocked": "red", "Releasing": "magenta", "Unbinding": "magenta"}


def watch(stage: Stage, steps: Iterator[tuple[Scene, Step]], svg: Path | None) -> list[Step]:
    """Show the steps as they are done; returns them all."""
    console = Console(highlight=False, record=svg is not None, width=WIDTH if svg is not None else None)
    done: list[tuple[Scene, Step]] = []
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            stage.on_change = lambda: _frame(live, stage, done)
            for pair in steps:
                done.append(pair)
                live.update(picture(stage, done), refresh=True)
            stage.on_change = None
        console.print(picture(stage, done))
    else:
        for scene, step in steps:
            done.append((scene, step))
            console.print(line(stage, scene, step), soft_wrap=True)
    if svg is not None:
        svg.write_text(_svg(stage, done), encoding="utf-8")
    return [step for _, step in done]


def _frame(live: Live, stage: Stage, done: list[tuple[Scene, Step]]) -> None:
    """One moment; the pause is for the eye alone."""
    live.update(picture(stage, done), refresh=True)
    time.sleep(FRAME_SECONDS)


def line(stage: Stage, scene: Scene, step: Step) -> Text:
    """One step in one line."""
    mark = Text("ok  ", "green") if step.ok else Text("FAIL", "bold red")
    return Text.assemble(f"{stage.clock()} ", mark, f" {scene.title}: {step.detail}")


def picture(stage: Stage, done: list[tuple[Scene, Step]]) -> Group:
    """The steps so far, and pods and claims as they are now."""
    steps = Text("\n").join([line(stage, scene, step) for scene, step in done])
    return Group(steps, _table(stage.rows(), stage.clock()))


def _table(rows: list[Row], clock: str) -> Table:
    table = Table(title=f"pods and claims, {clock}", title_justify="left", expand=False)
    for name in ("POD", "POD STATE", "NODE", "PRIVATE IP", "PUBLIC IP", "EIP", "CLAIM", "RETENTION"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        phase = Text(row.phase, PHASE_STYLES.get(row.phase, ""))
        table.add_row(row.name, row.pod, row.node, row.private_ip, row.public_ip, row.address_id, phase, row.retention)
    return table


def _svg(stage: Stage, done: list[tuple[Scene, Step]]) -> str:
    """The picture of a demo that a document can show: the table in the middle of the story, then all steps."""
    console = Console(record=True, width=WIDTH, force_terminal=True, file=io.StringIO())
    if stage.snapshot is not None:
        console.print(_table(*stage.snapshot))
    for scene, step in done:
        console.print(line(stage, scene, step))
    return console.export_svg(title="eipctl demo")
