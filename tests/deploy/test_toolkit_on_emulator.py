"""The emulated cloud takes what Tencent's toolkit sends: after a deployment, functions and timers are as asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.timeline import Timeline
from tests import definitions
from tests.deploy import deployer

VERSION = "2018-04-16"
PASSED_OVER = {"DeployMode", "L5Enable", "DiskSize"}
"""Fields of the toolkit that SCF's definition does not have; the real one passes over them."""

FIELDS = ("Role", "MemorySize", "Timeout", "Environment", "VpcConfig")


def bodies(action: str) -> Iterator[dict[str, Any]]:
    for one in deployer.recorded().first:
        if one.host == "scf.tencentcloudapi.com" and one.action == action:
            yield {name: value for name, value in one.body.items() if name not in PASSED_OVER}


@pytest.fixture
def deployed() -> Cloud:
    """An account with the two roles, and what a first deployment sends to SCF."""
    timeline = Timeline(1_795_478_400.0)
    cloud = Cloud(timeline.now)
    for function in bodies("CreateFunction"):
        if function["Role"] not in (one.name for one in cloud.access.roles()):
            cloud.console.create_role(function["Role"])
        for tag in function.get("Tags", []):
            cloud.console.create_tag(tag["Key"], tag["Value"])
        cloud.call("scf", "CreateFunction", function)
    timeline.advance(cloud.behaviour.transition_seconds)
    for trigger in bodies("CreateTrigger"):
        cloud.call("scf", "CreateTrigger", trigger)
    return cloud


def described(cloud: Cloud, name: str) -> Mapping[str, Any]:
    return cloud.call("scf", "GetFunction", {"FunctionName": name})


def test_every_function_is_active_with_its_role_network_and_limits(deployed: Cloud) -> None:
    asked = {body["FunctionName"]: body for body in bodies("CreateFunction")}
    shown = {name: described(deployed, name) for name in asked}

    assert len(asked) == 3
    for name, body in asked.items():
        assert shown[name]["Status"] == "Active"
        assert [shown[name][field] for field in FIELDS] == [body[field] for field in FIELDS]


def test_every_timer_is_open(deployed: Cloud) -> None:
    asked = {(body["FunctionName"], body["TriggerName"]) for body in bodies("CreateTrigger")}
    listed = {
        (function, one["TriggerName"]): one
        for function, _ in asked
        for one in deployed.call("scf", "ListTriggers", {"FunctionName": function})["Triggers"]
    }

    assert asked == set(listed)
    assert {one["Enable"] for one in listed.values()} == {1}
    assert all(len(json.loads(one["TriggerDesc"])["cron"].split()) == 7 for one in listed.values())


@pytest.mark.parametrize("action", ["CreateFunction", "CreateTrigger"])
def test_the_bodies_are_what_tencents_definitions_say(action: str) -> None:
    found = list(bodies(action))

    assert found
    assert [problem for body in found for problem in definitions.problems("scf", VERSION, action, body)] == []
