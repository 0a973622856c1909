"""The commands on the embedded cluster: demo, plan, explain."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from eipctl import plan as planning
from eipctl import told
from eipctl.demo import script, show
from eipctl.demo.audit import Audit, audit
from eipctl.demo.stage import PausedError, Stage
from eipctl.shell import FAILED, OK


def demo(*, as_json: bool, svg: Path | None = None) -> int:
    """Play all steps, then audit the emulated cloud; 1 where a step or the audit fails."""
    stage = Stage()
    played = script.play(stage, script.SCENES)
    steps = [step for _, step in played] if as_json else show.watch(stage, script.SCENES, played, svg)
    found = audit(stage)
    ok = found.clean and len(steps) == len(script.SCENES) and all(step.ok for step in steps)
    if as_json:
        print(json.dumps({"ok": ok, "steps": [asdict(step) for step in steps], "audit": found.figures()}))
    else:
        _tell(found, ok=ok)
    return OK if ok else FAILED


def _tell(found: Audit, *, ok: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    figures = ", ".join(f"{value} {name}" for name, value in found.figures().items())
    console.print(f"audit of the emulated cloud: {figures}")
    for finding in found.findings:
        console.print(f"  {finding}", style="red")
    console.print("all is well: nothing leaked, nothing left" if ok else "FAILED", style="green" if ok else "bold red")


def plan(at: float, *, as_json: bool) -> int:
    """What the next runs would do so many seconds into the demo."""
    stage = _paused(at)
    lines = stage.ask(lambda ports: planning.plan(ports, stage.policy))
    told.plan(lines, as_json=as_json)
    return OK


def explain(key: tuple[str, str], at: float, *, as_json: bool) -> int:
    """What is seen of one pod or claim so many seconds into the demo; 1 where there is neither."""
    stage = _paused(at)
    explained = stage.ask(lambda ports: planning.explain(ports, stage.policy, key))
    if explained is None:
        print(f"eipctl: {key[0]}/{key[1]}: no such pod or claim after {at:g} s of the demo", file=sys.stderr)
        return FAILED
    told.explanation(explained, planning.history(stage.sees.events(), key[1]), as_json=as_json)
    return OK


def _paused(at: float) -> Stage:
    stage = Stage(stop_after=at)
    try:
        for _ in script.play(stage, script.SCENES):
            pass
    except PausedError:
        pass
    return stage
