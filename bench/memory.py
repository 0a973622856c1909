"""How much memory a process has had."""

from __future__ import annotations

import re
import resource
from pathlib import Path


def peak() -> float:
    """MiB, the most that this process has had. On Linux ru_maxrss begins with what the parent had when it forked."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text()) if status.exists() else None
    return (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
