"""Clocks that do not agree: the apiserver's, which only its replies tell, and the one of the functions' host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate

from eipctl.demo.stage import Stage
from shared.adapters.kubernetes.clock import ApiserverClock


class ClusterClock:
    """The apiserver's clock: so far `ahead` of the cloud's and of everybody else's."""

    def __init__(self, stage: Stage) -> None:
        """They agree, until it is told to jump."""
        self._stage = stage
        self._others: list[float] = []
        self._latest = stage.now()
        self.ahead = 0.0
        stage.cluster.api.clock = self.now

    def now(self) -> float:
        """The apiserver's time, in seconds since 1970; that of the replica that answers, if it has another one."""
        now = self._stage.now() + self.ahead + (self._others[-1] if self._others else 0.0)
        self._latest = max(self._latest, now)
        return now

    @property
    def behind(self) -> float:
        """Seconds until it is as late as it has ever said that it is."""
        return self._latest - self.now()

    @contextmanager
    def another_replica(self, off: float) -> Iterator[None]:
        """Meanwhile a replica answers whose clock is so far off."""
        self._others.append(off)
        try:
            yield
        finally:
            self._others.remove(off)


class Told:
    """What one invocation knows of that time: the product's own clock, on the `Date` headers of its replies."""

    def __init__(self, clock: ClusterClock, monotonic: Callable[[], float]) -> None:
        """No reply has come yet. `monotonic` is the clock of the functions' host."""
        self._clock = clock
        self._seen = ApiserverClock(monotonic)
        self.now = self._seen.now

    def answered(self) -> None:
        """A reply came, with its header in whole seconds."""
        self._seen.see(formatdate(self._clock.now(), usegmt=True))
