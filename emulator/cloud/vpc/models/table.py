"""A table of EIPs that answers filters without looking at every one, and a copy of it that lags behind."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Sequence

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.vpc.models.address import Address, facts

Filters = Sequence[tuple[str, tuple[str, ...]]]
"""(filter, values): all filters must hold, each by any of its values."""

_INDEXED = frozenset({"address-name", "network-interface-id", "tag-key"})


def _indexed(fact: tuple[str, str]) -> bool:
    return fact[0] in _INDEXED or fact[0].startswith("tag:")


class AddressTable:
    """EIPs by id, in order of creation, and by tag, name and interface."""

    def __init__(self) -> None:
        """An empty table."""
        self._by_id: dict[str, Address] = {}
        self._by_serial: dict[int, Address] = {}
        self._order: list[int] = []
        self._index: dict[tuple[str, str], list[int]] = {}
        self._last: tuple[Filters, list[int]] | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self._order)

    def __iter__(self) -> Iterator[Address]:
        """All, in order of creation."""
        return (self._by_serial[serial] for serial in self._order)

    def get(self, address_id: str) -> Address | None:
        """The EIP of that id."""
        return self._by_id.get(address_id)

    def put(self, address: Address) -> None:
        """Add an EIP, or replace the one of its id."""
        before = self._by_id.get(address.address_id)
        if before is None:
            insort(self._order, address.serial)
        self._by_id[address.address_id] = self._by_serial[address.serial] = address
        self._reindex(address.serial, before, address)

    def drop(self, address_id: str) -> None:
        """Remove an EIP that is there."""
        address = self._by_id.pop(address_id)
        del self._by_serial[address.serial]
        _discard(self._order, address.serial)
        self._reindex(address.serial, address, None)

    def select(self, filters: Filters, *, newest_first: bool, offset: int, limit: int) -> tuple[int, list[Address]]:
        """How many EIPs fit, and the part of them from `offset` on."""
        serials = self._matching(filters)
        total = len(serials)
        if newest_first:
            page = [serials[-1 - at] for at in range(offset, min(offset + limit, total))]
        else:
            page = serials[offset : offset + limit]
        return total, [self._by_serial[serial] for serial in page]

    def on_interface(self, interface_id: str) -> list[Address]:
        """The EIPs at that interface."""
        return [self._by_serial[serial] for serial in self._index.get(("network-interface-id", interface_id), ())]

    def _matching(self, filters: Filters) -> list[int]:
        if not filters:
            return self._order
        if len(filters) == 1 and len(filters[0][1]) == 1 and _indexed((filters[0][0], filters[0][1][0])):
            return self._index.get((filters[0][0], filters[0][1][0]), [])
        # Whoever reads all pages asks the same question once a page, mostly with no change in between.
        if self._last is None or self._last[0] != filters:
            self._last = (filters, [serial for serial in self._candidates(filters) if self._fits(serial, filters)])
        return self._last[1]

    def _candidates(self, filters: Filters) -> Sequence[int]:
        best: Sequence[int] = self._order
        for name, values in filters:
            if name == "address-id":
                found = sorted({self._by_id[value].serial for value in values if value in self._by_id})
            elif _indexed((name, "")):
                found = sorted({serial for value in values for serial in self._index.get((name, value), ())})
            else:
                continue
            if len(found) < len(best):
                best = found
        return best

    def _fits(self, serial: int, filters: Filters) -> bool:
        known = set(facts(self._by_serial[serial]))
        return all(any((name, value) in known for value in values) for name, values in filters)

    def _reindex(self, serial: int, before: Address | None, after: Address | None) -> None:
        self._last = None
        old = {fact for fact in facts(before) if _indexed(fact)} if before else set()
        new = {fact for fact in facts(after) if _indexed(fact)} if after else set()
        for fact in old - new:
            _discard(self._index[fact], serial)
            if not self._index[fact]:
                del self._index[fact]
        for fact in new - old:
            insort(self._index.setdefault(fact, []), serial)


def _discard(serials: list[int], serial: int) -> None:
    del serials[bisect_left(serials, serial)]


class LaggingTables:
    """The EIPs as they are, and as they were some seconds ago: what a reader of a lagging replica sees."""

    def __init__(self, behaviour: Behaviour) -> None:
        """No EIP yet; the lag is the knob's, from the moment it is set."""
        self.truth = AddressTable()
        self._behaviour = behaviour
        self._replica: AddressTable | None = None
        self._unseen: deque[tuple[float, str, Address | None]] = deque()

    def put(self, address: Address, now: float) -> None:
        """Add or replace an EIP at the instant `now`, which never decreases."""
        self._remember(now, address.address_id, address)
        self.truth.put(address)

    def drop(self, address_id: str, now: float) -> None:
        """Remove an EIP at the instant `now`."""
        self._remember(now, address_id, None)
        self.truth.drop(address_id)

    def view(self, now: float) -> AddressTable:
        """What a reader sees at `now`."""
        if self._behaviour.read_lag_seconds <= 0:
            self._end_lag()
            return self.truth
        replica = self._begun()
        while self._unseen and self._unseen[0][0] <= now - self._behaviour.read_lag_seconds:
            _, address_id, address = self._unseen.popleft()
            if address is not None:
                replica.put(address)
            else:
                replica.drop(address_id)
        return replica

    def _remember(self, now: float, address_id: str, address: Address | None) -> None:
        if self._behaviour.read_lag_seconds <= 0:
            self._end_lag()
            return
        self._begun()
        self._unseen.append((now, address_id, address))

    def _end_lag(self) -> None:
        self._replica = None
        self._unseen.clear()

    def _begun(self) -> AddressTable:
        if self._replica is None:
            self._replica = AddressTable()
            for address in self.truth:
                self._replica.put(address)
        return self._replica
