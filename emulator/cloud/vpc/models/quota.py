"""How many EIPs an account may have, and buy in a day."""

from __future__ import annotations

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.errors import CloudError

_DAY = 86_400


class Quota:
    """The account's purchases of the day; the limits are the knobs'."""

    def __init__(self, behaviour: Behaviour) -> None:
        """Nothing bought yet."""
        self._behaviour = behaviour
        self._day = 0
        self._bought = 0

    def bought_today(self, now: float) -> int:
        """How many were bought since midnight, UTC."""
        if int(now // _DAY) != self._day:
            self._day, self._bought = int(now // _DAY), 0
        return self._bought

    def buy(self, count: int, owned: int, now: float) -> None:
        """Count a purchase. Raises CloudError with a code of AddressQuotaLimitExceeded, and counts nothing then."""
        if owned + count > self._behaviour.address_quota:
            raise CloudError("AddressQuotaLimitExceeded", f"The account has {owned} EIPs; its quota is reached.")
        if self.bought_today(now) + count > self._behaviour.daily_quota:
            raise CloudError("AddressQuotaLimitExceeded.DailyAllocate", "The day's quota of purchases is reached.")
        self._bought += count
