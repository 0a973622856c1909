"""A laptop TKE for scenarios: fast timers, a cloud that is quick, and what was seen of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from eipctl.dev import control_plane, figures
from eipctl.dev.binaries import Binaries
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.figures import Record
from eipctl.dev.invocations import Invocation
from eipctl.dev.world import Options, World, asleep, running
from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import Address

TRANSITION_SECONDS = 0.5
TOO_LATE = re.compile(r"^433: |\b(NotSent|NoAnswer): .* (was not sent|had no usable answer): \w*Timeout")
"""What a machine that is too busy makes of an invocation: its own limit, or that of one of its requests."""


TOLERATED = 4
"""So many of these in a world are the machine's load."""


@dataclass(frozen=True)
class Laptop:
    """One that runs; `portal` leads into its event loop, `api` to its apiserver as an administrator."""

    world: World
    portal: BlockingPortal
    api: Reader
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

    def audited(self) -> list[Record]:
        """The audit log so far."""
        return list(figures.audited(self.world.plane.audit_log))


class Reader:
    """Reads of an apiserver as its administrator, with a client for each thread.

    A client that threads share may close a connection as idle in one while another has just been given it (httpcore).
    """

    def __init__(self, plane: ControlPlane) -> None:
        """Nothing is connected yet."""
        self._url, self._context = plane.url, plane.authority.trusted("admin")
        self._clients: dict[int, httpx.Client] = {}

    def get(self, path: str) -> httpx.Response:
        """Whatever it answers."""
        thread = threading.get_ident()
        if thread not in self._clients:
            self._clients[thread] = httpx.Client(base_url=self._url, verify=self._context, trust_env=False, timeout=30)
        return self._clients[thread].get(path)

    def close(self) -> None:
        """No thread reads any more."""
        for client in self._clients.values():
            client.close()


def failures(came: Iterable[Invocation]) -> list[str]:
    """What went wrong in those invocations but for what came too late, which the next ones make good for.

    Where more do than are tolerated, all that failed is told.
    """
    errors = [error for one in came if (error := one.error or str((one.result or {}).get("error", "")))]
    wrong = [error for error in errors if not TOO_LATE.search(error)]
    return wrong if len(errors) - len(wrong) <= TOLERATED else errors


@contextmanager
def laptop(binaries: Binaries, options: Options, *, awake: bool = True) -> Iterator[Laptop]:
    """One of its own, from its nodes being ready on. Where it is not awake, nobody wakes the functions yet."""
    invocations: list[Invocation] = []
    with control_plane.running(binaries) as plane, start_blocking_portal() as portal:
        opened = running(plane, options, _say, invocations.append) if awake else asleep(plane, options, _say)
        with portal.wrap_async_context_manager(opened) as world, closing(Reader(plane)) as api:
            world.cloud.behaviour.transition_seconds = TRANSITION_SECONDS
            yield Laptop(world, portal, api, invocations)


def _say(what: str) -> None:
    """Nobody listens."""
