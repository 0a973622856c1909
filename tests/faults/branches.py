"""A run that branches: what led to a moment is played once, and in copies of the process it goes on in several ways."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.pool import Pool
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


PACKAGES = ("anyio", "httpx", "kubernetes.aio.client", "kubernetes.config", "pydantic", "yaml")
"""What takes longest to load, and is of others: processes that run our code in whatever version may share it."""


def processes(number: int) -> Pool:
    """So many that start with others' packages loaded, and with nothing of ours."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PACKAGES))
    return context.Pool(number)


def trunk() -> Pool:
    """One process to branch off from, in which nothing else runs: those of pytest have threads."""
    return processes(1)


class Branches(Generic[K, T]):
    """The copies of one run, as many at a time as there are cores. No loop or thread may run where it branches."""

    def __init__(self) -> None:
        """None yet."""
        self._at_work: dict[Connection, tuple[int, K]] = {}
        self._ended: dict[K, T] = {}
        self._failed: list[str] = []
        self._trunk: Connection | None = None
        """To the process that this one branched off from."""

    def take(self, key: K) -> bool:
        """Whether this is the copy that goes on in that way, and does not branch again; the run itself goes on too."""
        if self._trunk is not None:
            return False
        while len(self._at_work) >= (os.cpu_count() or 1):
            self._reap()
        here, there = Pipe(duplex=False)
        gc.freeze()  # else the copies' search for garbage would write to every page that they share
        pid = os.fork()
        if pid == 0:
            gc.disable()
            here.close()
            self._trunk = there
            return True
        there.close()
        self._at_work[here] = pid, key
        return False

    def play(self, run: Callable[[], T]) -> tuple[T, dict[K, T]]:
        """How the run itself ends, and each of its branches. Raises RuntimeError where any of them fails."""
        try:
            ended = run()
        except BaseException:
            if self._trunk is not None:
                self._hand_over(None, traceback.format_exc())
            self._give_up()
            raise
        if self._trunk is not None:
            self._hand_over(ended, "")
        while self._at_work:
            self._reap()
        # Not where it is noticed: the run is in the midst of what is tried, which may take any error for its own.
        if self._failed:
            raise RuntimeError("\n".join(self._failed))
        return ended, self._ended

    def _hand_over(self, ended: T | None, failed: str) -> None:
        """And be gone, without what a process does at its end, which is the first one's to do."""
        assert self._trunk is not None
        try:
            self._trunk.send((ended, failed))
        finally:
            os._exit(0)

    def _reap(self) -> None:
        for ready in wait(list(self._at_work)):
            assert isinstance(ready, Connection)
            pid, key = self._at_work.pop(ready)
            try:
                ended, failed = ready.recv()
            except EOFError:
                ended, failed = None, "the process ended"
            ready.close()
            os.waitpid(pid, 0)
            if failed:
                self._failed.append(f"{key}: {failed}")
            else:
                self._ended[key] = ended

    def _give_up(self) -> None:
        for branch, (pid, _) in self._at_work.items():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            branch.close()
