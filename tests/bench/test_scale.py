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


def test_a_sweep_keeps_its_pace_until_its_time_is_over_and_the_next_one_goes_on() -> None:
    cost = Cost(least=2.0, computed=0.0, page=0.0, pace=8.0)
    in_one = scale.drain(8 * 48, 0, cost)
    in_two = scale.drain(8 * 48 + 80, 0, cost)

    assert in_one == (50.0, 0)
    assert in_two == (60.0 + 2.0 + 10.0, 0)


def test_what_a_sweep_has_to_look_at_first_leaves_it_less_time() -> None:
    computing, paging = Cost(0.0, 0.002, 0.0, 8.0), Cost(0.0, 0.0, 0.2, 8.0)

    assert computing.first_purchase(10_000) == paging.first_purchase(10_000) == pytest.approx(20.0)
    assert computing.first_purchase(10_000, cores=2) == pytest.approx(10.0)
    assert scale.drain(400, 9_600, computing)[0] == pytest.approx(60.0 + 20.0 + (400 - 8 * 30) / 8)


def test_where_the_first_look_takes_all_the_time_nothing_ever_comes() -> None:
    assert scale.drain(100, 60_000, Cost(0.0, 0.001, 0.0, 8.0)) == (scale.DAY_SECONDS, 100)


def test_more_than_a_day_of_sweeps_bears_is_left() -> None:
    assert scale.drain(1440 * 400 + 7, 0, Cost(0.0, 0.0, 0.0, 8.0)) == (scale.DAY_SECONDS, 7)


def test_the_most_that_a_sweep_can_look_at_is_what_its_pages_and_its_computing_leave() -> None:
    assert scale.most(Cost(0.0, 0.0, 0.2, 8.0), 1) == pytest.approx(25_000, rel=0.01)
    assert scale.most(Cost(0.0, 0.001, 0.0, 8.0), 1) == pytest.approx(50_000, rel=0.01)
    assert scale.most(Cost(0.0, 0.001, 0.0, 8.0), 0.25) == pytest.approx(12_500, rel=0.01)


def test_the_cost_of_a_sweep_is_told_from_sweeps_of_few_and_of_many() -> None:
    settled = Swept(seconds=4.0, first_purchase=0, told={}, cpu=2.0, calls=0, refused=0)
    few = Swept(seconds=0, first_purchase=1.5, told={"a": [1.0] * 400}, cpu=0, calls=0, refused=0)
    many = Swept(seconds=0, first_purchase=19.5, told={"a": [1.0] * 61}, cpu=0, calls=0, refused=0)

    cost = scale.calibrate(settled, 2_000, {1_000: few, 10_000: many})

    assert cost.page == pytest.approx(2.0 / 20)
    assert cost.computed == pytest.approx(0.001)  # 18 s later for 9,000 more, of which their pages took 9 s
    assert cost.least == pytest.approx(0.5)
    assert cost.pace == pytest.approx(2.0)


def test_all_of_it_is_measured_with_small_crowds() -> None:
    figure = scale.measure((40, 80), new=38, settled=20)

    told = {row.what: row.measured for row in figure.rows}
    assert told["40 pods, 38 of them new: told in it"] == 38
    assert told["80 pods, 38 of them new: of the 19 of the 19 modest namespaces"] == 19
    assert figure.reached
