"""All benches, one after the other, with the plots of docs/performance.md: `make bench`.

The last one, on a real control plane, is left out where its programs are not there, loudly.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from bench import audit, bursts, emulator, ends, fairness, idle, peers, realtime, scale, sweep, thousand
from bench.plots import draw
from bench.table import show
from eipctl.dev import binaries

PLOTS = Path(__file__).parents[1] / "docs" / "performance"


def main() -> int:
    """0 when every mark is reached, 1 when one is not."""
    console = Console(highlight=False)
    reached = True
    for bench in (bursts, thousand, realtime, ends, fairness, idle, audit, emulator, sweep, scale):
        figure = bench.measure()
        show(figure, console)
        for plot in figure.plots:
            draw(plot, PLOTS)
        reached = reached and figure.reached
    if binaries.locate() is None:
        console.print(f"Beside running peers: !!! LEFT OUT !!! there is no control plane: {binaries.HOW}")
        return 0 if reached else 1
    console.width = max(console.width, peers.WIDTH)
    return 0 if peers.run(peers.PODS, faults=True, console=console) and reached else 1


if __name__ == "__main__":
    sys.exit(main())
