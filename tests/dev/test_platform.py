"""The platform of `eipctl dev` without a cluster: when timers fire, how batches are cut."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from eipctl.dev import audit_log, cron, serverless
from eipctl.dev.audit_log import Log
from eipctl.dev.box.box import MAX_ASYNC
from eipctl.dev.command import summary
from eipctl.dev.invocations import Invocation

MONDAY = datetime(2026, 11, 23, 10, 30, 0, tzinfo=timezone.utc)
GIVEN = {"EIPCLAIM_CLUSTER_ID": "cls-1", "EIPCLAIM_VPC_ID": "vpc-1", "TENCENTCLOUD_REGION": "ap-guangzhou"}


@pytest.mark.parametrize(
    ("expression", "later", "fires", "reason"),
    [
        ("0 * * * * * *", 60, True, "every minute, in its first second"),
        ("0 * * * * * *", 61, False, "not in its second one"),
        ("30 * * * * * *", 90, True, "half past every minute"),
        ("*/15 * * * * * *", 45, True, "four times a minute"),
        ("*/15 * * * * * *", 50, False, "not in between"),
        ("10/20 * * * * * *", 50, True, "from a second on"),
        ("0 30-35 8,10 * * * *", 180, True, "a span and a list"),
        ("0 0 10 * * * *", 0, False, "another minute"),
        ("0 30 10 * * MON-FRI *", 0, True, "by weekday"),
        ("0 30 10 * * SUN *", 0, False, "another weekday"),
        ("0 30 10 1 * MON *", 0, True, "by day or weekday: one is enough"),
        ("0 30 10 1 * 2 *", 0, False, "neither"),
        ("0 30 10 23 11 * 2026", 0, True, "the very day"),
        ("0 30 10 23 11 * 2027", 0, False, "a year early"),
        ("0 30 10 */2 * * *", 0, True, "days are counted from the first: every other one is odd"),
        ("0 30 10 * */2 * *", 0, True, "and so are months"),
        ("0 30 10 */3 * * *", 0, False, "the 22nd and the 25th, not the 23rd"),
    ],
)
def test_a_timer_fires_by_its_cron_expression(expression: str, later: int, fires: bool, reason: str) -> None:  # noqa: FBT001 - a table
    assert cron.matches(expression, MONDAY + timedelta(seconds=later)) is fires, reason


@pytest.mark.parametrize("expression", ["* * * * *", "0 x * * * * *", ""])
def test_what_is_no_cron_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"fields|invalid literal"):
        cron.matches(expression, MONDAY)


def test_serverless_yml_wakes_each_function_once_and_names_its_own_account() -> None:
    told = {**GIVEN, "DEPLOY_GIVE_KUBECONFIG": "ssm:give", "DEPLOY_TAKE_KUBECONFIG": "ssm:take"}

    deployment = serverless.read(told)

    woken = [(one.type, one.function) for one in deployment.triggers]
    assert woken == [("timer", "allocate"), ("timer", "reclaim"), ("cls", "bind")]
    kubeconfigs = {name: one.environ["EIPCLAIM_KUBECONFIG"] for name, one in deployment.functions.items()}
    assert kubeconfigs == {"allocate": "ssm:give", "bind": "ssm:give", "reclaim": "ssm:take"}
    assert {function.timeout for function in deployment.functions.values()} == {55}


def unpacked(events: Sequence[dict[str, object]]) -> list[str]:
    records: list[str] = []
    for event in events:
        logs = event["clslogs"]
        assert isinstance(logs, dict)
        packed = base64.b64decode(logs["data"])
        assert len(packed) <= audit_log.MAX_PACKED
        assert len(json.dumps(event)) <= MAX_ASYNC
        records += [one["content"] for one in json.loads(gzip.decompress(packed))["records"]]
    return records


def test_a_batch_that_is_too_large_is_cut_in_order() -> None:
    noise = random.Random(1)  # noqa: S311 - what does not shrink
    records = [noise.randbytes(10_000).hex() for _ in range(40)]

    events = list(audit_log.events(records, 0.0))

    assert len(events) > 1
    assert unpacked(events) == records


def test_the_log_is_followed_from_its_end_into_the_one_that_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text("before\n")
    log = Log(path)
    with path.open("a") as file:
        file.write("one\ntw")
    seen = log.new()
    with path.open("a") as file:
        file.write("o\nthree\n")
    path.rename(tmp_path / "audit-1.log")
    seen += log.new()
    path.write_text("four\n")
    seen += log.new()
    log.close()

    assert seen == ["one", "two", "three", "four"]


async def test_a_batch_is_full_before_its_time_where_many_records_come(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.touch()
    log = Log(path)
    path.write_text("".join(f"{number}\n" for number in range(5)))

    batches = audit_log.batches(log, max_wait=3600.0, max_size=2)
    full = [await batches.__anext__() for _ in range(2)]
    await batches.aclose()
    log.close()

    assert full == [["0", "1"], ["2", "3"]]


@pytest.mark.parametrize(
    ("result", "error", "line"),
    [
        (
            {"looked": 2, "done": {"Associate": 1}, "waiting": 1},
            None,
            "bind     looked at 2, Associate 1, waiting 1; 0.5 s",
        ),
        ({"looked": 0, "done": {}}, None, None),
        ({"error": "NoCredentials: none"}, None, "bind     error: NoCredentials: none"),
        (None, "killed", "bind     FAILED: killed, after 0.5 s"),
    ],
)
def test_an_invocation_is_told_in_a_line(result: dict[str, object] | None, error: str | None, line: str | None) -> None:
    assert summary(Invocation("bind", 0.5, result, error)) == line
