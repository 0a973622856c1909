"""`eipctl` as a shell sees it: a process of its own with its streams and exit code.

Each is forked off one that has imported all of it, also what is imported only when it is first used, which is most of
what a command costs; that python finds and starts it is shown once, by the demo's tests.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parents[1]
FORKSERVER = get_context("forkserver")
COMMANDS = ("by_hand", "demo.command", "deployment.command", "events", "real", "remote")
OTHERS = ("anyio._backends._asyncio", "httpcore", "typer")
FORKSERVER.set_forkserver_preload([*(f"eipctl.{name}" for name in ("__main__", *COMMANDS)), *OTHERS])


@dataclass(frozen=True)
class Done:
    """What a command has left."""

    returncode: int | None
    stdout: str
    stderr: str


def eipctl(arguments: Sequence[str], environment: Mapping[str, str], terminal: str | None = None) -> Done:
    """Run it in an environment that holds nothing else; `terminal` is a device for its standard output."""
    with tempfile.TemporaryDirectory() as folder:
        stdout, stderr = (Path(folder, name) for name in ("stdout", "stderr"))
        streams = (os.devnull, terminal or str(stdout), str(stderr))
        process = FORKSERVER.Process(target=_command, args=(list(arguments), dict(environment), streams))
        process.start()
        process.join()
        told = stdout.read_text(encoding="utf-8") if terminal is None else ""
        return Done(process.exitcode, told, stderr.read_text(encoding="utf-8"))


def _command(arguments: list[str], environment: Mapping[str, str], streams: Sequence[str]) -> None:
    """Become the command; multiprocessing ends the process with the code of its SystemExit."""
    for number, path in enumerate(streams):
        flags = os.O_RDWR | os.O_NOCTTY | (os.O_CREAT if number else 0)
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["eipctl", *arguments]
    from eipctl.__main__ import main  # noqa: PLC0415 - already there, in the process that this one is forked off

    main()
