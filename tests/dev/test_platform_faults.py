"""What becomes of the EIPs while the platform does its worst: a world of its own, for the apiserver is killed in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from eipctl.dev import roles, world
from eipctl.dev.delivery import Disorder, lost
from eipctl.dev.invocations import Invocation
from eipctl.dev.platform import Pace
from eipctl.dev.scf import OVER_LIMIT
from eipctl.dev.world import Options, World
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION
from shared.core.table import Role
from shared.runtime import secret
from tests import cam
from tests.control_planes import BINARIES
from tests.dev import later_release
from tests.dev.clusters import ATTRIBUTES, Cluster, example
from tests.dev.laptops import Laptop, failures, laptop
from tests.dev.stories import Facts, Life, play
from tests.dev.told import Told

pytestmark = pytest.mark.laptop
PACE = Pace(max_wait=2.0, tick=5.0, retry=3.0)
HARDLY_EVER = 1200.0
OTHERS = {Role.GIVE: "ReleaseAddresses", Role.TAKE: "AllocateAddresses"}
"""For each role, what only the other may do."""

SERVED = {"Allocated": "True", "Bound": "True", "Published": "True", "Ready": "True"}
BOUND = {"phase": "Bound", "conditions": SERVED, "remembered": [], "at": [True], "bound": True}
KEPT = {
    "phase": "Retained",
    "conditions": {**dict.fromkeys(SERVED, "False"), "Allocated": "True"},
    "remembered": ["expiresAt", "podMissingSince"],
    "at": [False],
    "bound": False,
}
TRADE = {"EIPs": 3, "bought": 4, "bought twice": [], "released": 4}
CLEAN: Facts = {"busybox-0": BOUND, "busybox-1": KEPT, "web": BOUND, **TRADE}
"""The facts of a life in which nothing goes wrong."""

Awake = Callable[[Options], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def asleep(told: Told) -> Iterator[Laptop]:
    """Nobody wakes the functions there unless a scenario does."""
    assert BINARIES
    with laptop(BINARIES, Options(nodes=3), awake=False) as opened:
        yield opened
        told.ends(opened.world)


def made(opened: Laptop, namespace: str) -> Cluster:
    cluster = Cluster(opened, namespace)
    cluster.kubectl("create", "namespace", namespace)
    return cluster


@pytest.fixture
def came() -> list[Invocation]:
    """All invocations of the scenario."""
    return []


@pytest.fixture
def awake(asleep: Laptop, came: list[Invocation]) -> Awake:
    return lambda options: asleep.portal.wrap_async_context_manager(world.awake(asleep.world, options, came.append))


@pytest.fixture
def stretch(asleep: Laptop, request: pytest.FixtureRequest) -> Cluster:
    """A namespace, which stays, empty."""
    return made(asleep, request.node.name.replace("_", "-")[:60].strip("-"))


@pytest.fixture
def life(asleep: Laptop, stretch: Cluster) -> Life:
    return Life(asleep.world, stretch)


@pytest.fixture
def later(asleep: Laptop, tmp_path: Path) -> Options:
    """A later release's functions; its CRD is there, for good."""
    code = later_release.make(tmp_path / "later")
    asleep.world.plane.kubectl("apply", "--server-side", "--filename", str(code.folder / "deploy" / "crd.yaml"))
    return Options(pace=PACE, code=code)


def test_a_life_without_faults_ends_bound_or_retained_and_buys_once_for_each_claim(awake: Awake, life: Life) -> None:
    with awake(Options(pace=PACE)):
        facts = play(life)

    assert facts == CLEAN


def test_where_every_event_is_lost_the_sweeps_alone_come_to_the_same_end(
    awake: Awake, life: Life, came: list[Invocation]
) -> None:
    with awake(Options(pace=PACE, delivery=lost)):
        facts = play(life)

    assert facts == CLEAN
    assert {one.function for one in came} == {"allocate", "reclaim"}


def test_records_that_come_twice_late_and_shuffled_change_nothing(
    awake: Awake, life: Life, came: list[Invocation]
) -> None:
    """A pod's deletion is told before its creation, and its creation again when it has long gone."""
    with awake(Options(pace=PACE, delivery=Disorder(7, copies=2, late=(0.0, 2.0, 6.0)))):
        facts = play(life)

    assert facts == CLEAN
    assert failures(came) == []


def test_a_burst_over_the_reserved_instances_is_bound_by_events_alone_in_the_end(
    awake: Awake, life: Life, stretch: Cluster, came: list[Invocation]
) -> None:
    """The platform refuses what finds the one instance of bind at work, and keeps the event until it is taken."""
    with awake(Options(pace=Pace(max_wait=0.3, tick=HARDLY_EVER, retry=2.0), reserved={"bind": 1})):
        stretch.apply(example("deployment.yaml", replicas=12))
        stretch.eventually("all pods are there", lambda: len(stretch.in_phase("Running")) == 12)
        for name in stretch.names("pod"):
            stretch.bound(name)

    assert OVER_LIMIT in {one.error for one in came}
    assert failures(one for one in came if one.error != OVER_LIMIT) == []
    assert {one.function for one in came} == {"bind"}
    assert life.purchases() == {"bought": 12, "bought twice": [], "released": 0}

    with awake(Options(pace=PACE)):
        life.end()


def test_two_releases_at_once_leave_each_other_alone_and_the_older_goes_on_after_a_downgrade(
    awake: Awake, life: Life, stretch: Cluster, came: list[Invocation], later: Options
) -> None:
    """There is no second release yet: the later one is this one, changed in a copy as `later_release` says.

    It stands for additions only: a field, a condition, a phase. What it tries is that this release keeps the first two
    when it writes a status, and serves a claim whose phase it cannot read. It says nothing of a release that decides
    otherwise, marks EIPs otherwise, or has another intent.
    """
    this = Options(pace=PACE)
    with awake(later):
        with awake(this):
            life.begin()
            life.served()
            life.change()
            life.comes_to_rest(came, sweeps=4)
        kept = life.shrink()
    with awake(this):
        stretch.kubectl("scale", "statefulset", "busybox", "--replicas=2")
        claim = stretch.bound("busybox-1")
        life.comes_to_rest(came)

        assert kept["status"]["phase"] == "Kept"
        assert claim["metadata"]["uid"] == kept["metadata"]["uid"]
        assert claim["status"]["addressID"] == kept["status"]["addressID"]
        assert claim["status"]["servedBy"] == "a later one"
        assert "Reachable" in {one["type"] for one in claim["status"]["conditions"]}
        life.end()
    assert life.purchases() == {"bought": 4, "bought twice": [], "released": 4}
    assert failures(came) == []


def test_the_apiserver_is_killed_while_claims_are_being_bound_and_all_go_on(
    awake: Awake, asleep: Laptop, life: Life
) -> None:
    """Kubelets, controllers and functions meet a server that is gone, then one that does not know their rights yet."""

    def kill() -> None:
        deadline = time.monotonic() + 60
        while not life.purchases()["bought"] and time.monotonic() < deadline:
            time.sleep(0.01)
        asleep.world.plane.programs["kube-apiserver"].kill()
        time.sleep(3)
        asleep.world.plane.revive()

    with awake(Options(pace=PACE)):
        facts = play(life, kill)

    assert facts == CLEAN
    assert [name for name, program in asleep.world.plane.programs.items() if not program.runs] == []


def test_each_role_called_what_it_may_and_what_it_may_not_is_refused(
    awake: Awake, asleep: Laptop, stretch: Cluster, life: Life, came: list[Invocation]
) -> None:
    """All calls of this world: the rights are those that are needed, and no more."""
    # Both may unbind: what has to be unbound is left to the one, then, as a deleted claim's EIP, to the other.
    asleep.world.cloud.behaviour.unbind_with_private_ip = False
    with awake(Options(pace=PACE, reserved={"reclaim": 0})):
        stretch.apply(example("statefulset.yaml"))
        stretch.bound("busybox-0")
        stretch.kubectl("annotate", "--overwrite", "pod", "busybox-0", f'{ATTRIBUTES}={{"Bandwidth":"5"}}')
        stretch.eventually("it is slower", lambda: {one.bandwidth for one in asleep.held()} == {5, 100})
        before = stretch.get("pod", "busybox-1")
        stretch.delete("pod", "busybox-1")
        stretch.successor(before)
        stretch.bound("busybox-1")
    with awake(Options(pace=PACE)):
        life.comes_to_rest(came, sweeps=1)
        life.end()
    asleep.world.cloud.behaviour.unbind_with_private_ip = True

    with asleep.world.cloud.lock:
        assert list(cam.refused(asleep.world.cloud)) == []
        for role in Role:
            assert cam.used(asleep.world.cloud, role) == {one for one in cam.granted(role) if one.kind != "secret"}

    refused = {role: asleep.portal.call(answer, asleep.world, role, action) for role, action in OTHERS.items()}
    assert all("UnauthorizedOperation" in said for said in refused.values()), refused


async def answer(opened: World, role: Role, action: str) -> str:
    """What the cloud answers a call that is signed with that role's key."""
    endpoint = opened.environ["EIPCLAIM_CLOUD_ENDPOINT"]
    with roles.issued(opened.cloud, role) as given:
        async with sdk.connect(SERVICE, VERSION, opened.cloud.region, secret(given), endpoint=endpoint) as call:
            try:
                return str(await call(action, {"AddressIds": ["eip-00000000"]} if action == "ReleaseAddresses" else {}))
            except Exception as error:  # noqa: BLE001 - whatever the SDK makes of it
                return str(error)
