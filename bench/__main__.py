"""All benches, one after the other, with the plots of docs/performance.md: `make bench`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from bench import audit, bursts, emulator, ends, fairness, idle, sweep
from bench.plots import draw
from bench.table import show

PLOTS = Path(__file__).parents[1] / "docs" / "performance"


def main() -> int:
    """0 when every mark is reached, 1 when one is not."""
    console = Console(highlight=False)
    reached = True
    for bench in (bursts, ends, fairness, idle, audit, emulator, sweep):
        figure = bench.measure()
        show(figure, console)
        for plot in figure.plots:
            draw(plot, PLOTS)
        reached = reached and figure.reached
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
