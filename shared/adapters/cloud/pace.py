"""Pacing: each API takes a number of calls a second from one role; whoever asks faster is refused.

Turns come evenly, a little under the documented rate, since the limit counts calls as they arrive. A refusal for rate
means that somebody else uses the same budget (another invocation, the console): the pace is halved, for those who wait
already too, and grows back slowly, so that several invocations share the budget without knowing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from shared.core.errors import Throttled

SAFETY = 0.95
SLOWEST = 0.5
RECOVERY = 1.02

WINDOW = 1.0
"""Seconds over which the cloud counts: refusals so close together tell the same thing."""


class Pace:
    """The turns of one API, in the order of asking."""

    def __init__(self, per_second: float) -> None:
        """Start at a little under the documented rate."""
        self._full = per_second * SAFETY
        self._rate = self._full
        self._next = 0.0
        self._slowed_at = float("-inf")
        self._line = anyio.Lock()
        self._waiting = 0

    @property
    def rate(self) -> float:
        """Calls a second at present."""
        return self._rate

    async def turn(self, within: float) -> None:
        """Returns when it is this caller's turn.

        Raises Throttled when that takes longer than `within` seconds: at once where it can be foreseen.
        """
        expected = max(0.0, self._next - anyio.current_time()) + self._waiting / self._rate
        if expected <= within:
            self._waiting += 1
            try:
                with anyio.move_on_after(within):
                    return await self._wait_in_line()
            finally:
                self._waiting -= 1
        raise Throttled("NoTurn", f"no turn within {max(0.0, within):.0f} s at {self._rate:.1f} calls a second")

    async def _wait_in_line(self) -> None:
        async with self._line:
            at = anyio.current_time()
            while at < self._next:  # a refusal may put the turn off in the meantime
                at = self._next
                await anyio.sleep_until(at)
            self._next = max(at, anyio.current_time()) + 1 / self._rate

    def accepted(self) -> None:
        """A call was taken: a little faster again, up to the full pace."""
        self._rate = min(self._full, self._rate * RECOVERY)

    def refused(self) -> None:
        """A call was refused for rate: half as fast, once for all refusals of one second."""
        now = anyio.current_time()
        if now - self._slowed_at >= WINDOW:
            self._slowed_at = now
            self._rate = max(SLOWEST, self._rate / 2)
        self._next = max(self._next, now + 1 / self._rate)


LIMITS: Mapping[str, int] = {
    "AllocateAddresses": 10,
    "AssociateAddress": 10,
    "DisassociateAddress": 10,
    "ReleaseAddresses": 10,
    "ModifyAddressesBandwidth": 20,
    "DescribeAddresses": 20,
    "DescribeNetworkInterfaces": 100,
}
"""Calls a second for an API, access region and sub-account (product pages 1278/109059 and 215/16699-16705)."""


def paces() -> dict[str, Pace]:
    """The turns of all APIs that are used, fresh for one invocation."""
    return {action: Pace(limit) for action, limit in LIMITS.items()}
