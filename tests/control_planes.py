"""Whether there is a real cluster to test on, and what a test run says about it."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import pytest

from eipctl.dev import binaries

T = TypeVar("T")
KUBECONFIG_VARIABLE = "CONTRACT_KUBECONFIG"
KUBECONFIG = os.environ.get(KUBECONFIG_VARIABLE)
BINARIES = binaries.locate()
REQUIRED_VARIABLE = "CONTROL_PLANE_REQUIRED"
if os.environ.get(REQUIRED_VARIABLE) and not BINARIES:
    raise pytest.UsageError(f"{REQUIRED_VARIABLE} is set, but there is no real control plane: {binaries.HOW}")
PATIENCE_SECONDS = 300.0
"""What comes about in a cluster takes as long as the machine is slow: this ends only what fails."""


async def awaited(look: Callable[[], Awaitable[T | None]]) -> T:
    """The first answer but None, while the cluster works. Raises AssertionError after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := await look()) is None:
        assert time.monotonic() < deadline, f"it did not come about within {PATIENCE_SECONDS:.0f} s"
        await anyio.sleep(0.1)
    return found


def described() -> list[str]:
    """What the contract of the cluster and the scenarios are tried on, for the head of a test report."""
    found = f"a real control plane ({BINARIES['kube-apiserver'].parent})" if BINARIES else None
    missing = f"no real control plane was found: {binaries.HOW}, or set {binaries.VARIABLE}"
    real = f"the one of {KUBECONFIG_VARIABLE}" if KUBECONFIG else found
    return [
        f"contract: on the cluster in memory and on {real}"
        if real
        else f"contract: !!! ON THE CLUSTER IN MEMORY ONLY !!! {missing} or {KUBECONFIG_VARIABLE}",
        f"scenarios: on {found}" if found else f"scenarios: !!! NOT RUN !!! {missing}",
    ]
