"""How many examples a fuzzer draws: a share of the usual 100, so that `--fuzz N` makes all of them N times as many."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

USUAL = 100


def load_profile(times: int) -> None:
    """The same examples in each run; with `times` so many times more, drawn anew, and it is said how to repeat them."""
    free = times > 0
    settings.register_profile(
        "chosen",
        derandomize=not free,
        print_blob=free,
        max_examples=USUAL * max(1, times),
        database=None,
        deadline=None,
    )
    settings.load_profile("chosen")


def examples(number: int, *suppressed: HealthCheck) -> settings:
    """So many in each run, and as many times more as `--fuzz` asks for."""
    return settings(max_examples=number * settings().max_examples // USUAL, suppress_health_check=suppressed)
