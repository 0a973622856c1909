"""What the copies of a run come to, and that none that fails is lost."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from tests.faults.branches import Branches, trunk


def told(failing: Sequence[int]) -> tuple[str, dict[int, str]]:
    """A run that branches three times, as something that takes every error for its own."""
    branches = Branches[int, str]()

    def run() -> str:
        for number in range(3):
            try:
                taken = branches.take(number)
            except RuntimeError:
                continue
            if taken and number in failing:
                raise KeyError(number)
            if taken:
                return f"branch {number}"
        return "trunk"

    return branches.play(run)


def gone(key: int) -> tuple[str, dict[int, str]]:
    """A run one of whose branches ends without a word."""
    branches = Branches[int, str]()

    def run() -> str:
        if branches.take(key):
            os._exit(3)
        return "trunk"

    return branches.play(run)


def test_each_branch_goes_on_in_its_own_way_and_the_run_in_its() -> None:
    with trunk() as process:
        assert process.apply(told, [()]) == ("trunk", {number: f"branch {number}" for number in range(3)})


@pytest.mark.parametrize("failing", [(0,), (0, 1, 2)])
def test_a_branch_that_fails_fails_the_whole_wherever_that_is_noticed(failing: Sequence[int]) -> None:
    with trunk() as process, pytest.raises(RuntimeError, match="KeyError: 0"):
        process.apply(told, [failing])


def test_so_does_one_that_ends_without_a_word() -> None:
    with trunk() as process, pytest.raises(RuntimeError, match="7: the process ended"):
        process.apply(gone, [7])
