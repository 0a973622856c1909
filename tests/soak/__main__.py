"""`python -m tests.soak --seconds N --seed S`: the random machine for as long as asked, each round by its own seed."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.kinds import by_fault, unplayed
from tests.soak.machine import Machine

EXAMPLES, STEPS = 5, 40


def soak(number: int, *, shrink: bool) -> None:
    """Some rounds. Raises what the machine found, with the steps that lead there; to `shrink` them takes minutes."""
    free = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=False,
        database=None,
        deadline=None,
        print_blob=False,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Machine), settings=free)  # type: ignore[no-untyped-call] # as published


def main() -> int:
    """The exit code: 1 where something was found."""
    arguments = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0, help="begin no new round after that")
    arguments.add_argument("--seed", type=int, default=0, help="of the first round; the next ones count up from it")
    arguments.add_argument("--rounds", type=int, help="so many in place of the seconds")
    arguments.add_argument("--shrink", action="store_true", help="look for the shortest steps that break it: minutes")
    given = arguments.parse_args()
    end, number = time.monotonic() + given.seconds, given.seed
    while True:
        try:
            soak(number, shrink=given.shrink)
        except Exception:  # noqa: BLE001 - whatever it is, it is the finding
            traceback.print_exc()
            sys.stderr.write(f"replay: python -m tests.soak --rounds 1 --seed {number} (--shrink for fewer steps)\n")
            return 1
        number += 1
        sys.stdout.write(f"seed {number - 1}: well; {by_fault(Machine.total)}\n")
        sys.stdout.flush()
        if number - given.seed >= given.rounds if given.rounds else time.monotonic() >= end:
            sys.stdout.write(f"never played: {', '.join(unplayed(+Machine.total)) or 'none of F1 to F25'}\n")
            return 0


sys.exit(main())
