"""Bundles of one handler, and a box around each."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from eipctl.dev.box import Box, Code, Function, Limits, opened

PLATFORM = {"TENCENTCLOUD_REGION": "ap-guangzhou"}
KEYS = ("TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN")


def keys(number: int = 1) -> dict[str, str]:
    """Credentials of an invocation."""
    return {name: f"{name}-{number}" for name in KEYS}


@dataclass(frozen=True)
class Small:
    """A bundle with `index.main_handler` that does what it is told, in a folder of its own."""

    home: Path

    @property
    def log(self) -> Path:
        return self.home / "functions.log"

    def box(self, does: str, instances: int = 4) -> AbstractAsyncContextManager[Box]:
        folder = self.home / "code"
        folder.mkdir()
        body = indent(dedent(does).strip(), "    ")
        head = "import json, os, sys, threading, time\n\nkept = []\n\n\n"
        (folder / "index.py").write_text(f"{head}def main_handler(event, context):\n{body}\n")
        return opened(Code(folder, sys.executable), PLATFORM, self.log, instances)


def function(
    handler: str = "index.main_handler",
    *,
    environ: Mapping[str, str] | None = None,
    seconds: float = 30.0,
    memory: int = 256,
) -> Function:
    return Function("small", handler, environ or {}, Limits(seconds, memory))
