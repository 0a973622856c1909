"""Pacing: each API takes a number of calls a second from one role; whoever asks faster is refused.

Turns are handed out evenly, a little under the documented rate, since the limit counts calls as they arrive. A refusal
for rate means that somebody else uses the same budget (another invocation, the console): the pace is halved, and grows
back slowly, so that several invocations share the budget without knowing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from shared.core.errors import Throttled

SAFETY = 0.95
SLOWEST = 0.5
RECOVERY = 1.02


class Pace:
    """The turns of one API."""

    def __init__(self, per_second: float) -> None:
        """Start at a little under the documented rate."""
        self._full = per_second * SAFETY
        self._rate = self._full
        self._next = 0.0

    @property
    def rate(self) -> float:
        """Calls a second at present."""
        return self._rate

    async def turn(self, within: float) -> None:
        """Returns when it is this caller's turn; raises Throttled at once when that would take longer than `within` seconds."""
        now = anyio.current_time()
        at = max(now, self._next)
        if at - now > within:
            raise Throttled("NoTurn", f"no turn within {within:.0f} s at {self._rate:.1f} calls a second")
        self._next = at + 1 / self._rate
        if at > now:
            await anyio.sleep(at - now)

    def accepted(self) -> None:
        """A call was taken: a little faster again, up to the full pace."""
        self._rate = min(self._full, self._rate * RECOVERY)

    def refused(self) -> None:
        """A call was refused for rate: half as fast."""
        self._rate = max(SLOWEST, self._rate / 2)
        self._next = max(self._next, anyio.current_time() + 1 / self._rate)


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
