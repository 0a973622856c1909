"""Somebody undoes us for ever: how many calls, and EIPs, we spend on somebody who is quicker.

Each rival acts every second on one static claim. Counted is half an hour, after five minutes to settle down.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from eipctl.demo.stage import Stage
from emulator.cluster.users import GIVE, TAKE
from shared.adapters.cloud.sdk import Secret
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.errors import Conflict
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings
from tests.demo.interference import direct_call
from tests.faults.watch import watched
from tests.loop.scenes import pod

SETTLING, HALF_AN_HOUR = 300.0, 1800.0
Rival = Callable[[Stage], None]


class Refused:
    """A cluster in which somebody else is always quicker: every write meets a conflict."""

    def __init__(self, port: object, stage_writes: Callable[[], bool]) -> None:
        self._port, self._writes = port, stage_writes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it is whatever the port has
        method = getattr(self._port, name)
        reads = not inspect.iscoroutinefunction(method) or name.startswith(("get_", "list_"))
        return method if reads or self._writes() else self._refuse

    @staticmethod
    async def _refuse(*_: object) -> None:
        raise Conflict("Changed", "the object has been modified")


class Duel:
    """A world with one static claim and a rival; `writes` is whether our writes to the cluster are taken."""

    def __init__(self, rival: Rival) -> None:
        self.writes = True
        self._rival = rival
        self.stage = Stage(connect=self._connect)
        self.watch = watched(self.stage)
        self.stage.cluster.apply(pod("a", eip_claim_delete_policy="Never"))
        self._act()

    @asynccontextmanager
    async def _connect(self, stage: Stage, settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        del secret
        cluster: Any = Refused(stage.cluster.port(GIVE if role is Role.GIVE else TAKE), lambda: self.writes)
        yield Ports(cluster, VpcCloud(direct_call(stage.cloud, role.value), settings.cluster_id, settings.vpc_id))

    def _act(self) -> None:
        self.watch.check()  # before what we did is undone
        self._rival(self.stage)
        self.stage.timeline.after(1.0, self._act)

    def spent(self) -> Mapping[str, int]:
        """What we changed in the cloud within half an hour."""
        before = self.stage.cloud.calls.cursor
        self.stage.pass_time(HALF_AN_HOUR)
        return Counter(record.action for record in self.stage.cloud.calls.changes(before))


def unbinds(stage: Stage) -> None:
    for address in stage.cloud.holdings():
        if address.private_ip is not None:
            stage.cloud.console.unbind(address.address_id)


def releases_once_bound(stage: Stage) -> None:
    for address in stage.cloud.holdings():
        if address.private_ip is not None:
            stage.cloud.console.release(address.address_id)


def releases_once_bought(stage: Stage) -> None:
    for address in stage.cloud.holdings():
        stage.cloud.console.release(address.address_id)


def takes_the_tags_off(stage: Stage) -> None:
    for address in stage.cloud.holdings():
        stage.cloud.console.retag(address.address_id, {"managed-by": None})


def deletes_the_claim(stage: Stage) -> None:
    for claim in stage.sees.claims():
        if not claim.deleting:
            stage.delete("EIPClaim", claim.metadata.name)


def does_nothing(stage: Stage) -> None:
    del stage


@pytest.mark.parametrize(
    ("rival", "most", "reason"),
    [
        (unbinds, {"AssociateAddress": 30}, "an intent without a known outcome is left alone for a minute"),
        (
            releases_once_bound,
            {"AllocateAddresses": 15, "AssociateAddress": 15},
            "an absence is believed after two looks that are two minutes apart",
        ),
        (releases_once_bought, {"AllocateAddresses": 15}, "likewise"),
        (takes_the_tags_off, {}, "what does not carry our tags is not ours to change"),
        (
            deletes_the_claim,
            {"AllocateAddresses": 30, "ReleaseAddresses": 30},
            "only a sweep gives back, once a minute",
        ),
    ],
)
def test_a_rival_costs_a_bounded_number_of_calls(rival: Rival, most: Mapping[str, int], reason: str) -> None:
    duel = Duel(rival)
    duel.stage.pass_time(SETTLING)
    spent = duel.spent()

    assert set(spent) <= set(most), reason
    assert all(spent[action] <= bound for action, bound in most.items()), reason
    assert len(duel.stage.cloud.holdings()) <= 1
    assert duel.watch.check() == []
    assert duel.watch.findings == []


def test_a_claim_that_cannot_be_written_costs_nothing_in_the_cloud() -> None:
    """Without an intent in the claim nothing is sent: neither for a new pod nor to give anything back."""
    duel = Duel(does_nothing)
    duel.stage.until_served("a")
    duel.writes = False
    duel.stage.cluster.apply(pod("b"))
    duel.stage.delete("EIPClaim", "a")
    duel.stage.delete("Pod", "a")

    assert duel.spent() == {}
    duel.writes = True
    duel.stage.until_served("b")
    duel.stage.until("a is given back", lambda: len(duel.stage.cloud.holdings()) == 1)
    assert duel.watch.at_rest() == []
