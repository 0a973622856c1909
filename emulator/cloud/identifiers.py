"""Names for what is created: they look like the cloud's own, never repeat, and are the same in every run."""

from __future__ import annotations

import ipaddress
import itertools
import uuid
import zlib
from collections import Counter

from emulator.cloud.errors import CloudError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 8
_SPACE = len(_DIGITS) ** _LENGTH
_STRIDE = 1_618_033_988_751  # shares no factor with 36, so that a walk in such steps meets every id once
_BENCHMARKING = ipaddress.ip_network("198.18.0.0/15")  # RFC 2544: public in form, nobody's in fact


class Identifiers:
    """A source of ids; two with the same `seed` give the same ones."""

    def __init__(self, seed: int) -> None:
        """A source that starts anew."""
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """An id such as `eip-1a2b3c4d`, never given before under this prefix."""
        self._counts[prefix] += 1
        start = self._seed * 7919 + zlib.crc32(prefix.encode())
        number = (start + self._counts[prefix]) * _STRIDE % _SPACE
        digits = []
        for _ in range(_LENGTH):
            number, digit = divmod(number, len(_DIGITS))
            digits.append(_DIGITS[digit])
        return f"{prefix}-{''.join(digits)}"

    def task(self) -> int:
        """The id of an asynchronous task."""
        self._counts["task"] += 1
        return 100_000_000 + self._counts["task"]

    def request(self) -> str:
        """The id of a request."""
        self._counts["request"] += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}/{self._counts['request']}"))


class PublicIps:
    """The region's stock of public IPs. One that was given back is given out again, after the others have been."""

    def __init__(self) -> None:
        """A full stock."""
        self._taken: set[str] = set()
        self._walk = itertools.cycle(range(1, _BENCHMARKING.num_addresses - 1))

    def take(self) -> str:
        """A free IP. Raises ResourceInsufficient when there is none."""
        for _ in range(_BENCHMARKING.num_addresses):
            ip = str(_BENCHMARKING[next(self._walk)])
            if ip not in self._taken:
                self._taken.add(ip)
                return ip
        raise CloudError("ResourceInsufficient", "The region has no public IP left.")

    def give_back(self, ip: str) -> None:
        """Return an IP to the stock."""
        self._taken.discard(ip)
