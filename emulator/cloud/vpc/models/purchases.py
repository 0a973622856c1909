"""What the ClientTokens of AllocateAddresses have bought: the same token must not buy twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.errors import CloudError


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a call bought."""

    address_ids: tuple[str, ...]
    task_id: int


@dataclass(frozen=True, slots=True)
class _Remembered:
    purchase: Purchase
    params: Mapping[str, Any]
    at: float


class Purchases:
    """The purchases by token, as long as the cloud remembers them."""

    def __init__(self, behaviour: Behaviour) -> None:
        """None."""
        self._behaviour = behaviour
        self._by_token: dict[str, _Remembered] = {}

    def remember(self, token: str, params: Mapping[str, Any], purchase: Purchase, now: float) -> None:
        """Note what `token` has bought with `params`."""
        self._by_token[token] = _Remembered(purchase, params, now)

    def recall(
        self, token: str, params: Mapping[str, Any], now: float, alive: Callable[[str], bool]
    ) -> Purchase | None:
        """What the token bought before, if that is to be answered again. Raises CloudError if the params differ."""
        known = self._by_token.get(token)
        if known is None or now - known.at > self._behaviour.token_lifetime_seconds:
            return None
        if known.params != params:
            raise CloudError(self._behaviour.token_mismatch_code, "The ClientToken was used with other parameters.")
        released = not any(alive(address_id) for address_id in known.purchase.address_ids)
        if released and self._behaviour.token_after_release == "buy anew":
            return None
        return known.purchase
