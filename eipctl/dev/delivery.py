"""What becomes of the audit log's records on their way to `bind`: the log service at its best, or at its worst.

A delivery takes a batch and says what arrives of it, in which parts, and how many seconds late.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

Batch = Sequence[str]
Delivery = Callable[[Batch], Iterable[tuple[float, Batch]]]


def faithful(batch: Batch) -> Iterable[tuple[float, Batch]]:
    """All of it, once, in order, at once."""
    yield 0.0, batch


def lost(batch: Batch) -> Iterable[tuple[float, Batch]]:
    """Nothing."""
    del batch
    return ()


class Disorder:
    """Each record so many times, each time late by any of these seconds, and in any order.

    CLS delivers at least once and promises no order; so a record may come long before the one that was written first.
    """

    def __init__(self, seed: int, *, copies: int, late: Sequence[float]) -> None:
        """The same seed has the same batches arrive in the same way."""
        self._dice = random.Random(seed)  # noqa: S311 - dice, no secret
        self._copies, self._late = copies, late

    def __call__(self, batch: Batch) -> Iterable[tuple[float, Batch]]:
        """Those that come equally late come together."""
        parts: dict[float, list[str]] = {}
        for record in [*batch] * self._copies:
            parts.setdefault(self._dice.choice(self._late), []).append(record)
        for after, part in parts.items():
            self._dice.shuffle(part)
            yield after, part
