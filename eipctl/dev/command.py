"""`eipctl dev`: the world until Ctrl-C, or for as long as one command runs in it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio

from eipctl.dev import binaries, built, control_plane, figures, world
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.invocations import Invocation
from eipctl.dev.world import Options, World
from shared.core.errors import EipclaimError
from shared.runtime import first_cause

KILLED = 128
INTERRUPTED = KILLED + signal.SIGINT


def dev(options: Options, command: str | None) -> int:
    """The command's exit code, 130 where a signal ended it or the start; else 0. Raises EipclaimError at a bad start.

    With a command, standard output is the command's alone.
    """
    stream = sys.stdout if command is None else sys.stderr
    say = partial(print, file=stream, flush=True)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    story = Story(say)
    try:
        options = replace(options, code=options.code or built.obtain(stream))
        with control_plane.running(binaries.obtain(stream), say=story.starts) as plane:
            return anyio.run(_dev, plane, options, command, story)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(cause := first_cause(error), EipclaimError):
            raise cause from error
        raise


class Story:
    """What happens, line by line, with the seconds since the beginning."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """It begins now."""
        self.say = say
        self._began = time.monotonic()

    def starts(self, what: str) -> None:
        """That is being started."""
        self._tell(f"starting {what}")

    def invoked(self, came: Invocation) -> None:
        """A function has run."""
        line = summary(came)
        if line:
            self._tell(line)

    def _tell(self, line: str) -> None:
        self.say(f"{time.monotonic() - self._began:7.1f} {line}")


async def _dev(plane: ControlPlane, options: Options, command: str | None, story: Story) -> int:
    code = 0 if command is None else INTERRUPTED
    # Received to the very end: a second Ctrl-C must not break off the clearing up.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_signalled, signals, tasks.cancel_scope)
            async with world.running(plane, options, story.starts, story.invoked) as opened:
                try:
                    if command is None:
                        story.say(instructions(opened))
                        await anyio.sleep_forever()
                    else:
                        code = await _execute(command, opened)
                finally:
                    story.say(str(figures.of(opened)))
            tasks.cancel_scope.cancel()
    return code


async def _until_signalled(signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()


async def _execute(command: str, opened: World) -> int:
    """The exit code, as a shell counts it. The command finds our Python and its packages first on its PATH."""
    ours = [str(opened.plane.binaries["kubectl"].parent), str(Path(sys.executable).parent)]
    path = os.pathsep.join([*ours, os.environ.get("PATH", os.defpath)])
    # All of it ends with us; at a terminal Ctrl-C reaches it by itself, and a shell needs to stay at the terminal.
    apart = not sys.stdin.isatty()
    async with await anyio.open_process(
        ["/bin/sh", "-c", command],
        stdin=None,
        stdout=None,
        stderr=None,
        env={**os.environ, **opened.environ, "PATH": path},
        start_new_session=apart,
    ) as process:
        try:
            code = await process.wait()
        finally:
            if apart:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    return code if code >= 0 else KILLED - code


def instructions(opened: World) -> str:
    """How to reach it."""
    kubectl = opened.plane.binaries["kubectl"]
    exports = "\n".join(f"  export {name}={value}" for name, value in opened.environ.items())
    return (
        f"ready. In another shell:\n{exports}\n  export PATH={kubectl.parent}:$PATH\n"
        "  kubectl apply -f examples/statefulset.yaml; kubectl get eipc -w\n"
        f"the cloud as it is: curl {opened.environ['EIPCLAIM_CLOUD_ENDPOINT']}/_emulator/state\n"
        f"the functions' log: {opened.function_log}; the control plane's, and the audit log, lie beside it\n"
        "Ctrl-C ends all of it and leaves nothing behind."
    )


def summary(came: Invocation) -> str | None:
    """The invocation in a line; none for one of `bind` that found nothing to look at, of which there are many."""
    if came.result is None:
        return f"{came.function:8} FAILED: {came.error}, after {came.seconds:.1f} s"
    if "error" in came.result:
        return f"{came.function:8} error: {came.result['error']}"
    if came.function == "bind" and not came.result.get("looked"):
        return None
    parts = [f"looked at {came.result.get('looked', 0)}"]
    done = came.result.get("done")
    if isinstance(done, Mapping):
        parts += [f"{name} {count}" for name, count in done.items()]
    parts += [
        f"{name} {came.result[name]}" for name in ("waiting", "blocked", "left", "failed") if came.result.get(name)
    ]
    return f"{came.function:8} {', '.join(parts)}; {came.seconds:.1f} s"
