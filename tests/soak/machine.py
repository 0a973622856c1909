"""The random machine: hypothesis chooses the deeds, and finds the shortest list of them that breaks anything."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from emulator.cluster.behaviour import Behaviour
from tests.faults.meddling import Does
from tests.soak.calm import calm, count_replays
from tests.soak.console import MEDDLING
from tests.soak.hands import EDITS, FORCE, GUEST, ODD, OLDER, RETENTIONS, SETTINGS
from tests.soak.kinds import CLOUD, CODES
from tests.soak.rivals import RIVALS
from tests.soak.trouble import Trouble
from tests.soak.world import FUNCTIONS, ODD_EVENTS, PAGES, TIME_LIMIT, World

CLOUD_FAULTS = ("code", *CLOUD)
ACTIONS = ("AllocateAddresses", "AssociateAddress", "DisassociateAddress", "ReleaseAddresses", "DescribeAddresses")
PODS, ALL = ("a", "a", "b"), ("a", "a", "a", "b", "busybox-0", "busybox-1", GUEST)
CAPS: tuple[dict[str, str], ...] = ({}, {"EIPCLAIM_MAX_EIPS": "3"}, {"EIPCLAIM_MAX_EIPS_PER_NAMESPACE": "2"})
"""What the operator may have capped, which he lifts at the end: else not everybody can be served."""

ORPHANS: tuple[dict[str, str], ...] = ({}, {"EIPCLAIM_ORPHANS": "release"})
BEGINNINGS = ("nothing", "served", "request lost", "reply lost")
LOST = {"request lost": "drop", "reply lost": "drop_reply"}
"""What has come of the first pod's purchase; of one whose reply was lost the EIP is released before anybody sees it."""

JUMPS = (-600.0, -30.0, 0.0, 30.0, 600.0)
"""Seconds by which clocks are off."""

WORST = (Does.DONE_UNANSWERED, Does.DIE_AFTER) * 2
"""Faults of which most is to be feared come more often."""

names, any_names, retentions = st.sampled_from(PODS), st.sampled_from(ALL), st.sampled_from(sorted(RETENTIONS))
users = st.one_of(
    st.tuples(st.just("create"), names, retentions, st.sampled_from((5, 100))),
    st.tuples(st.just("delete_pod"), any_names, st.sampled_from((FORCE, "politely"))),
    st.tuples(st.just("replace_pod"), names, retentions),
    st.tuples(st.sampled_from(("delete_claim", "delete_claim", "complete", "stop_wanting")), any_names),
    st.tuples(st.just("scale"), st.integers(-1, 2)),
    st.tuples(st.just("ask"), names, st.sampled_from(ODD)),
    st.tuples(st.just("namespace"), retentions),
)
operators = st.one_of(
    st.tuples(st.just("edit_claim"), any_names, st.integers(0, len(EDITS) - 1)),
    st.tuples(st.sampled_from(("strip", "write_nonsense")), any_names),
    st.tuples(st.sampled_from(("uninstall", "unserve", "unserve"))),
    st.tuples(st.just("quota"), st.integers(0, 1), st.integers(0, 3)),
    st.tuples(st.just("set"), st.integers(0, len(SETTINGS) - 1)),
    st.tuples(st.just("install"), st.integers(-1, len(OLDER) - 1)),
    st.tuples(st.just("later_release"), any_names),
    st.tuples(st.just("meddle"), st.sampled_from(MEDDLING), st.integers(0, 5)),
)
deeds = st.one_of(users, users, users, operators)
"""What hands may do: a method of `Hands` and its arguments."""

settings = st.builds(lambda caps, orphans: {**caps, **orphans}, st.sampled_from(CAPS), st.sampled_from(ORPHANS))
clouds = st.fixed_dictionaries(
    {
        "read_lag_seconds": st.sampled_from((0.0, 5.0, 100.0, 100.0)),
        "token_lifetime_seconds": st.sampled_from((0.0, 0.0, 86_400.0)),
        "token_after_release": st.sampled_from(("dead id", "buy anew")),
        "unbind_with_private_ip": st.booleans(),
        "newest_first": st.booleans(),
    }
)
clusters = st.builds(Behaviour, collector=st.sampled_from((1.0, 90.0)), wander=st.booleans())

some_functions = st.lists(st.sampled_from(sorted(FUNCTIONS)), min_size=1, max_size=3)
latencies = st.sampled_from((0.005, 0.5, 3.0))
troubles = st.lists(
    st.one_of(
        st.builds(Trouble, st.sampled_from((*Does, *WORST)), st.integers(0, 5), st.sampled_from((1, 1, 2, 20))),
        st.builds(Trouble, st.none(), stale=st.sampled_from((1.0, 10.0))),
        st.builds(Trouble, st.none(), st.integers(0, 9), st.sampled_from((1, 2, 9)), off=st.sampled_from(JUMPS)),
    ),
    max_size=2,
)


class Machine(RuleBasedStateMachine):
    """Each step is one deed; the invariants are checked within it, after every port call."""

    total: ClassVar[Counter[str]] = Counter()
    """Of all examples so far."""

    world: World

    def teardown(self) -> None:
        """The calm after it, if nothing is broken yet."""
        if not hasattr(self, "world"):
            return
        try:
            if not self.world.watch.findings:
                calm(self.world)
        finally:
            count_replays(self.world)
            Machine.total += self.world.done
            Machine.total["rounds"] += 1
            Machine.total["virtual minutes"] += int(self.world.stage.now() - self.world.began) // 60

    @initialize(
        settings=settings, cloud=clouds, cluster=clusters, retention=retentions, begun=st.sampled_from(BEGINNINGS)
    )
    def a_world(
        self, settings: dict[str, str], cloud: dict[str, object], cluster: Behaviour, retention: str, begun: str
    ) -> None:
        """A pod is there, and as much of its purchase as `begun` says."""
        self.world = World(settings, cloud, cluster)
        self.world.by("create", "a", retention, 5)
        self.world.pass_time(5)
        if begun in LOST:
            self.world.arm(LOST[begun], "AllocateAddresses", "", 1)
        if begun != "nothing":
            self.world.run(("allocate",), 0.005, seconds=1.0 if begun in LOST else TIME_LIMIT)
        if begun == "reply lost":
            self.world.by("meddle", "release", 0)

    @rule(deed=deeds)
    def somebody_does(self, deed: tuple[object, ...]) -> None:
        self.world.by(*deed)

    @rule(deed=deeds, functions=some_functions, latency=latencies, troubles=troubles)
    def somebody_does_and_functions_run(
        self, deed: tuple[object, ...], functions: list[str], latency: float, troubles: list[Trouble]
    ) -> None:
        self.world.by(*deed)
        self.world.run(functions, latency, troubles)

    # --- the platform and time --------------------------------------------------------------------------------------

    @rule(late=st.booleans(), backwards=st.booleans(), lost=st.booleans(), troubles=troubles)
    def platform_delivers(self, *, late: bool, backwards: bool, lost: bool, troubles: list[Trouble]) -> None:
        self.world.deliver(late=late, backwards=backwards, lost=lost, troubles=troubles)

    @rule(
        functions=some_functions,
        latency=latencies,
        troubles=troubles,
        pages=st.sampled_from((*(["whole"] * 8), *sorted(PAGES))),
        stalled=st.booleans(),
        seconds=st.sampled_from((*([TIME_LIMIT] * 5), 0.0, 4.0)),
    )
    def platform_runs(
        self, functions: list[str], latency: float, troubles: list[Trouble], pages: str, seconds: float,
        *, stalled: bool,
    ) -> None:  # fmt: skip
        self.world.run(functions, latency, troubles, pages=pages, stalled=stalled, seconds=seconds)

    @rule(
        function=st.sampled_from(sorted(FUNCTIONS)),
        told=st.booleans(),
        rotated=st.sampled_from((None, None, 0.0, 0.3, 2.0, 20.0)),
        seconds=st.sampled_from((TIME_LIMIT, TIME_LIMIT, 4.0)),
        troubles=troubles,
    )
    def warm_instance_runs(
        self, *, function: str, told: bool, rotated: float | None, seconds: float, troubles: list[Trouble]
    ) -> None:
        self.world.run_warm(function, told=told, rotated=rotated, seconds=seconds, troubles=troubles)

    @rule(name=st.sampled_from(sorted(RIVALS)), period=st.sampled_from((1.0, 1.0, 7.0)))
    def rival_comes(self, name: str, period: float) -> None:
        self.world.rival(name, period)

    @rule()
    def rival_goes(self) -> None:
        self.world.rival_goes()

    @rule(times=st.integers(1, 5), seconds=st.sampled_from((30.0, 65.0)), troubles=troubles)
    def platform_ticks(self, times: int, seconds: float, troubles: list[Trouble]) -> None:
        self.world.ticks(times, seconds, troubles)

    @rule(function=st.sampled_from(sorted(FUNCTIONS)), number=st.integers(0, len(ODD_EVENTS) - 1))
    def platform_sends_nonsense(self, function: str, number: int) -> None:
        self.world.deliver_nonsense(function, number)

    @rule(ahead=st.sampled_from(JUMPS))
    def cluster_time_jumps(self, ahead: float) -> None:
        self.world.jump(ahead)

    @rule(seconds=st.sampled_from((1.0, 10.0, 65.0, 400.0)))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    # --- the cloud --------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.0, 5.0, 100.0)))
    def listings_lag(self, seconds: float) -> None:
        self.world.lag(seconds)

    @rule(
        kind=st.sampled_from(CLOUD_FAULTS), action=st.sampled_from(ACTIONS), code=st.sampled_from(sorted(CODES)),
        times=st.integers(1, 3),
    )  # fmt: skip
    def cloud_fails(self, kind: str, action: str, code: str, times: int) -> None:
        self.world.arm(kind, action, code, times)
