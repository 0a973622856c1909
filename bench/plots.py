"""Curves as SVG: axes, ticks and lines, which need no library."""

from __future__ import annotations

from html import escape
from pathlib import Path

from bench.table import Plot

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 320, 60, 46, 14, 150
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
TICKS = 5


def draw(plot: Plot, folder: Path) -> None:
    """The plot, as `<name>.svg` in the folder."""
    points = [point for curve in plot.curves.values() for point in curve]
    most_x, most_y = max(x for x, _ in points), max(y for _, y in points)

    def at(x: float, y: float) -> tuple[float, float]:
        across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return round(LEFT + across * x / most_x, 1), round(HEIGHT - BOTTOM - up * y / most_y, 1)

    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for tick in range(TICKS + 1):
        x, y = most_x * tick / TICKS, most_y * tick / TICKS
        (x0, bottom), (left, y0) = at(x, 0), at(0, y)
        parts.append(f'<path d="M{left} {y0}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{x0}" y="{bottom + 16}" text-anchor="middle">{x:,.3g}</text>')
        parts.append(f'<text x="{left - 6}" y="{y0 + 4}" text-anchor="end">{y:,.3g}</text>')
    for number, (name, curve) in enumerate(plot.curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x},{y}" for x, y in (at(*point) for point in curve))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 14 + 18 * number}" fill="{colour}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">{escape(plot.x)}: across; {escape(plot.y)}: up</text>')
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plot.name}.svg").write_text("\n".join([head, *parts, "</svg>", ""]), encoding="utf-8")
