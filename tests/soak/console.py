"""Hands in the cloud's console: what people do to EIPs beside us, and take back when they are asked to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from eipctl.demo.stage import Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.models.address import Address
from emulator.cluster.refusals import Refusal
from shared.core import identity

MEDDLING = ("unbind", "release", "bind", "rename", "retag", "arrears")


@dataclass
class ConsoleHands:
    """Whoever has the rights in the cloud's account."""

    stage: Stage
    done: Counter[str]

    def __post_init__(self) -> None:
        """Nothing was meddled with yet."""
        self._owned: dict[str, Address] = {}
        """EIPs as they were before somebody renamed or retagged them."""
        behaviour = self.stage.cloud.behaviour
        self._quotas = behaviour.address_quota, behaviour.daily_quota

    @property
    def lists_must_be_true(self) -> bool:
        """Whether somebody has renamed or retagged an EIP."""
        return bool(self._owned)

    def attempt(self, deed: Callable[[], object]) -> None:
        """What may not be possible just now."""
        try:
            deed()
        except (Refusal, StepFailedError, CloudError):
            self.done["in vain"] += 1

    def meddle(self, deed: str, number: int) -> None:
        """A deed of `MEDDLING` on one of the EIPs that there are."""
        holdings = self.stage.cloud.holdings()
        if not holdings:
            return
        address, console = holdings[number % len(holdings)], self.stage.cloud.console
        if deed == "unbind":
            console.unbind(address.address_id)
        elif deed == "release":
            console.release(address.address_id)
        elif deed == "bind":
            self._bind(address, number)
        elif deed == "arrears":
            console.set_arrears(address.address_id)
        else:
            self._take(address, deed)

    def _take(self, address: Address, deed: str) -> None:
        console = self.stage.cloud.console
        # A list that does not show it yet is a race that nobody can close.
        self.stage.cloud.behaviour.read_lag_seconds = 0.0
        self._owned.setdefault(address.address_id, address)
        if deed == "rename":
            console.rename(address.address_id, "mine now")
        else:
            console.retag(address.address_id, {identity.TAG_CLUSTER: "another"})

    def _bind(self, address: Address, number: int) -> None:
        """To a pod's IP, its own or not."""
        pods = [one for one in self.stage.sees.pods() if one.ipv4]
        if not pods:
            return
        ip = pods[number % len(pods)].ipv4 or ""
        interface = next((one.interface_id for one in self.stage.cloud.interfaces if ip in one.private_ips), "")
        self.stage.cloud.console.bind(address.address_id, interface, ip)

    def quota(self, more: int, today: int) -> None:
        """So many EIPs may be there beside those that are there, and so many be bought today."""
        behaviour = self.stage.cloud.behaviour
        behaviour.address_quota = len(self.stage.cloud.holdings()) + more
        behaviour.daily_quota = today

    def give_back(self) -> None:
        """Quotas, debts and marks are as they should be; nothing is bound where we never asked."""
        behaviour, console = self.stage.cloud.behaviour, self.stage.cloud.console
        behaviour.address_quota, behaviour.daily_quota = self._quotas
        there = {one.address_id: one for one in self.stage.cloud.holdings()}
        for address in there.values():
            if address.arrears:
                console.set_arrears(address.address_id, arrears=False)
        for address_id, before in self._owned.items():
            if address_id in there:
                console.rename(address_id, before.name)
                console.retag(address_id, dict(before.tags))
        asked = {
            (claim.status.address_id, binding.private_ip)
            for claim in self.stage.sees.claims()
            for binding in claim.status.bindings
        }
        for address in there.values():
            if address.private_ip is not None and (address.address_id, address.private_ip) not in asked:
                self.attempt(lambda address_id=address.address_id: console.unbind(address_id))  # type: ignore[misc] # bound now

    def see_to_orphans(self, reported: Collection[str]) -> None:
        """What an operator does about EIPs that a sweep reports: releases them, or unbinds what we may release."""
        console = self.stage.cloud.console
        for address in self.stage.cloud.holdings():
            if address.address_id not in reported:
                continue
            self.done["orphans reported"] += 1
            if not self.stage.policy.release_orphans:
                console.release(address.address_id)
            elif address.private_ip is not None:
                console.unbind(address.address_id)
