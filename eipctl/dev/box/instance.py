"""One instance: a process that has loaded a handler, serves an invocation at a time, and is frozen in between."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from eipctl.dev.box.code import Code

BOOTSTRAP = Path(__file__).with_name("bootstrap.py").read_text(encoding="utf-8")
INIT_SECONDS = 65.0
"""For loading the code: SCF's default, beside the time limit."""

MAX_ANSWER = 7 * 2**20
"""More than the largest result, which the instance itself sees to."""

MEMORY_SECONDS = 0.1
"""Between two looks at an instance's memory."""

_PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")


class EndedError(Exception):
    """The instance is no more; the text says why, with SCF's status."""


@dataclass(frozen=True)
class Limits:
    """Of an invocation: seconds, and MB of memory."""

    seconds: float
    memory: int


class Instance:
    """Whoever starts one ends it by `close`."""

    def __init__(self, process: Process) -> None:
        """Of a process that was just started."""
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes, as is the default")
        self.peak = 0.0
        """The most memory in MB that it had resident during its last invocation."""

        self._process, self._stdin = process, process.stdin
        self._answers = BufferedByteReceiveStream(process.stdout)

    @classmethod
    async def start(cls, code: Code, handler: str, environ: Mapping[str, str], log: BinaryIO) -> Instance:
        """A process in that environment alone; `load` comes next."""
        process = await anyio.open_process(
            code.command(BOOTSTRAP, handler),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=code.folder,
            env=dict(environ),
            start_new_session=True,
        )
        return cls(process)

    async def load(self, memory: int) -> str | None:
        """What is wrong with the code, if anything. Raises EndedError."""
        answer = await self._exchange(b"", Limits(INIT_SECONDS, memory))
        error: str | None = json.loads(answer).get("error")
        return error

    async def invoke(self, request: Mapping[str, object], limits: Limits) -> Mapping[str, Any]:
        """The answer, with `result` or `error`. Raises EndedError where it is killed, or ends by itself."""
        self._signal(signal.SIGCONT)
        self._forget()
        answer = await self._exchange(json.dumps(request).encode() + b"\n", limits)
        came: Mapping[str, Any] = json.loads(answer)
        return came

    def freeze(self) -> None:
        """Nothing of it runs until the next invocation."""
        self._signal(signal.SIGSTOP)

    async def close(self) -> None:
        """End it, and all that it has started."""
        self._signal(signal.SIGKILL)
        with anyio.CancelScope(shield=True):
            await self._process.wait()
            await self._process.aclose()

    async def _exchange(self, request: bytes, limits: Limits) -> bytes:
        answer = b""
        with anyio.move_on_after(limits.seconds) as time:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch, limits.memory)
                answer = await self._ask(request)
                tasks.cancel_scope.cancel()
        self._look()
        if self.peak > limits.memory:
            raise EndedError(f"434: it took {self.peak:.0f} MB of memory, {limits.memory} are allowed")
        if time.cancelled_caught:
            raise EndedError(f"433: Invoking task timed out after {limits.seconds:g} seconds")
        if not answer:
            raise EndedError("it ended without a result")
        return answer

    async def _ask(self, request: bytes) -> bytes:
        """The line that it answers; nothing where it has ended."""
        try:
            if request:
                await self._stdin.send(request)
            return await self._answers.receive_until(b"\n", MAX_ANSWER)
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return b""

    async def _watch(self, memory: int) -> None:
        """Kill it when it takes too much.

        That is what it has resident, shared libraries included, the most as the kernel keeps it: a limit of its address
        space would count what was never used.
        """
        while self.peak <= memory:
            await anyio.sleep(MEMORY_SECONDS)
            self._look()
        self._signal(signal.SIGKILL)

    def _look(self) -> None:
        with suppress(OSError):  # there is no /proc, or no process any more
            found = _PEAK.search(Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8"))
            self.peak = max(self.peak, int(found[1]) / 1024 if found else 0.0)

    def _forget(self) -> None:
        """Its peak begins anew, where the system lets it."""
        self.peak = 0.0
        with suppress(OSError):
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
