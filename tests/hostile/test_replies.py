"""Whole replies of nonsense, of the apiserver and of the cloud: while they come nothing is broken, afterwards all is well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.junk import JUNK, mutations
from tests.hostile.world import World

CLOUD = ("DescribeAddresses", "DescribeNetworkInterfaces", "AllocateAddresses", "AssociateAddress")


def at_rest(world: World) -> None:
    """Whether every pod has its one EIP, and no other is there."""
    world.meddler.cloud = lambda action, reply: reply
    world.meddler.replies = lambda what, reply: reply
    world.ticks(12)
    names = sorted(pod.metadata.name for pod in world.stage.sees.pods())

    assert [name for name in names if not world.serves(name)] == []
    assert len(world.stage.cloud.holdings()) == len(names)


def meddled(tamper: Callable[[str, object], object]) -> World:
    world = World("victim")
    world.meddler.cloud = tamper
    world.add("good")
    return world
