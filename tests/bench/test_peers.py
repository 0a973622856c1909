"""What is said beside the peers, from an audit log and calls that are written by hand."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from rich.console import Console

from bench import live, peers
from bench.live import Burst, Log, Setting
from bench.peer_faults import Fared
from emulator.cloud.calls import CallRecord

GIVE = "system:serviceaccount:eipclaim-system:eipclaim-give"
BURST = Burst(bound=(1.0, 2.0), published=(1.5, 2.5), last=2.2, trail=0.5, never=0, calls=3, requests=9, mib=60)
SETTING = Setting(2)


def line(at: float, username: str, verb: str, name: str, asked: object = None) -> str:
    stamp = datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    groups = ["system:nodes"] if username.startswith("system:node:") else []
    record = {
        "stageTimestamp": stamp,
        "user": {"username": username, "groups": groups},
        "verb": verb,
        "objectRef": {"resource": "pods", "name": name},
        "requestObject": asked,
    }
    return json.dumps(record)


def runs(at: float, name: str, ip: str) -> str:
    return line(at, "system:node:1", "patch", name, {"status": {"podIP": ip}})


def told(at: float, name: str) -> str:
    asked = {"metadata": {"annotations": {"tke.cloud.tencent.com/eip-public-ip": "198.18.0.1"}}}
    return line(at, GIVE, "patch", name, asked)


def binding(at: float, ip: str, *, done: bool = True) -> CallRecord:
    return CallRecord(
        number=0,
        at=at,
        identity="",
        service="vpc",
        action="AssociateAddress",
        params={"PrivateIpAddress": ip},
        code="OK",
        done=done,
        answered=True,
        changes=True,
        request_id="",
    )


def measured(lines: Sequence[str], calls: Sequence[CallRecord], setting: Setting = SETTING) -> Burst:
    log = Log()
    log.read(lines)
    return live.measured(["a", "b"], log, calls, setting, requests=len(log.ours), mib=60)


def test_a_pod_waits_from_its_ip_to_the_reply_of_its_binding_and_to_being_told() -> None:
    lines = [runs(10, "a", "10.0.0.1"), runs(11, "b", "10.0.0.2"), told(13, "a"), told(15, "b")]

    found = measured(lines, [binding(12, "10.0.0.1"), binding(14, "10.0.0.2")], Setting(2, call=0.5))

    assert found.bound == pytest.approx([2.5, 3.5])
    assert found.published == pytest.approx([3.0, 4.0])
    assert found.last == pytest.approx(4.5)
    assert found.trail == pytest.approx(0.5)
    assert (found.never, found.calls, found.requests) == (0, 1, 1)


def test_a_pod_that_is_never_bound_is_counted_and_waits_for_ever() -> None:
    found = measured(
        [runs(10, "a", "10.0.0.1"), runs(10, "b", "10.0.0.2")],
        [binding(11, "10.0.0.1"), binding(12, "10.0.0.2", done=False)],
    )

    assert found.never == 1
    assert found.bound_at(50) == pytest.approx(1)
    assert found.bound_at(99) == math.inf


def test_what_others_ask_of_the_apiserver_is_not_our_cost() -> None:
    log = Log()

    log.read([line(1, "system:kube-scheduler", "patch", "a"), line(2, GIVE, "get", "a"), runs(3, "a", "10.0.0.1")])

    assert log.ours == [2]
    assert log.told == {}


def test_the_median_of_several_runs_is_taken_number_by_number() -> None:
    cells = [peers.cell(SETTING, replace(BURST, last=last, calls=calls)) for last, calls in ((1, 9), (5, 3), (3, 4))]

    found = peers.median(cells)

    assert (found.last, found.calls, found.who) == (3, 4, cells[0].who)


def test_a_burst_as_large_as_the_peers_is_taken_under_the_documented_rate_too() -> None:
    limited = [one for one in peers.settings([1, 100]) if one.limited]

    assert [(one.pods, one.call, one.wait) for one in limited] == [(100, 0.0, None), (100, 0.0, 0.0)]


def test_the_largest_burst_is_not_woken_by_events_of_its_own() -> None:
    taken = list(peers.settings([20, 300]))

    assert [one.pods for one in taken if one.wait is None] == [20, 20, 300, 300]
    assert [one.pods for one in taken if one.wait == 0.0] == [20, 20]


def test_the_mark_is_for_every_way_to_be_woken() -> None:
    deployed, at_once = (peers.cell(Setting(20, wait=wait), replace(BURST, trail=1.01)) for wait in (None, 0.0))

    assert (deployed.missed, at_once.missed) == (True, True)
    assert not replace(deployed, trail=1.0).missed
    assert replace(at_once, trail=math.inf).missed


def test_ours_are_shown_beside_the_peers_of_the_same_setting_alone() -> None:
    console = Console(file=io.StringIO(), width=peers.WIDTH)
    late = peers.cell(Setting(100, call=0.1), replace(BURST, trail=1.5))

    peers.show([late], [Fared("lost", "leaked", "nothing", "none")], console)

    shown = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    assert shown.count(peers.AWS) == 1
    assert "300 pods" not in shown
    assert "1.50 MISSED" in shown
    assert "leaked" in shown
