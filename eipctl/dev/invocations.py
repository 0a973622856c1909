"""Invocations as SCF makes them: a process of its own with nothing but the function's environment, and a time limit."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import anyio

from eipctl.dev.binaries import ROOT


@dataclass(frozen=True)
class Invocation:
    """What came of one: the result, or in one line what went wrong. `seconds` is from start to end of its process."""

    function: str
    seconds: float
    result: Mapping[str, object] | None
    error: str | None = None


@dataclass(frozen=True)
class Invoker:
    """Runs functions. `platform` is what the platform adds to every environment, `bundle` where their code is."""

    platform: Mapping[str, str]
    time_limit: float
    memory: int
    log: Path
    bundle: Path = ROOT

    async def invoke(self, function: str, handler: str, environ: Mapping[str, str], event: object) -> Invocation:
        """Run it once; killed when the time is over."""
        began = time.monotonic()
        path = os.pathsep.join([str(self.bundle), str(ROOT)])
        scrubbed = {"PATH": os.defpath, "PYTHONPATH": path, "HOME": "/nonexistent", "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "eipctl.dev.runner", handler]
        given = json.dumps({"event": event, "context": self._context(function)}).encode()
        done: CompletedProcess[bytes] | None = None
        with anyio.move_on_after(self.time_limit):
            done = await anyio.run_process(
                command,
                input=given,
                check=False,
                cwd=self.bundle,
                env={**scrubbed, **self.platform, "SCF_FUNCTIONNAME": function, **environ},
                start_new_session=True,
            )
        seconds = time.monotonic() - began
        if done is None:
            return Invocation(function, seconds, None, f"Invoking task timed out after {self.time_limit:g} seconds")
        with self.log.open("ab") as log:
            log.write(done.stderr)
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            return Invocation(function, seconds, None, last or f"ended with {done.returncode}")
        return Invocation(function, seconds, json.loads(done.stdout))

    def _context(self, function: str) -> Mapping[str, object]:
        return {
            "request_id": str(uuid.uuid4()),
            "function_name": function,
            "function_version": "$LATEST",
            "namespace": "default",
            "memory_limit_in_mb": self.memory,
            "time_limit_in_ms": int(self.time_limit * 1000),
            "environment": json.dumps({"SCF_NAMESPACE": "default"}),
            "environ": "SCF_NAMESPACE=default;SCF_NAMESPACE=default",
            "tencentcloud_region": self.platform.get("TENCENTCLOUD_REGION", ""),
            "tencentcloud_appid": "1250000000",
            "tencentcloud_uin": "100000000001",
        }
