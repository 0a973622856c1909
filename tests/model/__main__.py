"""`python -m tests.model [SCENARIO...] [--seconds N]`: explores them, two at a time; all of them by default."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.model.report import lines
from tests.model.scenarios import SCENARIOS
from tests.model.search import explore


def main() -> int:
    """The number of scenarios with a violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="all by default")
    parser.add_argument("--seconds", type=float, default=600.0, help="for each")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    bad = 0
    with ProcessPoolExecutor(given.processes) as pool:
        running = [pool.submit(explore, name, given.seconds) for name in given.scenario or SCENARIOS]
        for done in as_completed(running):
            report = done.result()
            sys.stdout.write("\n".join(lines(report)) + "\n")
            sys.stdout.flush()
            bad += bool(report.violations)
    return bad


if __name__ == "__main__":
    sys.exit(main())
