"""Whole replies of nonsense, from apiserver and cloud: while they come nothing breaks, and afterwards all is well."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.fuzz import examples
from tests.hostile.junk import mutations
from tests.hostile.wire import Meddler
from tests.hostile.world import World

pytestmark = pytest.mark.no_cover

CLOUD = ("DescribeAddresses", "DescribeNetworkInterfaces", "AllocateAddresses", "AssociateAddress")
APISERVER = (
    "GET PodList", "GET EIPClaimList", "GET Node", "GET Pod", "GET Lease", "GET Status", "POST EIPClaim",
    "PATCH EIPClaim", "PATCH Pod", "PUT Lease",
)  # fmt: skip
few = examples(8, *HealthCheck)


class Tampering:
    """Of one kind of reply the first few are tampered with."""

    def __init__(self, data: st.DataObject, what: str, times: int) -> None:
        """Which, and how many."""
        self._data, self._what, self._left = data, what, times

    def __call__(self, what: str, reply: object) -> object:
        """What becomes of that reply."""
        if what != self._what or self._left == 0:
            return reply
        self._left -= 1
        return self._data.draw(mutations(copy.deepcopy(reply)))


def survives(meddler: Meddler) -> None:
    """Whether a pod that comes meanwhile has its one EIP in the end, as the one that was there."""
    world = World("victim")
    world.meddler = meddler
    world.add("good")
    world.ticks(3)
    world.meddler = Meddler()
    world.ticks(12)

    assert world.serves("victim")
    assert world.serves("good")
    assert len(world.stage.cloud.holdings()) == 2
    assert world.watch.unrest() == []


@few
@given(st.data(), st.sampled_from(CLOUD), st.integers(1, 4))
def test_replies_of_the_cloud_that_were_tampered_with_do_no_lasting_harm(
    data: st.DataObject, what: str, times: int
) -> None:
    survives(Meddler(cloud=Tampering(data, what, times)))


@few
@given(st.data(), st.sampled_from(APISERVER), st.integers(1, 4))
def test_replies_of_the_apiserver_that_were_tampered_with_do_no_lasting_harm(
    data: st.DataObject, what: str, times: int
) -> None:
    survives(Meddler(replies=Tampering(data, what, times)))
