"""A sweep where everything is told already: CPU, memory and writes, against asking the same and deciding nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.table import RUNS, Figure, Plot, Row, main

NUMBERS = (1000, 10_000)
BETWEEN = (3000,)
"""For the curve alone, in one run."""

FUNCTIONS = ("allocate", "reclaim")


@dataclass
class Servers:
    """Where cluster and cloud of another process are, and, when it has ended, what was written to them."""

    cluster: str
    cloud: str
    kubeconfig: str
    writes: list[str] = field(default_factory=list)

    def run(self, what: str) -> dict[str, Any]:
        """One invocation in a process of its own."""
        asked = [sys.executable, "-m", "bench.invocation", what, self.cluster, self.kubeconfig, self.cloud]
        ended = subprocess.run(asked, check=True, capture_output=True, text=True)  # noqa: S603 - this program itself
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        if what != "floor" and (found["result"].get("error") or found["result"]["done"]):
            raise AssertionError(f"{what} did not find a settled world: {found['result']}")
        return found


@contextmanager
def serving(pods: int) -> Iterator[Servers]:
    """So many settled pods in another process, which ends with the context."""
    asked = [sys.executable, "-m", "bench.settled", str(pods)]
    with (
        tempfile.TemporaryDirectory(prefix="eipclaim-bench-") as folder,
        subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,  # noqa: S603
    ):
        if process.stdout is None or process.stdin is None:
            raise AssertionError("a process with pipes has none")
        cluster, cloud = (f"http://127.0.0.1:{port}" for port in process.stdout.readline().split())
        file = Path(folder, "kubeconfig")
        file.write_text(json.dumps(_kubeconfig(cluster)), encoding="utf-8")
        servers = Servers(cluster, cloud, str(file))
        yield servers
        process.stdin.close()
        servers.writes += json.loads(process.stdout.readline())


def _kubeconfig(server: str) -> dict[str, object]:
    return {
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": server}}],
        "users": [{"name": "bench", "user": {"token": "token"}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    }


def measure(numbers: Sequence[int] = NUMBERS, between: Sequence[int] = BETWEEN, runs: int = RUNS) -> Figure:
    """Both functions and the floor, in turn, so that a slow moment of the machine meets all three."""
    rows: list[Row] = []
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in ("floor", *FUNCTIONS)}
    peak = 0.0
    for number in sorted((*numbers, *between)):
        times = runs if number in numbers else 1
        with serving(number) as servers:
            found: dict[str, list[dict[str, Any]]] = {name: [] for name in curves}
            for _ in range(times):
                for name, some in found.items():
                    some.append(servers.run(name))
        cpu = {name: statistics.median(run["cpu"] for run in some) for name, some in found.items()}
        for name, seconds in cpu.items():
            curves[name].append((number, seconds))
        if number in numbers:
            rows += [Row(f"{name}, {number:,} pods: CPU", cpu[name], "s", cpu["floor"], 1.5) for name in FUNCTIONS]
            renewed = times  # each sweep of reclaim writes its Lease
            rows.append(Row(f"{number:,} pods: writes but the Lease", len(servers.writes) - renewed, mark=0))
            peak = max(run["peak"] for name in FUNCTIONS for run in found[name])
            rows.append(Row(f"{number:,} pods: peak memory", peak, "MB", mark=200))
    rows += [_growth(name, curves[name]) for name in FUNCTIONS]
    plot = Plot("sweep", "pods", "CPU seconds of a sweep", curves)
    definition = f"HTTP servers of cluster and cloud in another process; the median of {runs} runs, a process each."
    return Figure("A settled sweep", definition, rows, [plot])


def _growth(name: str, curve: list[tuple[float, float]]) -> Row:
    """How the CPU time grows with the pods, against growing as they do."""
    (few, first), (many, last) = curve[0], curve[-1]
    return Row(f"{name}: growth from {few:,.0f} to {many:,.0f} pods", last / first, "times", many / few, 1.1)


if __name__ == "__main__":
    sys.exit(main(measure))
