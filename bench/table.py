"""What a bench prints: its rows against their floors and marks, the machine, or all of it as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

Curve = Sequence[tuple[float, float]]
RUNS = 5
WHOLE = 1000
"""From here on digits after the point say nothing."""


@dataclass(frozen=True)
class Row:
    """A measured value, what it is divided by, and the most that it, or its ratio to the floor, should be."""

    what: str
    measured: float
    unit: str = ""
    floor: float | None = None
    mark: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return None if self.floor is None else self.measured / self.floor

    @property
    def reached(self) -> bool:
        """Whether it is within its mark; always, where it has none."""
        value = self.measured if self.floor is None else self.measured / self.floor
        return self.mark is None or value <= self.mark


@dataclass(frozen=True)
class Plot:
    """Curves over one axis; `name` is that of its file in docs/performance."""

    name: str
    x: str
    y: str
    curves: Mapping[str, Curve]


@dataclass(frozen=True)
class Figure:
    """What one bench found."""

    title: str
    definition: str
    rows: Sequence[Row]
    plots: Sequence[Plot] = field(default=())

    @property
    def reached(self) -> bool:
        """Whether every mark was."""
        return all(row.reached for row in self.rows)

    def as_json(self) -> dict[str, object]:
        """All of it, with the ratios, and the machine that it was taken on."""
        rows = [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in self.rows]
        return {**asdict(self), "rows": rows, "machine": machine()}


def machine() -> str:
    """Where it was taken: CPU times are comparable on one machine only, ratios on any."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def median(runs: int, measure: Callable[[], float]) -> float:
    """The median of so many runs."""
    return statistics.median(measure() for _ in range(runs))


def show(figure: Figure, console: Console) -> None:
    """The table, for people."""
    table = Table("", "measured", "floor", "ratio", "mark", title=figure.title, title_justify="left")
    for row in figure.rows:
        ratio, mark = _number(row.ratio, " x"), _number(row.mark, " x" if row.floor is not None else f" {row.unit}")
        verdict = "" if row.mark is None or row.reached else "  MISSED"
        floor = _number(row.floor, f" {row.unit}")
        table.add_row(row.what, _number(row.measured, f" {row.unit}"), floor, ratio, f"{mark}{verdict}")
    console.print(table)
    console.print(f"{figure.definition}\n{machine()}\n")


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:.4g}"
    return f"{digits}{unit}".rstrip()


def main(measure: Callable[[], Figure]) -> int:
    """Run one bench as a command: 0 when every mark is reached, 1 when one is not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="for people, or for programs"
    )
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw its curves there, as SVG")
    asked = parser.parse_args()
    figure = measure()
    if asked.plots:
        from bench.plots import draw  # noqa: PLC0415 - it draws what is defined here

        for plot in figure.plots:
            draw(plot, asked.plots)
    if asked.output == "json":
        sys.stdout.write(json.dumps(figure.as_json()) + "\n")
    else:
        show(figure, Console(highlight=False))
    return 0 if figure.reached else 1
