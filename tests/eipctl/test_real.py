"""plan and explain by the settings, on a cluster in memory behind the ports: the same answers, and nothing done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from eipctl import real
from eipctl.demo.stage import CLUSTER_ID, VPC_ID, Stage
from emulator.cluster.users import GIVE
from shared.adapters.cloud.sdk import Secret
from shared.adapters.cloud.vpc import VpcCloud
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings
from tests.demo.interference import direct_call
from tests.loop.scenes import pod, with_pods

ENVIRON = {
    "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
    "EIPCLAIM_VPC_ID": VPC_ID,
    "TENCENTCLOUD_REGION": "ap-guangzhou",
    "TENCENTCLOUD_SECRETID": "id",
    "TENCENTCLOUD_SECRETKEY": "key",
}


def here(stage: Stage, **more: str) -> real.Here:
    @asynccontextmanager
    async def connect(settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        assert secret == Secret("id", "key", None)
        cloud = VpcCloud(direct_call(stage.cloud, role.value), settings.cluster_id, settings.vpc_id)
        yield Ports(stage.cluster.port(GIVE), cloud)

    return real.Here({**ENVIRON, **more}, connect)


def test_a_plan_tells_what_would_be_done_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stage = with_pods("served")
    stage.cluster.apply(pod("new"))
    stage.timeline.advance(1)
    version, calls = stage.cluster.api.store.version, stage.cloud.calls.cursor

    code = real.plan(here(stage), as_json=True)

    lines = json.loads(capsys.readouterr().out)
    assert code == 0
    assert {(one["functions"][0], one["name"], one["does"], one["rule"]) for one in lines} == {
        ("allocate", "new", "act", "CreateClaim"),
        ("allocate", "served", "done", "Settled"),
        ("reclaim", "new", "wait", "CreateClaim"),
        ("reclaim", "served", "done", "Settled"),
    }
    assert (stage.cluster.api.store.version, stage.cloud.calls.changes(calls)) == (version, [])


def test_the_key_may_stand_where_scf_deploy_looks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = {"TENCENT_SECRET_ID": "id", "TENCENT_SECRET_KEY": "key"}

    assert real.plan(here(Stage(), TENCENTCLOUD_SECRETID="", TENCENTCLOUD_SECRETKEY="", **theirs), as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_plan_for_people_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert real.plan(here(with_pods("served")), as_json=False) == 0

    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["FUNCTIONS", "NAMESPACE", "NAME", "DOES", "RULE", "WHY"]
    assert len(rows) == 2


@pytest.mark.parametrize("as_json", [True, False])
def test_an_explanation_holds_what_is_seen_and_the_rule_for_both_roles(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    assert real.explain(here(with_pods("served")), ("default", "served"), as_json=as_json) == 0

    told = capsys.readouterr().out
    assert '"podState": "live"' in told
    assert told.count("Settled") == 2


def test_what_is_not_there_cannot_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert real.explain(here(Stage()), ("default", "none"), as_json=False) == 1

    assert capsys.readouterr() == ("", "eipctl: default/none: no such pod or claim\n")


def test_wrong_settings_are_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = here(Stage(), EIPCLAIM_MAX_EIPS="many")

    assert (real.plan(wrong, as_json=True), real.explain(wrong, ("a", "b"), as_json=True)) == (2, 2)

    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.count("EIPCLAIM_MAX_EIPS=")) == ("", 2, 2)


def test_without_any_setting_no_cluster_is_named() -> None:
    assert real.Here(ENVIRON).named
    assert not real.Here({"TENCENTCLOUD_REGION": "ap-guangzhou", "EIPCLAIM_CLUSTER_ID": ""}).named
