"""Child processes that must not outlive us."""

from __future__ import annotations

import shutil


def with_us() -> list[str]:
    """What to put before a command so that it is killed when we die, where the system can see to that."""
    return [guard, "--pdeathsig", "KILL"] if (guard := shutil.which("setpriv")) else []
