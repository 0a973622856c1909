"""The last deed upon a pod is no less worth a second try than the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TypeVar

import pytest

from eipctl.demo.stage import Stage
from emulator.timeline import run
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Refused, Throttled, Unavailable
from shared.core.table import Role
from shared.functions import BIND
from tests.demo.interference import invoke
from tests.loop.scenes import hints, pod

T = TypeVar("T")


class Once:
    """The first call of that name fails, and is not made."""

    def __init__(self, name: str, error: EipclaimError) -> None:
        """Wait for it."""
        self._name, self._errors = name, [error]

    def begin(self, role: Role) -> None:
        """Nothing depends on who calls."""

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        """The call, or its failure."""
        if name == self._name and self._errors:
            raise self._errors.pop()
        return await make()


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("NotSent", "all connections are in use"),
        Throttled("TooManyRequests", "later"),
        Ambiguous("NoAnswer", "the connection broke"),
        Conflict("Conflict", "the pod is written to by many"),
    ],
)
def test_a_pod_that_could_not_be_told_is_told_by_the_same_invocation(error: EipclaimError) -> None:
    """It was left to the next sweep, up to a minute later, with its EIP bound."""
    stage = Stage()
    stage.cluster.apply(pod("a"))
    stage.timeline.advance(5)

    run(stage.timeline, invoke(stage, BIND, hints(["a"], stage.now()), Once("patch_pod_status", error), "bind"))

    assert stage.sees.told(stage.sees.pod("a")) is not None
    assert stage.sees.phase("a") == "Bound"


def test_what_is_refused_for_good_is_not_asked_for_again_by_the_same_invocation() -> None:
    """A right that is gone, or a webhook's no: until somebody mends it each sweep would go on to its time limit."""
    stage = Stage()
    stage.cluster.apply(pod("a"))
    stage.timeline.advance(5)
    refused = Once("patch_pod_status", Refused("Forbidden", "a webhook says no"))
    began = stage.now()

    run(stage.timeline, invoke(stage, BIND, hints(["a"], began), refused, "bind"))

    assert stage.sees.told(stage.sees.pod("a")) is None
    assert stage.now() - began < 15
