"""How the demo is shown: a live table on a terminal, plain lines without one."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from eipctl.demo.script import Scene, Step
    from eipctl.demo.stage import Stage
    from eipctl.demo.views import Row

SVG_WIDTH = 118
FRAME_SECONDS = 0.02
WIDE = 112
LEFT_OUT_WHERE_NARROW = {"NODE", "PRIVATE IP", "EIP"}
COLUMNS = ("POD", "POD STATE", "NODE", "PRIVATE IP", "PUBLIC IP", "EIP", "CLAIM", "RETENTION")
PHASE_STYLES = {"Bound": "green", "Retained": "cyan", "Blocked": "red", "Releasing": "magenta", "Unbinding": "magenta"}


def watch(stage: Stage, scenes: Sequence[Scene], played: Iterable[tuple[Scene, Step]], svg: Path | None) -> list[Step]:
    """Show the steps as they are done; returns them all."""
    console = Console(highlight=False)
    lines: list[Text] = []
    steps: list[Step] = []
    with Live(console=console, auto_refresh=False, transient=True) as live:
        if console.is_terminal:
            stage.on_change = lambda: _frame(live, _picture(stage, scenes, lines, console.width))
        for scene, step in played:
            steps.append(step)
            lines.append(_line(stage, scene, step))
            live.console.print(lines[-1], soft_wrap=not console.is_terminal)
        stage.on_change = None
        live.update("", refresh=True)
    if svg is not None:
        svg.write_text(_svg(stage, lines), encoding="utf-8")
    return steps


def _frame(live: Live, picture: Group) -> None:
    """One moment; the pause is for the eye alone."""
    live.update(picture, refresh=True)
    time.sleep(FRAME_SECONDS)


def _picture(stage: Stage, scenes: Sequence[Scene], lines: list[Text], width: int) -> Group:
    """What is being done, and pods and claims as they are now."""
    doing = Text(f"{stage.clock()} ...  {scenes[min(len(lines), len(scenes) - 1)].title}", "bold")
    return Group(doing, _table(stage.sees.rows(), stage.clock(), width))


def _line(stage: Stage, scene: Scene, step: Step) -> Text:
    """One step in one line."""
    mark = Text("ok  ", "green") if step.ok else Text("FAIL", "bold red")
    return Text.assemble(f"{stage.clock()} ", mark, f" {scene.title}: {step.detail}")


def _table(rows: list[Row], clock: str, width: int = SVG_WIDTH) -> Table:
    table = Table(title=f"pods and claims, {clock}", title_justify="left")
    shown = [name for name in COLUMNS if width >= WIDE or name not in LEFT_OUT_WHERE_NARROW]
    for name in shown:
        table.add_column(name, no_wrap=True)
    for row in rows:
        phase = Text(row.phase, PHASE_STYLES.get(row.phase, ""))
        cells: tuple[str | Text, ...] = (
            row.name,
            row.pod,
            row.node,
            row.private_ip,
            row.public_ip,
            row.address_id,
            phase,
            row.retention,
        )
        table.add_row(*(cell for name, cell in zip(COLUMNS, cells, strict=True) if name in shown))
    return table


def _svg(stage: Stage, lines: list[Text]) -> str:
    """The demo as a picture for a document: the table in the middle of the story, then all steps."""
    console = Console(record=True, width=SVG_WIDTH, force_terminal=True, file=io.StringIO(), highlight=False)
    if stage.snapshot is not None:
        rows, clock = stage.snapshot
        console.print(_table(rows, f"{clock}, in the middle of the story"))
    for line in lines:
        console.print(line)
    # Without the fonts that the picture would fetch from elsewhere: the viewer's own monospaced one serves.
    return re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="eipctl demo"), flags=re.DOTALL)
