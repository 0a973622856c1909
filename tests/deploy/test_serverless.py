"""serverless.yml keeps the component's rules and ours, and each mistake that a deployment would swallow is found."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from eipctl.dev import serverless
from shared.settings import PREFIX, Settings, read_settings
from tests.deploy import component, deployer

TOPIC = "DEPLOY_AUDIT_TOPIC_ID"
FILE = deployer.resolved(serverless.example())
GIVEN_BY_SCF = {"EIPCLAIM_REGION"}

File = dict[str, Any]
Change = Callable[[File], object]


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_serverless_yml_may_be_deployed_as_the_example_says() -> None:
    assert component.problems(FILE) == []


def test_the_example_names_what_serverless_yml_takes_and_nothing_else() -> None:
    """A variable that is missing becomes the text `undefined`; one too many is set in vain."""
    taken = set(deployer.VARIABLE.findall(serverless.FILE.read_text(encoding="utf-8")))

    assert set(serverless.example()) == taken


def test_a_variable_stands_alone_in_its_value() -> None:
    """The command line puts it in place of all that stands around it."""
    whole = yaml.safe_load(serverless.FILE.read_text(encoding="utf-8"))

    crowded = [one for one in texts(whole) if deployer.VARIABLE.search(one) and not deployer.VARIABLE.fullmatch(one)]

    assert crowded == []


@pytest.mark.parametrize("name", ["allocate", "bind", "reclaim"])
def test_every_setting_can_be_set_for_every_function_and_the_example_has_its_defaults(name: str) -> None:
    function = FILE["inputs"]["functions"][name]
    environ = {one["key"]: one["value"] for one in function["environments"]}

    settings = read_settings({**environ, "TENCENTCLOUD_REGION": "ap-guangzhou"})

    assert set(environ) == {PREFIX + field.upper() for field in Settings.model_fields} - GIVEN_BY_SCF
    defaults = {field: one.default for field, one in Settings.model_fields.items() if not one.is_required()}
    given = {field: getattr(settings, field) for field in defaults}
    assert given == {**defaults, "kubeconfig": f"ssm:eipclaim-cls-xxxxxxxx-{'take' if name == 'reclaim' else 'give'}"}


def test_no_variable_of_the_deployment_alone_could_be_taken_for_a_setting() -> None:
    """Whoever exports the file and runs `eipctl` has all of them in one environment."""
    read_settings(serverless.example())

    assert {name for name in serverless.example() if not name.startswith((PREFIX, "DEPLOY_"))} == {
        "TENCENTCLOUD_REGION"
    }


def test_clusters_and_stages_have_functions_of_their_own() -> None:
    names = set()
    for cluster in ("cls-aaaaaaaa", "cls-bbbbbbbb"):
        for stage in ("prod", "test"):
            given = {**serverless.example(), "EIPCLAIM_CLUSTER_ID": cluster, "DEPLOY_STAGE": stage}
            file = deployer.resolved(given)
            names |= {f"{file['name']}-{file['stage']}-{file['app']}-{key}" for key in file["inputs"]["functions"]}

    assert len(names) == 2 * 2 * 3


def function(key: str, **values: object) -> Change:
    return lambda file: file["inputs"]["functions"][key].update(values)


def inputs(**values: object) -> Change:
    return lambda file: file["inputs"].update(values)


def trigger(number: int, **values: object) -> Change:
    return lambda file: file["inputs"]["triggers"][number]["parameters"].update(values)


def without(number: int, name: str) -> Change:
    return lambda file: file["inputs"]["triggers"][number]["parameters"].pop(name)


def another_topic(file: File) -> None:
    second = copy.deepcopy(file["inputs"]["triggers"][2])
    second["function"] = "reclaim"
    file["inputs"]["triggers"].append(second)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (trigger(2, maxWait=301), "maxWait: Input should be less than or equal to 300"),
        (trigger(2, maxWait=2), "maxWait: Input should be greater than or equal to 3"),
        (trigger(2, maxSize=10_001), "maxSize: Input should be less than or equal to 10000"),
        (function("bind", environment={"variables": {"A": "b"}}), "write `environments`"),
        (inputs(environment={"variables": {"A": "b"}}), "write `environments`"),
        (without(0, "enable"), "enable: Field required"),
        (trigger(1, enable=False), "enable: Input should be True"),
        (without(2, "enable"), "enable: Field required"),
        (function("bind", handler="functions/bind.main_handler"), "with the file at the root"),
        (function("bind", handler="functions.bind.main_handler"), "with the file at the root"),
        (function("allocate", timeout=901), "timeout: Input should be less than or equal to 900"),
        (function("allocate", timeout="55"), "timeout: Input should be a valid integer"),
        (function("allocate", timeout=60), "allocate: a timeout of 60 s is not under its timer's period of 60 s"),
        (function("reclaim", memorySize=192), "in steps of 128"),
        (function("reclaim", initTimeout=2), "initTimeout: Input should be greater than or equal to 3"),
        (function("reclaim", environments=[{"key": "A", "value": "b"}]), "reclaim has environments of its own"),
        (inputs(environments=[{"key": "COMMON", "value": "b"}]), "which replace the others, without COMMON"),
        (function("bind", environments=[{"key": "TENCENTCLOUD_REGION", "value": "x"}]), "is not a name that"),
        (function("bind", environments=[{"key": "A"}]), "value: Field required"),
        (function("bind", role=None), "bind does not say its role"),
        (function("bind", vpc=None), "bind does not say its vpc"),
        (function("bind", retryNum=2), "retryNum: Extra inputs are not permitted"),
        (another_topic, "wakes 2 functions"),
        (trigger(0, cronExpression="* * * * *"), "fields"),
        (trigger(0, cronExpression="*/30 * * * * * *"), "period of 30 s"),
        (lambda file: file["inputs"]["triggers"][0].update(function="sweep"), "the function sweep, which there is not"),
        (inputs(runtime="Python3.12"), "runtime: Input should be"),
        (inputs(region="ap-nowhere"), "region: Input should be"),
        (lambda file: file.update(name="cls-" + "x" * 40), "SCF takes 2 to 60 letters"),
        (lambda file: file.pop("stage"), "stage: Field required"),
    ],
)
def test_a_mistake_is_found(change: Change, told: str) -> None:
    file = copy.deepcopy(FILE)
    change(file)

    found = component.problems(file)

    assert any(told in one for one in found), found


def test_a_variable_that_is_not_set_is_found() -> None:
    given = {name: value for name, value in serverless.example().items() if name != TOPIC}

    found = component.problems(deployer.resolved(given))

    assert found == ["inputs.triggers.2.cls.parameters.topicId: Field required"]


def test_an_environment_beyond_what_scf_takes_is_found() -> None:
    given = {**serverless.example(), "EIPCLAIM_NAMESPACES": ",".join(f"namespace-{number}" for number in range(400))}

    found = component.problems(deployer.resolved(given))

    assert len(found) == 3
    assert "SCF takes 4096" in found[0]
