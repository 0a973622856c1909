"""The apiserver's audit log as the log service (CLS) hands it on: in batches, packed, a while after it was written."""

from __future__ import annotations

import base64
import gzip
import json
import os
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import anyio

MAX_PACKED = 95 * 1024
"""Bytes of a batch after gzip; a larger one is cut and handed on piece by piece, in order.

Documented are 128 KB for an asynchronous event, which the batch becomes part of as base64.
"""
POLL_SECONDS = 0.1


class Log:
    """The lines of a file that grows, and that a new one takes the place of when it has grown large."""

    def __init__(self, path: Path) -> None:
        """From its end on: what was written before was for nobody."""
        self._path = path
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)
        self._rest = b""

    def new(self) -> list[str]:
        """The lines that were completed since."""
        lines = self._read(self._file)
        if self._put_aside():
            lines += self._read(self._file)  # what came before it was put aside
            self.close()
            self._file, self._rest = self._path.open("rb"), b""
            lines += self._read(self._file)
        return lines

    def _put_aside(self) -> bool:
        try:
            return os.fstat(self._file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:  # the new one is not there yet
            return False

    def close(self) -> None:
        """Nothing more is wanted."""
        self._file.close()

    def _read(self, file: BinaryIO) -> list[str]:
        *lines, self._rest = (self._rest + file.read()).split(b"\n")
        return [line.decode() for line in lines]


async def batches(log: Log, max_wait: float, max_size: int) -> AsyncGenerator[Sequence[str], None]:
    """What came within `max_wait` seconds of the first record, or `max_size` records as soon as they are there."""
    waiting: list[str] = []
    due = 0.0
    while True:
        new = log.new()
        if new and not waiting:
            due = time.monotonic() + max_wait
        waiting += new
        while len(waiting) >= max_size or (waiting and time.monotonic() >= due):
            batch, waiting = waiting[:max_size], waiting[max_size:]
            yield batch
        await anyio.sleep(POLL_SECONDS)


def events(records: Sequence[str], now: float) -> Iterator[dict[str, object]]:
    """The events of a batch: one, or as many as it takes for each to be small enough."""
    batch = {
        "topic_id": "dev",
        "topic_name": "audit",
        "records": [{"timestamp": str(int(now * 1e6)), "content": record} for record in records],
    }
    packed = gzip.compress(json.dumps(batch).encode(), compresslevel=1)
    if len(packed) > MAX_PACKED and len(records) > 1:
        half = len(records) // 2
        yield from events(records[:half], now)
        yield from events(records[half:], now)
        return
    yield {"clslogs": {"data": base64.b64encode(packed).decode()}}
