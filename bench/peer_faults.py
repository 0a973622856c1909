"""The faults that two running peers were put through, and how eipclaim fares in the same: `python -m bench.peers`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from bench import live
from bench.live import Live, Setting
from eipctl.dev import control_plane
from eipctl.dev.binaries import Binaries
from eipctl.dev.control_plane import ControlPlane
from emulator.cloud import Fault

FEW, MANY = 20, 100
LOST = 5
KILLED_AT = 40
"""EIPs bound of the many, when all instances are killed."""
IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Fared:
    """What a fault did to each."""

    fault: str
    aws: str
    mz: str
    ours: str


def take(programs: Binaries) -> list[Fared]:
    """All of them, on one control plane, one after the other."""
    with control_plane.running(programs) as plane:
        return anyio.run(_take, plane)


async def _take(plane: ControlPlane) -> list[Fared]:
    async with live.opened(plane, MANY, None) as opened:
        async with opened.awake():
            bought = await _replies_lost(opened, "AllocateAddresses")
            await _clear(opened, _names("AllocateAddresses", FEW))
            bound = await _replies_lost(opened, "AssociateAddress")
            idle = await _idle(opened)
        down = await _deleted_while_down(opened, _names("AssociateAddress", FEW))
        killed = await _killed(opened)
    return [
        Fared(
            f"{LOST} replies of the purchase lost ({FEW} pods)",
            "5 EIPs leaked for good",
            '5 extra while the pods live, then the claim fails for ever on "multiple"; 0 left after deletion',
            bought,
        ),
        Fared(f"{LOST} replies of AssociateAddress lost", "nothing", "nothing", bound),
        Fared(
            f"killed in the middle of {MANY}, started again",
            "23 leaked; 52 bound pods got another address; 233 bought",
            "nothing",
            killed,
        ),
        Fared(
            f"{FEW} pods deleted while it is down", "20 leaked, still bound to dead IPs", "0 left, after 0.9 s", down
        ),
        Fared(f"idle, {FEW} pods, an hour", "0 calls", "120 calls (all EIPs, the quota)", idle),
    ]


def _names(what: str, number: int) -> Sequence[str]:
    return [f"{what.lower()}-{index}" for index in range(number)]


async def _replies_lost(opened: Live, action: str) -> str:
    setting = Setting(FEW)
    opened.behave(setting, Fault("drop_reply", action, times=LOST))
    found = await opened.burst(_names(action, FEW), setting)
    extra = len(_held(opened)) - FEW
    return f"{extra} EIPs too many, {found.never} pods not bound; all bound after {found.last:.1f} s"


async def _clear(opened: Live, names: Sequence[str]) -> int:
    """Delete those pods; returns how many EIPs are left after all patience."""
    await opened.delete(names)
    await opened.until(lambda: not _held(opened))
    return len(_held(opened))


async def _idle(opened: Live) -> str:
    await opened.quiet()
    before = opened.world.cloud.calls.cursor
    await anyio.sleep(IDLE_SECONDS)
    calls = opened.world.cloud.calls.cursor - before
    return f"{calls * 3600 / IDLE_SECONDS:,.0f} calls (two sweeps a minute)"


async def _deleted_while_down(opened: Live, names: Sequence[str]) -> str:
    await opened.delete(names)
    async with opened.awake():
        began = time.time()
        await opened.until(lambda: not _held(opened))
        return f"{len(_held(opened))} left, after {time.time() - began:.1f} s"


async def _killed(opened: Live) -> str:
    """All instances in the middle, for good: what the audit log says meanwhile reaches nobody, no event is repeated."""
    setting, names = Setting(MANY), _names("killed", MANY)
    opened.behave(setting)
    cursor = opened.world.cloud.calls.cursor
    async with opened.awake():
        await opened.create(names)
        await opened.until(lambda: len(_bound(opened)) >= KILLED_AT)
    before = _bound(opened)
    async with opened.awake():
        began = time.time()
        await opened.until(lambda: all(name in opened.log.told for name in names))
        seconds = time.time() - began
        after, calls = _bound(opened), opened.world.cloud.calls.changes(cursor)
        bought = sum(call.action == "AllocateAddresses" for call in calls)
        changed = sum(after.get(ip) != address for ip, address in before.items())
        leaked = len(_held(opened)) - MANY
        left = await _clear(opened, names)
    return (
        f"{leaked} leaked; {changed} of {len(before)} bound pods got another address; {bought} bought; "
        f"all told {seconds:.0f} s after the start; {left} left after deletion"
    )


def _held(opened: Live) -> Sequence[Any]:
    with opened.world.cloud.lock:
        return opened.world.cloud.holdings()


def _bound(opened: Live) -> dict[str, str]:
    """The EIP at each private IP, as it truly is."""
    return {one.private_ip: one.address_id for one in _held(opened) if one.private_ip}
