"""What makes a controller run: a while after something has changed, once for all the changes until then."""

from __future__ import annotations

from collections.abc import Callable

from emulator.cluster.resources import Resource

Schedule = Callable[[float, Callable[[], None]], None]
"""Has a callback run so many seconds from now."""


class Loop:
    """Runs `step` a while after a change of what it watches. A step looks at everything: no change is missed."""

    def __init__(
        self, schedule: Schedule, watched: frozenset[Resource], delay: Callable[[], float], step: Callable[[], None]
    ) -> None:
        """A loop that rests."""
        self._schedule = schedule
        self._watched = watched
        self._delay = delay
        self._step = step
        self._awake = False

    def notice(self, resource: Resource) -> None:
        """Wake if that is watched."""
        if resource in self._watched and not self._awake:
            self._awake = True
            self._schedule(self._delay(), self._run)

    def _run(self) -> None:
        self._awake = False
        self._step()
