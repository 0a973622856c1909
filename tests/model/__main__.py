"""`python -m tests.model [SCENARIO...] [--seconds N]`: explores scenarios whole, each for at most so long.

Ends with an error where something broke, or where all were explored and some row of the table never fired.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.model.report import lines, silent_rows
from tests.model.scenarios import SCENARIOS
from tests.model.search import explore


def main() -> int:
    """0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all by default")
    parser.add_argument("--seconds", type=float, default=600.0, help="for each, then it is CUT (600)")
    parser.add_argument("--processes", type=int, default=2, help="side by side (2)")
    given = parser.parse_args()
    names = given.scenario or list(SCENARIOS)
    unknown = set(names) - set(SCENARIOS)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    reports = []
    with ProcessPoolExecutor(given.processes) as pool:
        for done in as_completed([pool.submit(explore, name, given.seconds) for name in names]):
            reports.append(done.result())
            print("\n".join(lines(reports[-1])), flush=True)  # noqa: T201 - a command line speaks on standard output
    silent = silent_rows(reports) if len(reports) == len(SCENARIOS) else []
    if silent:
        print(f"rows that fired nowhere: {' '.join(silent)}")  # noqa: T201 - as above
    return int(bool(silent) or any(report.violations for report in reports))


if __name__ == "__main__":
    sys.exit(main())
