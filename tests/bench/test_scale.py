"""Very many pods: small crowds of them, and the model of the loop."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import scale
from bench.crowd import Crowd
from bench.scale import Cost, Swept
from bench.world import Pace
from eipctl.demo.scf import timer_event
from shared.functions import ALLOCATE, RECLAIM


def test_a_settled_crowd_leaves_nothing_to_do() -> None:
    crowd = Crowd(Pace())
    crowd.add([("default", f"p-{number}") for number in range(60)], bound=True)

    given, taken = (crowd.run(function, timer_event(0)) for function in (ALLOCATE, RECLAIM))

    assert (given["looked"], given["done"]) == (60, {})
    assert (taken["done"], taken["left"]) == ({}, 0)
    assert len(crowd.cloud.holdings()) == 60


def test_the_new_ones_of_a_crowd_are_served_and_computing_takes_time() -> None:
    crowd = Crowd(Pace(0.0, 0.0))
    crowd.add([("team-1", "old")], bound=True)
    crowd.add([("team-1", "new")])
    start = crowd.timeline.now()

    result = crowd.run(ALLOCATE, timer_event(0))

    assert result["done"] == {"CreateClaim": 1, "Allocate": 1, "Associate": 1, "Publish": 1}
    assert 0 < crowd.cpu <= crowd.timeline.now() - start


def test_half_of_the_newcomers_are_of_one_namespace_and_first() -> None:
    names = scale.newcomers(100)

    counts = Counter(namespace for namespace, _ in names)
    assert len(set(names)) == 100
    assert counts.pop("team-0") == 62
    assert set(counts.values()) == {2}
    assert len(counts) == 19
    assert {namespace for namespace, _ in names[:62]} == {"team-0"}


def test_a_sweep_tells_how_many_were_served_where() -> None:
    swept = scale.sweep(30, 38)

    assert swept.number == 38
    assert len(swept.told["team-0"]) == 19
    assert swept.refused == 0
    assert 0 < swept.first_purchase < max(swept.told["team-3"]) <= swept.seconds


def test_without_computing_the_model_is_as_fast_as_the_cloud_takes_calls() -> None:
    seconds, left = scale.drain(400, 0, Cost(0.0, 0.0, 0.0))

    assert seconds == pytest.approx(400 / 9.5, rel=0.05)
    assert left == 0


def test_what_waits_for_a_look_slows_the_model_down() -> None:
    quick, slow = (scale.drain(400, 0, Cost(0.0, waiting, 0.0))[0] for waiting in (0.0, 0.02))

    assert slow > 2 * quick


def test_where_the_first_look_takes_all_the_time_nothing_ever_comes() -> None:
    assert scale.drain(100, 60_000, Cost(0.001, 0.0, 0.0)) == (scale.DAY_SECONDS, 100)


def test_the_most_that_a_sweep_can_look_at_is_what_its_pages_and_its_computing_leave() -> None:
    assert scale.most(Cost(0.0, 0.0, 0.2), 1) == pytest.approx(25_000, rel=0.01)
    assert scale.most(Cost(0.001, 0.0, 0.0), 1) == pytest.approx(50_000, rel=0.01)
    assert scale.most(Cost(0.001, 0.0, 0.0), 0.25) == pytest.approx(12_500, rel=0.01)


def test_the_cost_of_a_look_is_told_from_sweeps_of_few_and_of_many() -> None:
    settled = Swept(seconds=4.0, first_purchase=0, told={}, looks=1, cpu=2.0, calls=0, refused=0)
    few = Swept(seconds=0, first_purchase=0, told={"a": [1.0] * 200}, looks=10, cpu=20.0, calls=0, refused=0)
    many = Swept(seconds=0, first_purchase=0, told={}, looks=2, cpu=22.0, calls=0, refused=0)

    cost = scale.calibrate(settled, 1000, {600: few, 9600: many}, 600)

    assert cost.listed == pytest.approx(0.001)
    assert cost.waiting == pytest.approx((2.0 - 0.6) / 500)
    assert cost.page == pytest.approx(0.2)


def test_all_of_it_is_measured_with_small_crowds() -> None:
    figure = scale.measure((40, 80), new=38, settled=20)

    told = {row.what: row.measured for row in figure.rows}
    assert told["40 pods, 38 of them new: told in it"] == 38
    assert told["80 pods, 38 of them new: of the 19 of the 19 modest namespaces"] == 19
    assert figure.reached
