"""The figures of a world, from an audit log and calls that are written by hand."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from eipctl.dev import figures
from eipctl.dev.figures import Cost, Record
from emulator.cloud.calls import CallRecord

GIVE = "system:serviceaccount:eipclaim-system:eipclaim-give"


def record(at: float, username: str, verb: str, resource: str, asked: Record | None = None) -> Record:
    stamp = datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    groups = ["system:nodes"] if username.startswith("system:node:") else []
    return {
        "stageTimestamp": stamp,
        "user": {"username": username, "groups": groups},
        "verb": verb,
        "objectRef": {"resource": resource},
        "requestObject": asked,
    }


def runs(at: float, uid: str, ip: str) -> Record:
    return record(at, "system:node:1", "patch", "pods", {"metadata": {"uid": uid}, "status": {"podIP": ip}})


def call(at: float, action: str, ip: str = "", *, done: bool = True) -> CallRecord:
    changes = not action.startswith("Describe")
    return CallRecord(
        0, at, "", "vpc", action, {"PrivateIpAddress": ip}, "OK", done, answered=True, changes=changes, request_id=""
    )


def test_a_pod_waits_from_its_ip_to_the_end_of_the_binding_that_came_about() -> None:
    calls = [call(12, "AssociateAddress", "10.0.0.1", done=False), call(13, "AssociateAddress", "10.0.0.1")]

    found = figures.measure([runs(10, "a", "10.0.0.1"), runs(11, "a", "10.0.0.1")], calls, 2.0)

    assert found.waits == [5]


def test_an_ip_is_that_of_the_pod_which_got_it_last_and_a_pods_first_eip_counts() -> None:
    records = [runs(10, "a", "10.0.0.1"), runs(30, "b", "10.0.0.1")]
    calls = [call(at, "AssociateAddress", "10.0.0.1") for at in (11, 20, 34, 40)]

    found = figures.measure(records, calls, 0.0)

    assert found.waits == [1, 4]


def test_whom_the_apiserver_does_not_know_is_none_of_ours() -> None:
    """`eipctl dev` ended in a traceback once a function's account was deleted: records of its 401s have no name."""
    unknown = {**record(10, GIVE, "get", "leases"), "user": {}}

    found = figures.measure([unknown, runs(10, "a", "10.0.0.1")], [call(13, "AssociateAddress", "10.0.0.1")], 2.0)

    assert found.bound == Cost(0, 1)


def test_a_percentile_is_a_wait_that_there_was() -> None:
    found = figures.Figures([float(one) for one in range(1, 25)], None, None)

    assert [found.percentile(percent) for percent in (50, 99, 100)] == [12, 24, 24]


def test_bound_pods_pay_for_all_but_the_times_in_which_nothing_changed() -> None:
    """The sweeps go on all the time, and their heartbeat is no change."""
    sweeps = [record(at, GIVE, verb, "leases") for at in range(60, 301, 60) for verb in ("get", "update")]
    records = [*sweeps, runs(10, "a", "10.0.0.1"), record(12, GIVE, "patch", "eipclaims")]
    calls = [call(11, "AssociateAddress", "10.0.0.1"), call(13, "DescribeAddresses"), call(290, "DescribeAddresses")]

    found = figures.measure(records, calls, 0.0)

    assert found.bound == Cost(1, 2)
    assert found.idle == Cost(2, 1)
    assert "1 requests to the apiserver, 2 calls to the cloud" in str(found)


def test_there_is_no_idle_minute_where_something_changed_in_each() -> None:
    found = figures.measure([runs(at, str(at), "10.0.0.1") for at in range(0, 300, 30)], [], 0.0)

    assert found.idle is None
    assert str(found) == "figures: no pod was bound"


def test_the_audit_log_is_read_with_what_was_put_aside_and_without_the_line_that_is_being_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "audit-2026-11-26T10-00-00.000.log").write_text('{"a": 1}\n')
    (tmp_path / "audit.log").write_text('{"a": 2}\n{"a"')

    assert list(figures.audited(tmp_path / "audit.log")) == [{"a": 1}, {"a": 2}]
