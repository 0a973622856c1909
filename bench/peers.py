"""From a pod's IP in the apiserver to its EIP in the cloud, on a real control plane, beside two running peers.

Real time: a setting takes about a minute, on a control plane of its own. The peers' controllers run all the time and
watch; ours are woken by the audit log, in batches, as deployed or at once. The numbers of the peers were taken before,
by the same definition, on a machine like this: 2 cores, one run a cell, so that below twice or 0.1 s all is noise.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import anyio
from rich.console import Console
from rich.table import Table

from bench import live, peer_faults
from bench.live import Burst, Setting
from bench.peer_faults import Fared
from bench.table import machine
from eipctl.dev import binaries, control_plane
from eipctl.dev.binaries import Binaries
from eipctl.dev.control_plane import ControlPlane

AWS, MZ = "aws-pod-eip-controller bbde9d6", "k8s-eip-operator 295021e"
PODS = (1, 20, 100, 300)
CALLS = (0.0, 0.1)
LIMITED_PODS = 100
AT_ONCE_PODS = 100
"""Three hundred, each woken by events of its own, are more processes than one machine holds."""

RUNS = {1: 5, 20: 3}
"""So many runs for a median; bursts of more pods are taken once."""

DEPLOYED, AT_ONCE = "eipclaim, CLS waits 3 s", "eipclaim, woken at once"
TRAIL_MARK = 1.0
WIDTH = 170
"""Of the tables, at least."""


@dataclass(frozen=True)
class Cell:
    """One line: seconds from IP to EIP and to being told, costs a pod; as the peers' were taken."""

    who: str
    pods: int
    call_ms: float
    limit: str
    p50: float
    p99: float
    last: float
    published_p50: float
    published_max: float
    never: float
    calls: float
    requests: float | None
    mib: float
    trail: float | None = None
    """The most that a pod was told after its EIP was bound; of the peers it is not known."""

    @property
    def missed(self) -> bool:
        """Whether that is more than the mark allows."""
        return self.trail is not None and self.trail > TRAIL_MARK


PEERS = (
    Cell(AWS, 1, 100, "", 0.36, 0.36, 0.36, 0.42, 0.42, 0, 4, 3, 39),
    Cell(AWS, 100, 100, "", 0.41, 0.47, 1.16, 10.5, 20, 0, 4, 3, 54),
    Cell(AWS, 300, 100, "", 0.45, 0.94, 3.2, 28, 57, 0, 4, 2.4, 66),
    Cell(AWS, 100, 0, "10/s", 3.4, 8.8, math.inf, 8.2, 17, 12, 11.8, None, 52),
    Cell(MZ, 1, 100, "", 0.51, 0.51, 0.51, 0.57, 0.57, 0, 13, 41, 25),
    Cell(MZ, 100, 100, "", 1.6, 6.0, 8.3, 2.2, 6.6, 0, 19, 64, 56),
    Cell(MZ, 300, 100, "", 7.3, 32, 46, 12, 37, 0, 23, 79, 115),
    Cell(MZ, 100, 0, "10/s", 2.9, 10.6, 12.7, 3.3, 10.8, 0, 25, 67, 50),
)


def settings(pods: Sequence[int]) -> Iterator[Setting]:
    """All that are taken: each number of pods as deployed, most also without a wait, some under the documented rate."""
    for wait in (None, 0.0):
        for number in (some for some in pods if wait is None or some <= AT_ONCE_PODS):
            for call in CALLS:
                yield Setting(number, call, wait=wait)
            if number == LIMITED_PODS:
                yield Setting(number, limited=True, wait=wait)


def take(programs: Binaries, setting: Setting, runs: int) -> list[Cell]:
    """The first pod, which meets cold instances, and then the median of so many bursts."""
    with control_plane.running(programs) as plane:
        first, *bursts = anyio.run(_bursts, plane, setting, runs)
    cells = [cell(setting, burst) for burst in bursts]
    cold = replace(cell(replace(setting, pods=1), first), who=f"{_name(setting)}, cold")
    return [cold, median(cells)] if setting.pods == 1 else [median(cells)]


async def _bursts(plane: ControlPlane, setting: Setting, runs: int) -> list[Burst]:
    async with live.opened(plane, 1 + runs * setting.pods, setting.wait) as opened, opened.awake():
        opened.behave(setting)
        names = [["first"], *([f"p-{run}-{number}" for number in range(setting.pods)] for run in range(runs))]
        return [await opened.burst(some, setting) for some in names]


def _name(setting: Setting) -> str:
    return DEPLOYED if setting.wait is None else AT_ONCE


def cell(setting: Setting, burst: Burst) -> Cell:
    """The line of one burst."""
    return Cell(
        who=_name(setting),
        pods=setting.pods,
        call_ms=setting.call * 1000,
        limit="10/s" if setting.limited else "",
        p50=burst.bound_at(50),
        p99=burst.bound_at(99),
        last=burst.last,
        published_p50=live.percentile(burst.published, 50, setting.pods),
        published_max=live.percentile(burst.published, 100, setting.pods),
        never=burst.never,
        calls=burst.calls,
        requests=burst.requests,
        mib=burst.mib,
        trail=burst.trail,
    )


def median(cells: Sequence[Cell]) -> Cell:
    """The median of each number of several runs of one setting."""
    rows = [asdict(one) for one in cells]
    numbers = [name for name, value in rows[0].items() if isinstance(value, (int, float))]
    medians: dict[str, Any] = {name: statistics.median(row[name] for row in rows) for name in numbers}
    return replace(cells[0], **medians)


def show(cells: Sequence[Cell], fared: Sequence[Fared], console: Console) -> None:
    """Both tables, ours below the peers' of the same setting."""
    heads = ("setting", "who", "p50 s", "p99 s", "all s", "told p50, max s", "told after bound s", "never")
    table = Table(*heads, "calls a pod", "requests a pod", "MiB", title="Beside running peers", title_justify="left")
    taken = {_setting(one) for one in cells}
    for one in sorted([*(peer for peer in PEERS if _setting(peer) in taken), *cells], key=_setting):
        pods, call_ms, limit = _setting(one)
        told = f"{_number(one.published_p50)}, {_number(one.published_max)}"
        late = "" if one.trail is None else f"{one.trail:.2f}{' MISSED' if one.missed else ''}"
        times = (_number(value) for value in (one.p50, one.p99, one.last))
        costs = (_number(value) for value in (one.never, one.calls, one.requests, one.mib))
        table.add_row(f"{pods} pods, {call_ms:.0f} ms {limit}", one.who, *times, told, late, *costs)
    console.print(table)
    faults = Table(
        "fault", "aws-pod-eip-controller", "k8s-eip-operator", "eipclaim", title="Faults", title_justify="left"
    )
    for fault in fared:
        faults.add_row(fault.fault, fault.aws, fault.mz, fault.ours)
    if fared:
        console.print(faults)
    console.print(f"{machine()}\n")


def as_json(one: Cell) -> dict[str, object]:
    """Its numbers; what never came is null."""
    return {name: None if value == math.inf else value for name, value in asdict(one).items()}


def _setting(one: Cell) -> tuple[int, float, str]:
    return one.pods, one.call_ms, one.limit


def _number(value: float | None) -> str:
    return "?" if value is None else "never" if value == math.inf else f"{value:.3g}"


def run(pods: Sequence[int], *, faults: bool, console: Console, output: str = "table") -> bool:
    """Take them and print them; whether no pod was told more than a second after its EIP was bound."""
    programs = binaries.obtain(sys.stderr)
    cells: list[Cell] = []
    say = partial(print, file=sys.stderr, flush=True)
    for setting in settings(pods):
        say(f"{_name(setting)}: {setting.pods} pods, {setting.call * 1000:.0f} ms{', 10/s' * setting.limited}")
        cells += take(programs, setting, RUNS.get(setting.pods, 1))
    if faults:
        say("eipclaim: faults")
    fared = peer_faults.take(programs) if faults else []
    if output == "json":
        found = {"cells": [as_json(one) for one in cells], "peers": [as_json(one) for one in PEERS]}
        all_of_it = {**found, "faults": [asdict(one) for one in fared], "machine": machine()}
        console.file.write(json.dumps(all_of_it) + "\n")
    else:
        show(cells, fared, console)
    return not any(one.missed for one in cells)


def main() -> int:
    """0 when every pod was told in time, 1 when one was not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--pods", type=int, nargs="*", default=PODS, help="bursts of so many pods; none: faults alone")
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=True, help="the faults, 7 minutes")
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="for people, or for programs"
    )
    asked = parser.parse_args()
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    reached = run(asked.pods, faults=asked.faults, console=console, output=asked.output)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
