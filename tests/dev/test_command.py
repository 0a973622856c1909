"""The command `eipctl dev` as a shell sees it: it leaves nothing behind, and its exit code is the command's."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eipctl.dev.binaries import ROOT
from tests.dev.clusters import EXAMPLES

pytestmark = [
    pytest.mark.laptop,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]
PATIENCE_SECONDS = 480.0
"""What an operator runs takes a minute and more, on an idle machine."""

LOOPBACK = re.compile(r"127\.0\.0\.1:(\d+)|--secure-port=(\d+)")


class Running:
    """A command in a group of its own, as a shell starts it, whose files are all in one folder."""

    def __init__(self, home: Path, arguments: list[str]) -> None:
        """Started."""
        self._home, self._written = home, home.with_name("written")
        with self._written.open("wb") as written:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "eipctl", "dev", "--nodes=1", *arguments],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )

    @property
    def written(self) -> str:
        """All that it has said."""
        return self._written.read_text()

    def processes(self) -> dict[int, str]:
        """Those that know the folder, by their arguments or their environment."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                told = [Path(place, name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
            except OSError:  # it has ended, or is not ours to look at
                continue
            if any(str(self._home) in one for one in told):
                found[int(place.name)] = told[0].replace("\0", " ")
        return found

    def ends(self) -> int:
        """Its exit code."""
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(self.written) from late

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.written
            assert self.process.poll() is None, self.written
            time.sleep(0.1)


@contextmanager
def eipctl_dev(folder: Path, *arguments: str) -> Iterator[Running]:
    home = folder / "home"
    home.mkdir()
    running = Running(home, list(arguments))
    with running.process:
        try:
            yield running
        finally:
            running.process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("command", [None, "echo begun; sleep 600; true"], ids=["alone", "exec"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_all_of_it_and_leaves_nothing_behind(
    tmp_path: Path, how: signal.Signals, command: str | None
) -> None:
    with eipctl_dev(tmp_path, *(["--exec", command] if command else [])) as running:
        running.until(lambda: ("begun" if command else "ready.") in running.written)
        processes = running.processes()
        ports = {int(one or other) for text in processes.values() for one, other in LOOPBACK.findall(text)}
        open_before = {port for port in ports if is_open(port)}

        running.process.send_signal(how)
        code = running.ends()

        assert len(processes) >= 5, processes
        assert len(open_before) >= 3, ports
        assert running.processes() == {}
        assert [port for port in open_before if is_open(port)] == []
        assert list((tmp_path / "home").iterdir()) == []
        assert code == (130 if command else 0), running.written
        assert "figures: no pod was bound" in running.written


def test_the_exit_code_is_the_commands_and_what_it_leaves_running_ends(tmp_path: Path) -> None:
    with eipctl_dev(tmp_path, "--exec", "sleep 600 & kubectl get nodes && exit 7") as running:
        code = running.ends()

        assert code == 7, running.written
        assert "node-1" in running.written
        assert running.processes() == {}


def test_the_example_sees_the_whole_life_of_an_eip(tmp_path: Path) -> None:
    arguments = ("--max-wait=2", "--tick=6", "--exec", f"sh {EXAMPLES / 'try.sh'}")
    with eipctl_dev(tmp_path, *arguments) as running:
        code = running.ends()

        assert code == 0, running.written
        assert running.written.count("ok: ") == 6
        assert "figures: 3 pods were bound" in running.written


def test_what_an_operator_runs_works_inside_without_a_step_by_hand(tmp_path: Path) -> None:
    """The account knew neither the cluster nor its audit log; doctor ends with 0 after a sweep and a record."""
    eipctl = f"{sys.executable} -m eipctl"
    steps = (
        f"{eipctl} install --yes && echo 1 done",
        f"{eipctl} install",
        f"until {eipctl} doctor >report; do cat report; sleep 2; done",
        f"{eipctl} teardown --yes",
        f"{eipctl} teardown --yes",
    )
    report = tmp_path / "report"
    command = " && ".join(f"{{ {step.replace('report', str(report))}; }}" for step in steps)
    with eipctl_dev(tmp_path, "--max-wait=1", "--tick=4", "--exec", command) as running:
        code = running.ends()

        assert code == 0, running.written
        for told in ("1 done", "\nno change\n", "all is taken away", "nothing to take away"):
            assert told in running.written
        assert " warning\n" in report.read_text()
        assert "error" not in report.read_text()
