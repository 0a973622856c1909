"""Each bench measures what it says, on worlds so small that a test can wait for them; no time of ours is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench import audit, bursts, emulator, ends, fairness, idle, realtime, sweep, thousand
from bench.plots import draw
from bench.table import Figure, Plot, Row
from bench.world import Pace

ROOT = Path(__file__).parents[2]


def rows(figure: Figure) -> dict[str, Row]:
    return {row.what: row for row in figure.rows}


@pytest.mark.parametrize(
    ("row", "ratio", "reached"),
    [
        (Row("a", 3.0, floor=2.0, mark=1.5), 1.5, True),
        (Row("a", 3.1, floor=2.0, mark=1.5), 1.55, False),
        (Row("a", 3.0, mark=3.0), None, True),
        (Row("a", 3.1, mark=3.0), None, False),
        (Row("a", 3.1, floor=2.0), 1.55, True),
    ],
)
def test_a_mark_is_of_the_ratio_where_there_is_a_floor(row: Row, ratio: float | None, reached: bool) -> None:  # noqa: FBT001 - a case of the table
    assert (row.ratio, row.reached) == (ratio, reached)
    assert Figure("", "", [row]).as_json()["rows"] == [
        {"what": "a", "measured": row.measured, "unit": "", "floor": row.floor, "mark": row.mark}
        | {"ratio": ratio, "reached": reached}
    ]


def test_one_pod_alone_needs_no_call_that_can_be_left_out() -> None:
    time, calls, requests = bursts.alone(0.1)

    assert time.reached
    assert (calls.measured, requests.measured) == (6, 8)


def test_a_burst_is_measured_to_its_last_pod_and_its_curve_ends_with_all_of_them() -> None:
    figure = bursts.measure((3,))

    last = rows(figure)["3 pods, one invocation: to the last bound"].measured
    assert rows(figure)["3 pods, two functions at once: pods lost"].measured == 0
    (plot,) = figure.plots
    assert plot.curves["3 pods"][-1] == (last, 100)


def test_a_thousand_pods_are_measured_both_ways() -> None:
    figure = thousand.measure(3)

    ways = ("one invocation", "by the sweeps alone")
    assert all(rows(figure)[f"3 pods, {way}: to the last bound"].measured > 0 for way in ways)
    assert all(rows(figure)[f"3 pods, {way}: calls refused for rate"].measured == 0 for way in ways)


def test_real_time_is_waited_for_and_virtual_time_is_not() -> None:
    (bound, published, *_) = realtime.measure(1, Pace(0.0, 0.0)).rows

    assert bound.floor is not None
    assert published.measured >= bound.measured > 0


def test_pods_that_end_leave_nothing() -> None:
    found = rows(ends.measure(3))

    assert (found["claims left"].measured, found["EIPs left"].measured) == (0, 0)
    assert found["calls to the cloud a pod"].measured > 1


def test_the_last_pod_of_the_modest_comes_before_that_of_the_greedy() -> None:
    modest, greedy, *_ = fairness.measure(2, 40).rows

    assert 0 < modest.measured < greedy.measured


def test_an_idle_cluster_is_reckoned_with_what_is_deployed() -> None:
    """It reckoned with 128 MB for a while, and left the audit log out."""
    inputs = yaml.safe_load((ROOT / "serverless.yml").read_text("utf-8"))["inputs"]
    (log,) = (trigger["parameters"] for trigger in inputs["triggers"] if trigger["type"] == "cls")
    found = rows(idle.measure(1))

    assert {function["memorySize"] for function in inputs["functions"].values()} == {idle.MEMORY_MB}
    assert log["maxWait"] == idle.DELIVERY_SECONDS
    assert found["writes to the cloud"].measured == 0
    assert found["deliveries of the audit log a day, at the most"].measured == 28_800


def test_the_filter_and_its_floor_read_the_same_batches() -> None:
    busy, alone = audit.measure(2048).rows

    assert all(row.floor is not None and row.floor > 0 for row in (busy, alone))
    assert busy.what == f"a busy cluster's log: {audit.STEP} records a batch"


def test_pages_of_the_emulator_are_taken_at_both_ends() -> None:
    found = rows(emulator.measure(200))

    assert {"the first of 200 EIPs", "the last of 200 EIPs"} < found.keys()


def test_a_settled_sweep_writes_nothing_but_its_lease() -> None:
    figure = sweep.measure((2,), (), 1)

    assert rows(figure)["2 pods: writes but the Lease"].measured == 0
    assert [number for number, _ in figure.plots[0].curves["allocate"]] == [2]


def test_a_plot_is_the_same_for_the_same_curves(tmp_path: Path) -> None:
    plot = Plot("p", "pods", "seconds & more", {"<a>": [(1, 2), (3, 4)]})
    for folder in ("one", "two"):
        draw(plot, tmp_path / folder)

    one, two = ((tmp_path / folder / "p.svg").read_text("utf-8") for folder in ("one", "two"))
    assert one == two
    assert "&lt;a&gt;" in one
    assert "seconds &amp; more" in one
