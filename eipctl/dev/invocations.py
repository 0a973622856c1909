"""Invocations as SCF makes them: a process of its own with nothing but the function's environment, and a time limit."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from eipctl.dev import runner


@dataclass(frozen=True)
class Invocation:
    """What came of one: the result, or in one line what went wrong. `seconds` is from start to end of its process."""

    function: str
    seconds: float
    result: Mapping[str, object] | None
    error: str | None = None


@dataclass(frozen=True)
class Invoker:
    """Runs functions behind a door (`runner.warm`). `platform` is what the platform adds to every environment."""

    door: Path
    platform: Mapping[str, str]
    time_limit: float
    memory: int
    log: Path

    async def invoke(self, function: str, handler: str, environ: Mapping[str, str], event: object) -> Invocation:
        """Run it once; ended when the time is over."""
        began = time.monotonic()
        request = {
            "handler": handler,
            "environ": {**runner.SCRUBBED, **self.platform, "SCF_FUNCTIONNAME": function, **environ},
            "event": event,
            "context": self._context(function),
            "log": str(self.log),
            "seconds": self.time_limit,
        }
        answer = b""
        async with await anyio.connect_unix(self.door) as line:
            await line.send(json.dumps(request).encode())
            await line.send_eof()
            with suppress(anyio.BrokenResourceError):
                async for part in line:
                    answer += part
        seconds = time.monotonic() - began
        if answer:
            came = json.loads(answer)
            return Invocation(function, seconds, came.get("result"), came.get("error"))
        over = seconds >= self.time_limit
        error = f"Invoking task timed out after {self.time_limit:g} seconds" if over else "it ended without a result"
        return Invocation(function, seconds, None, error)

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
