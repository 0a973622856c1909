"""What Tencent's toolkit makes of serverless.yml: every request, held against the SDK's models and our wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from tencentcloud.scf.v20180416 import models

from eipctl.dev import serverless
from tests.deploy import deployer
from tests.deploy.deployer import Deployments, Request
from tests.deploy.sdk import mismatches

GIVEN = serverless.example()
FILE = deployer.resolved(GIVEN)
PREFIX = f"{GIVEN['EIPCLAIM_CLUSTER_ID']}-{GIVEN['DEPLOY_STAGE']}-eipclaim-"
FUNCTIONS = ("allocate", "bind", "reclaim")
OLDER_RELEASES = ("type", "namespace", "runtime", "description")
"""The inputs that older sources of the component hand on to a function; newer ones hand on all."""

TOOLKITS_OWN = {"DeployMode", "L5Enable", "DiskSize", "ShowTriggers"}
"""Fields that the toolkit sends and the SDK does not know: SCF passes over them, else nobody could deploy with it."""

REQUESTS = {
    "CreateFunction": models.CreateFunctionRequest,
    "UpdateFunctionCode": models.UpdateFunctionCodeRequest,
    "UpdateFunctionConfiguration": models.UpdateFunctionConfigurationRequest,
    "CreateTrigger": models.CreateTriggerRequest,
    "GetFunction": models.GetFunctionRequest,
    "GetAlias": models.GetAliasRequest,
    "ListTriggers": models.ListTriggersRequest,
}


@pytest.fixture(scope="module")
def deployments() -> Deployments:
    return deployer.deployed(FILE)


def sent(requests: Sequence[Request], action: str) -> dict[str, Mapping[str, Any]]:
    """By the key of the function."""
    found = [one.body for one in requests if one.action == action]
    by_key = {str(body["FunctionName"]).removeprefix(PREFIX): body for body in found}
    assert len(by_key) == len(found)
    return by_key


def test_every_request_is_one_that_scf_knows(deployments: Deployments) -> None:
    asked = [one for one in (*deployments.first, *deployments.again) if one.host == "scf.tencentcloudapi.com"]

    wrong = [
        found for one in asked for found in mismatches(REQUESTS[one.action], one.body) if found not in TOOLKITS_OWN
    ]

    assert {one.action for one in asked} == set(REQUESTS)
    assert {one.version for one in asked} == {"2018-04-16"}
    assert wrong == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"Timeout": "55"}, ["Timeout: a str, not int"]),
        ({"Retries": 2}, ["Retries"]),
        ({"VpcConfig": {"VpcID": "vpc-1"}}, ["VpcConfig.VpcID"]),
        ({"Environment": {"Variables": [{"Key": "A", "Value": 1}]}}, ["Environment.Variables.Value: a int, not str"]),
        ({"Environment": {"Variables": {"A": "b"}}}, ["Environment.Variables: a dict, not list"]),
        ({"Role": "give", "Timeout": 55}, []),
    ],
)
def test_a_field_that_scf_does_not_know_or_of_another_type_is_told(body: Mapping[str, Any], told: list[str]) -> None:
    """Without this the test above would pass whatever it is given."""
    assert list(mismatches(models.CreateFunctionRequest, body)) == told


def test_no_other_service_is_asked_to_make_anything_but_the_delivery(deployments: Deployments) -> None:
    """A role or a tag that the deployment had to make would need rights that an operator does not expect."""
    beside = {(one.host, one.action) for one in deployments.first if one.host != "scf.tencentcloudapi.com"}

    assert beside == {
        ("cls", "GET /deliverfunction"),
        ("cls", "POST /deliverfunction"),
        ("tag.tencentcloudapi.com", "DescribeResourceTagsByResourceIds"),
    }


@pytest.mark.parametrize("action", ["CreateFunction", "UpdateFunctionConfiguration"])
@pytest.mark.parametrize("key", FUNCTIONS)
def test_each_function_has_its_role_network_limits_and_environment(
    deployments: Deployments, action: str, key: str
) -> None:
    """The first time and every time after that: an update that left one out would keep what was there, or drop it."""
    body = sent([*deployments.first, *deployments.again], action)[key]

    assert body["Role"] == GIVEN["DEPLOY_TAKE_ROLE" if key == "reclaim" else "DEPLOY_GIVE_ROLE"]
    assert body["VpcConfig"] == {"VpcId": GIVEN["EIPCLAIM_VPC_ID"], "SubnetId": GIVEN["DEPLOY_SUBNET_ID"]}
    assert body["PublicNetConfig"] == {"PublicNetStatus": "ENABLE", "EipConfig": {"EipStatus": "DISABLE"}}
    assert (body["Timeout"], body["MemorySize"], body["InitTimeout"]) == (55, 256, 60)
    wanted = {one["key"]: one["value"] for one in FILE["inputs"]["functions"][key]["environments"]}
    assert {one["Key"]: one["Value"] for one in body["Environment"]["Variables"]} == wanted
    assert "EIPCLAIM_CLUSTER_ID" in wanted


def test_the_functions_share_one_bundle_and_differ_in_their_handlers(deployments: Deployments) -> None:
    created = sent(deployments.first, "CreateFunction")

    assert {key: body["Handler"] for key, body in created.items()} == {key: f"{key}.main_handler" for key in FUNCTIONS}
    assert {body["Runtime"] for body in created.values()} == {"Python3.10"}
    assert {body["Type"] for body in created.values()} == {"Event"}
    assert len({body["Code"]["CosObjectName"] for body in created.values()}) == 1


def test_the_timers_are_open_and_half_a_minute_apart(deployments: Deployments) -> None:
    timers = sent(deployments.first, "CreateTrigger")

    told = {key: (one["Type"], one["Enable"], one["TriggerDesc"], one["CustomArgument"]) for key, one in timers.items()}
    assert told == {
        "allocate": ("timer", "OPEN", "0 * * * * * *", "sweep"),
        "reclaim": ("timer", "OPEN", "30 * * * * * *", "sweep"),
    }


@pytest.mark.parametrize(("which", "method"), [("first", "POST"), ("again", "PUT")])
def test_the_audit_log_is_delivered_to_bind_as_soon_as_cls_can(
    deployments: Deployments, which: str, method: str
) -> None:
    """The fields are those of `deliverfunction`; the newer CreateDeliverCloudFunction has other names for them."""
    requests = getattr(deployments, which)
    bodies = [one.body for one in requests if one.action == f"{method} /deliverfunction"]

    assert bodies == [
        {
            "topic_id": GIVEN["DEPLOY_AUDIT_TOPIC_ID"],
            "name_space": "default",
            "function_name": PREFIX + "bind",
            "qualifier": "$DEFAULT",
            "max_wait": 3,
            "max_size": 1000,
            "effective": True,
        }
    ]


def test_the_recorded_requests_are_those_that_the_toolkit_sends(deployments: Deployments) -> None:
    """What the emulated cloud is tried with, in tests that need no Node; anew: `python -m tests.deploy.deployer`."""
    assert deployer.recorded() == deployments


def test_a_second_deployment_makes_nothing_anew(deployments: Deployments) -> None:
    """A timer that is made again under its name would be refused, one that is closed in between would miss a minute."""
    made = {one.action for one in deployments.again} & {
        "CreateFunction",
        "CreateTrigger",
        "DeleteTrigger",
        "DeleteFunction",
    }

    assert made == set()


def test_an_older_release_of_the_component_deploys_the_same(deployments: Deployments) -> None:
    """It hands less on to each function, without a word."""
    older = deployer.deployed(FILE, common=OLDER_RELEASES)

    assert (older.first, older.again) == (deployments.first, deployments.again)


def test_what_stands_for_all_alone_is_lost_by_an_older_release() -> None:
    """Why serverless.yml says it in each function: here is what would be deployed otherwise."""
    file = deployer.resolved(GIVEN)
    for function in file["inputs"]["functions"].values():
        file["inputs"]["vpc"] = function.pop("vpc")
        file["inputs"]["timeout"] = function.pop("timeout")

    created = sent(deployer.deployed(file, common=OLDER_RELEASES).first, "CreateFunction")

    assert {(body.get("VpcConfig"), body["Timeout"]) for body in created.values()} == {(None, 3)}


def rename(file: dict[str, Any]) -> None:
    file["inputs"]["functions"]["bind"]["environment"] = file["inputs"]["functions"]["bind"].pop("environments")


def close(file: dict[str, Any]) -> None:
    del file["inputs"]["triggers"][0]["parameters"]["enable"]


def forget(file: dict[str, Any]) -> None:
    del file["inputs"]["functions"]["bind"]["environments"][1]["value"]


@pytest.mark.parametrize(
    ("change", "look", "deployed"),
    [
        (rename, lambda first: sent(first, "CreateFunction")["bind"]["Environment"]["Variables"], []),
        (close, lambda first: sent(first, "CreateTrigger")["allocate"]["Enable"], "CLOSE"),
        (
            forget,
            lambda first: sent(first, "CreateFunction")["bind"]["Environment"]["Variables"][1],
            {"Key": "EIPCLAIM_CLUSTER_ID", "Value": "undefined"},
        ),
    ],
)
def test_these_mistakes_are_deployed_without_a_word(
    change: Callable[[dict[str, Any]], None], look: Callable[[Sequence[Request]], object], deployed: object
) -> None:
    """Which is why the rules beside this file look for them."""
    file = deployer.resolved(GIVEN)
    change(file)

    assert look(deployer.deployed(file).first) == deployed
