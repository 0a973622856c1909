"""The soak's world does what it says: where nothing goes wrong, its odd ways of running a function serve a pod."""

from __future__ import annotations

from emulator.cluster.behaviour import Behaviour
from tests.soak.kinds import NUMBERS, unplayed
from tests.soak.world import TIME_LIMIT, World


def with_pod(name: str, world: World) -> World:
    world.by("create", name, "own", 5)
    world.pass_time(5)
    return world


def serves(world: World, name: str) -> bool:
    return world.stage.sees.told(world.stage.sees.pod(name)) is not None


def warm(world: World, *, told: bool, rotated: float | None = None) -> None:
    world.run_warm("bind", told=told, rotated=rotated, seconds=TIME_LIMIT)


def test_a_warm_instance_serves_with_the_credentials_that_its_invocation_brings() -> None:
    """Not with those that its process began with; its kubeconfig, kept from before, is read anew."""
    world = with_pod("a", World({}, {}, Behaviour()))
    warm(world, told=False)
    first = serves(world, "a")
    with_pod("b", world)
    warm(world, told=True, rotated=0.0)
    warm(world, told=False)
    before = serves(world, "b")
    warm(world, told=True)

    assert (first, before, serves(world, "b")) == (True, False, True)


def test_a_cluster_whose_clock_is_off_is_served_all_the_same() -> None:
    world = World({}, {}, Behaviour())
    world.jump(-600.0)
    with_pod("a", world)
    world.run(("bind",), 0.005)

    assert serves(world, "a")


def test_without_the_crd_nothing_is_bought_and_with_it_the_pod_is_served() -> None:
    world = with_pod("a", World({}, {}, Behaviour()))
    world.by("uninstall")
    world.run(("bind", "allocate"), 0.005)
    bought = len(world.stage.cloud.holdings())
    world.by("uninstall")
    world.run(("bind",), 0.005)

    assert (bought, serves(world, "a")) == (0, True)


def test_an_eip_of_a_stripped_claim_is_reported() -> None:
    world = with_pod("a", World({}, {}, Behaviour()))
    world.run(("bind",), 0.005)
    world.by("strip", "a")
    world.run(("reclaim",), 0.005)

    assert world.orphans == {address.address_id for address in world.stage.cloud.holdings()}


def test_what_was_never_played_is_named() -> None:
    assert unplayed([f"F{number} so" for number in NUMBERS if number != 5]) == ["F5"]
