"""The rate limits: calls per second for each API and identity.

The documentation says that calls are counted at arrival, but not which second is meant. Here it is the last one,
sliding, and only calls that were let in count: the strictest reading that still serves a caller at exactly the limit.
"""

from __future__ import annotations

from collections import defaultdict, deque

_WINDOW = 1.0


class RateLimits:
    """What arrived in the last second."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._arrivals: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, identity: str, api: str, per_second: int, now: float) -> bool:
        """Whether a call that arrives now is let in; if so it counts against those that follow."""
        arrivals = self._arrivals[identity, api]
        while arrivals and arrivals[0] <= now - _WINDOW:
            arrivals.popleft()
        if len(arrivals) >= per_second:
            return False
        arrivals.append(now)
        return True
