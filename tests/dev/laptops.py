"""A laptop TKE for scenarios: fast timers, a cloud that is quick, and what was seen of it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from eipctl.dev import control_plane
from eipctl.dev.binaries import Binaries
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.invocations import Invocation
from eipctl.dev.world import Options, World, asleep, running
from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import Address

TRANSITION_SECONDS = 0.5


@dataclass(frozen=True)
class Laptop:
    """One that runs; `portal` leads into its event loop, `api` to its apiserver as an administrator."""

    world: World
    portal: BlockingPortal
    api: httpx.Client
    invocations: list[Invocation]
    """All there were so far."""

    def held(self) -> tuple[Address, ...]:
        """The EIPs as they truly are."""
        with self.world.cloud.lock:
            return self.world.cloud.holdings()

    def changes(self) -> list[CallRecord]:
        """What the functions have done in the cloud, in order."""
        with self.world.cloud.lock:
            return self.world.cloud.calls.changes()

    def audited(self) -> list[dict[str, Any]]:
        """The audit log so far."""
        return [json.loads(line) for line in self.world.plane.audit_log.read_text().splitlines()]


@contextmanager
def laptop(binaries: Binaries, options: Options, *, awake: bool = True) -> Iterator[Laptop]:
    """One of its own, from its nodes being ready on. Where it is not awake, nobody wakes the functions yet."""
    invocations: list[Invocation] = []
    with control_plane.running(binaries) as plane, start_blocking_portal() as portal:
        opened = running(plane, options, _say, invocations.append) if awake else asleep(plane, options, _say)
        with portal.wrap_async_context_manager(opened) as world, _as_admin(plane) as api:
            world.cloud.behaviour.transition_seconds = TRANSITION_SECONDS
            yield Laptop(world, portal, api, invocations)


def _say(what: str) -> None:
    """Nobody listens."""


def _as_admin(plane: ControlPlane) -> httpx.Client:
    context: ssl.SSLContext = plane.authority.trusted()
    context.load_cert_chain(f"{plane.home}/admin.crt", f"{plane.home}/admin.key")
    limits = httpx.Limits(max_connections=None)
    return httpx.Client(base_url=plane.url, verify=context, trust_env=False, timeout=30, limits=limits)
