"""A thousand pods at once, in one invocation and by the sweeps of each minute alone; virtual time, as `bench.bursts`.

Apart from the smaller bursts, since emulating it takes a minute of the machine's time.
"""

from __future__ import annotations

import sys

from bench.bursts import DEFINITION, bound_curve, burst, floor_alone, sweeps
from bench.table import Figure, Plot, main
from bench.world import Pace

NUMBER = 1000


def measure(number: int = NUMBER) -> Figure:
    """Both ways."""
    alone = floor_alone(Pace())
    rows, at_once, start = burst(number, alone)
    more, in_sweeps, tick = sweeps(number, alone)
    curves = {"one invocation": bound_curve(at_once, start), "the sweeps alone": bound_curve(in_sweeps, tick)}
    plot = Plot("thousand", "seconds", f"% of {number:,} pods bound", curves)
    return Figure("A thousand pods at once", DEFINITION, [*rows, *more], [plot])


if __name__ == "__main__":
    sys.exit(main(measure))
