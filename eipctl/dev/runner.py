"""The processes of invocations, forked off one that has imported the functions: `python -m eipctl.dev.runner DOOR`.

Most of an invocation's work would be its imports, and two cores serve a whole cluster here. The first process runs no
function and knows no setting; who connects to its door (a Unix socket) gets a process of their own.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from eipctl.dev.binaries import ROOT
from eipctl.dev.children import with_us

FUNCTIONS = ("allocate", "bind", "reclaim")
SCRUBBED = {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8"}
"""All that a function's process has of its own."""


@asynccontextmanager
async def warm(bundle: Path = ROOT) -> AsyncIterator[Path]:
    """The door to invocations of the functions in that folder. All their processes end with the context."""
    with TemporaryDirectory(prefix="eipclaim-") as folder:  # the path of a socket must be short
        door = Path(folder, "door")
        path = os.pathsep.join([str(bundle), str(ROOT)])
        process = await anyio.open_process(
            [*with_us(), sys.executable, "-m", "eipctl.dev.runner", str(door)],
            stdin=subprocess.DEVNULL,
            stderr=None,
            cwd=bundle,
            env={**SCRUBBED, "PYTHONPATH": path},
            start_new_session=True,
        )
        try:
            assert process.stdout  # noqa: S101 - it is a pipe, as is the default
            await process.stdout.receive()
            yield door
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with anyio.CancelScope(shield=True):
                await process.wait()
                await process.aclose()


def serve(door: str) -> None:
    """Fork a process for everybody who comes, until killed."""
    for name in FUNCTIONS:
        with suppress(ModuleNotFoundError):  # a bundle need not have them all
            importlib.import_module(f"functions.{name}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system itself forgets those that end
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(door)
        listener.listen(128)
        print("open", flush=True)
        while True:
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _invoke(line)
                os._exit(0)
            line.close()


def _invoke(line: socket.socket) -> None:
    """Run one function on what is asked, with that environment alone, and answer with its result or its exception.

    When the time is over the process is ended as it is, as the platform does.
    """
    with line, line.makefile("rb") as asked:
        work = json.load(asked)
        signal.setitimer(signal.ITIMER_REAL, work["seconds"])
        os.environ.clear()
        os.environ.update(work["environ"])
        module, _, function = work["handler"].partition(".")
        log = Path(work["log"])
        with log.open("a", encoding="utf-8", buffering=1) as lines, redirect_stdout(lines), redirect_stderr(lines):
            try:
                handle = getattr(importlib.import_module(f"functions.{module}"), function)
                answer = {"result": handle(work["event"], work["context"])}
            except Exception as error:  # noqa: BLE001 - whatever it is, the platform reports it
                traceback.print_exc()
                answer = {"error": traceback.format_exception_only(error)[-1].strip()}
        line.sendall(json.dumps(answer).encode())


if __name__ == "__main__":
    serve(sys.argv[1])
