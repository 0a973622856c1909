"""The random machine: hypothesis chooses the deeds, and finds the shortest list of them that breaks anything."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.soak.world import ACTIONS, CLOUD_FAULTS, CODES, FUNCTIONS, NAMES, PORT_FAULTS, World

names = st.sampled_from(NAMES)


class Machine(RuleBasedStateMachine):
    """Each step is one deed; the invariants are checked within it, after every port call."""

    total: ClassVar[Counter[str]] = Counter()
    """Of all examples so far."""

    def __init__(self) -> None:
        """A new world."""
        super().__init__()
        self.world = World()

    def teardown(self) -> None:
        """The calm after it."""
        try:
            self.world.calm()
        finally:
            Machine.total += self.world.done
            Machine.total["examples"] += 1
            Machine.total["virtual minutes"] += int(self.world.stage.now() - self.world.began) // 60

    @initialize(static=st.booleans(), served=st.booleans())
    def there_are_pods(self, *, static: bool, served: bool) -> None:
        self.world.create("a", static=static, bandwidth=5)
        self.world.create("b", static=not static, bandwidth=5)
        self.world.pass_time(5)
        if served:
            self.world.run(("allocate",), 0.005)

    @rule(name=names, static=st.booleans(), bandwidth=st.sampled_from((5, 100)))
    def user_creates(self, name: str, *, static: bool, bandwidth: int) -> None:
        self.world.create(name, static=static, bandwidth=bandwidth)

    @rule(name=names, force=st.booleans())
    def user_deletes(self, name: str, *, force: bool) -> None:
        self.world.delete_pod(name, force=force)

    @rule(name=names)
    def user_deletes_claim(self, name: str) -> None:
        self.world.delete_claim(name)

    @rule(name=names)
    def pod_completes(self, name: str) -> None:
        self.world.complete(name)

    @rule(name=names)
    def user_stops_wanting(self, name: str) -> None:
        self.world.stop_wanting(name)

    @rule(late=st.booleans(), backwards=st.booleans(), lost=st.booleans())
    def platform_delivers(self, *, late: bool, backwards: bool, lost: bool) -> None:
        self.world.deliver(late=late, backwards=backwards, lost=lost)

    @rule(
        functions=st.lists(st.sampled_from(sorted(FUNCTIONS)), min_size=1, max_size=3),
        latency=st.sampled_from((0.005, 0.5, 3.0)),
    )
    def platform_runs(self, functions: list[str], latency: float) -> None:
        self.world.run(functions, latency)

    @rule(seconds=st.sampled_from((1.0, 10.0, 65.0, 400.0)))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(seconds=st.sampled_from((0.0, 5.0, 40.0)))
    def listings_lag(self, seconds: float) -> None:
        self.world.lag(seconds)

    @rule(deed=st.sampled_from(("unbind", "release")), number=st.integers(0, 5))
    def hand_meddles(self, deed: str, number: int) -> None:
        self.world.meddle(deed, number)

    @rule(
        kind=st.sampled_from(CLOUD_FAULTS), action=st.sampled_from(ACTIONS), code=st.sampled_from(CODES),
        times=st.integers(1, 3),
    )  # fmt: skip
    def cloud_fails(self, kind: str, action: str, code: str, times: int) -> None:
        self.world.arm(kind, action, code, times)

    @rule(kind=st.sampled_from(PORT_FAULTS), calls=st.integers(0, 12))
    def port_fails(self, kind: str, calls: int) -> None:
        self.world.trouble(kind, calls)
