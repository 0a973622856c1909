"""What an installation consists of, and what its environment says: without a cluster and an account."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

import pytest

from eipctl.deployment import installation, manifests
from eipctl.deployment.absence import code, find, is_absent
from eipctl.deployment.account import document
from eipctl.deployment.belonging import differ
from eipctl.deployment.doctor.checks import CHECKS
from eipctl.deployment.doctor.findings import APISERVER, CLOUD, Check, Finding, Patient, Severity, Verdict, examine
from eipctl.deployment.doctor.functions import variables
from eipctl.deployment.ports import JSON, Json, Sides
from eipctl.deployment.tokens import read_token
from eipctl.dev import serverless
from shared.adapters.cloud.codes import classify
from shared.adapters.kubernetes import Access
from shared.core.errors import Ambiguous, EipclaimError, Refused, Unavailable
from tests.deployment.memory import Site

ENVIRON = {"EIPCLAIM_CLUSTER_ID": "cls-1", "EIPCLAIM_VPC_ID": "vpc-1", "TENCENTCLOUD_REGION": "ap-guangzhou"}
VARIABLES = {"region": "r", "uin": "1", "creator": "2", "cluster": "cls-1"}


class Broken:
    """Both sides of a world in which every request ends in the same way."""

    def __init__(self, end: Callable[[], Json]) -> None:
        self._end = end

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=timezone.utc)

    async def send(self, method: str, where: str, body: Json | None = None, content: str = JSON) -> Json:
        del method, where, body, content
        return self._end()

    async def call(self, service: str, action: str, params: Json) -> Json:
        del service, action, params
        return self._end()


def failing(error: EipclaimError) -> Callable[[], Json]:
    def end() -> Json:
        raise error

    return end


def pem(content: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n"


def patient(broken: Broken, environ: Mapping[str, str] | None = None) -> Patient:
    own, sides = Access("https://127.0.0.1:1"), Sides(broken, broken)
    return Patient(installation.read(ENVIRON), sides, own, None, broken.now, environ or ENVIRON)


def test_two_clusters_and_two_stages_share_no_name() -> None:
    several = [
        installation.read({**ENVIRON, "EIPCLAIM_CLUSTER_ID": cluster, "DEPLOY_STAGE": stage})
        for cluster in ("cls-1", "cls-2")
        for stage in ("test", "prod")
    ]

    functions = [one.function("bind") for one in several]
    assert len(set(functions)) == len(functions)
    assert len({one.variables()["DEPLOY_GIVE_ROLE"] for one in several}) == 2


def test_the_variables_for_deploying_are_those_that_serverless_yml_takes_and_hold_no_secret() -> None:
    text = (manifests.FOLDER.parent / "serverless.yml").read_text()

    made = installation.read({**ENVIRON, "TENCENTCLOUD_SECRETKEY": "canary"}).variables()
    assert [name for name in made if f"${{env:{name}}}" not in text] == []
    assert "canary" not in json.dumps(dict(made))


def test_what_needs_rights_comes_after_them_and_the_policy_last() -> None:
    kinds = [one.kind for one in manifests.read()]

    assert kinds[0] == "CustomResourceDefinition"
    assert kinds.index("Namespace") < kinds.index("ServiceAccount") < kinds.index("ClusterRoleBinding")
    assert set(kinds[-2:]) == manifests.POLICIES


@pytest.mark.parametrize("name", ["give-policy", "take-policy", "trust"])
def test_every_placeholder_of_a_policy_is_filled_in(name: str) -> None:
    assert "$" not in json.dumps(document(name, VARIABLES))


@pytest.mark.parametrize("text", ["", "a.b.c", "a..c", "e30.e30.e30", "é.é.é", "one"])
def test_what_is_no_token_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a service account's token"):
        read_token(text)


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ("ResourceNotFound", True),
        ("ResourceNotFound.Function", True),
        ("InvalidParameter.RoleNotExist", True),
        ("InvalidParameter", False),
        ("UnauthorizedOperation", False),
        ("InternalError", False),
    ],
)
async def test_only_what_is_said_to_be_absent_is(given: str, absent: bool) -> None:  # noqa: FBT001 - a table
    error = classify(given, "No ResourceNotFound here.", "request-1")

    assert (code(error), is_absent(error)) == (given, absent)
    if absent:
        assert await find(Broken(failing(error)), "ssm", "DescribeSecret", {}) is None
    else:
        with pytest.raises(type(error)):
            await find(Broken(failing(error)), "ssm", "DescribeSecret", {})


@pytest.mark.parametrize(
    "end",
    [
        failing(Unavailable("NotSent", "it was not sent")),
        failing(Ambiguous("NoAnswer", "no answer")),
        failing(Refused("Denied", "UnauthorizedOperation: no")),
        dict,
        lambda: {"items": None, "List": None, "status": {}, "Versions": "?", "major": "x", "TotalNum": "x"},
    ],
)
async def test_whatever_answers_come_every_check_has_a_finding_and_none_is_well(end: Callable[[], Json]) -> None:
    findings = await examine(patient(Broken(end)), CHECKS)

    assert {one.check for one in findings} == {one.name for one in CHECKS}
    said = {one.check for one in findings if one.severity is Severity.OK}
    assert said <= {"clock"}
    assert all(one.todo for one in findings if one.severity is not Severity.OK)


async def test_names_that_are_not_set_are_named_and_one_without_a_value_is_set() -> None:
    (found,) = await variables(patient(Broken(dict), {**ENVIRON, "EIPCLAIM_MAX_EIPS": "", "DEPLOY_STAGE": "prod"}))

    assert found[0] is Severity.WARNING
    named = set(found[1].removeprefix("not set here: ").split(": ")[0].split(", "))
    assert named == serverless.variables() - {*ENVIRON, "EIPCLAIM_MAX_EIPS", "DEPLOY_STAGE"}


async def test_a_kubeconfig_from_tke_needs_no_secret_of_install() -> None:
    environ = {**serverless.example(), **installation.read(ENVIRON).variables(), "DEPLOY_TAKE_KUBECONFIG": "tke:"}

    assert [one[0] for one in await variables(patient(Broken(dict), environ))] == [Severity.OK]


def test_a_value_that_means_something_to_yaml_stays_a_value() -> None:
    read = serverless.read({"DEPLOY_GIVE_ROLE": 'a: "b', "EIPCLAIM_FREEZE": "true"}).functions["bind"]

    assert (read.role, read.environ["EIPCLAIM_FREEZE"]) == ('a: "b', "true")


async def test_a_secret_that_is_to_be_deleted_some_day_is_nothing_to_take_away() -> None:
    """It was left of every teardown, with the advice to run it again."""
    site, named = Site(), {"SecretName": "eipclaim-cls-1a2b3c4d-give"}
    await site.install()
    site.cloud.call("ssm", "DisableSecret", named)
    site.cloud.call("ssm", "DeleteSecret", {**named, "RecoveryWindowInDays": 7})

    assert {one.name.split()[0] for one in await site.teardown()} == {"function"}
    assert await site.install() == []


@pytest.mark.parametrize(
    ("ca", "told", "different"),
    [
        (pem("QQ=="), pem("QQ=="), False),
        (pem("QQ==").replace("\n", "\r\n"), base64.b64encode(pem("QQ==").encode()).decode(), False),
        (pem("QQ==") + pem("Qg=="), pem("Qg=="), False),
        (pem("QQ=="), pem("Qg=="), True),
        (pem("QQ=="), base64.b64encode(pem("Qg==").encode()).decode(), True),
        (pem("QQ=="), "", False),
        (pem("QQ=="), None, False),
        (pem("QQ=="), "QUJD", False),
        (pem("QQ=="), "é", False),
        (None, pem("Qg=="), False),
    ],
)
def test_only_cas_that_can_be_read_are_of_two_clusters(ca: str | None, told: object, different: bool) -> None:  # noqa: FBT001
    assert differ(ca, told) == different


@pytest.mark.parametrize(
    ("check", "severity", "fails"),
    [
        ("cloud", Severity.UNKNOWN, True),
        ("apiserver", Severity.UNKNOWN, True),
        ("quota", Severity.UNKNOWN, False),
        ("quota", Severity.ERROR, True),
        ("apiserver", Severity.WARNING, False),
        ("cloud", Severity.OK, False),
    ],
)
def test_what_was_hardly_looked_at_is_not_well(check: str, severity: Severity, fails: bool) -> None:  # noqa: FBT001
    assert Finding(check, severity, "what", "todo").fails == fails


@pytest.mark.parametrize(
    ("problem", "sides", "todo"),
    [
        (Refused("Denied", "UnauthorizedOperation: no"), CLOUD, "it takes a right"),
        (Refused("Denied", "AuthFailure.UnauthorizedOperation: no"), CLOUD, "it takes a right"),
        (Refused("Denied", "AuthFailure.SecretIdNotFound: no"), CLOUD, "see `cloud` above"),
        (Unavailable("NotSent", "no route"), CLOUD, "see `cloud` above"),
        (
            Ambiguous("NoAnswer", "no answer"),
            APISERVER,
            "run doctor again; if this stays, the answer says what is wrong",
        ),
    ],
)
async def test_a_right_is_named_only_where_one_is_lacking(problem: EipclaimError, sides: str, todo: str) -> None:
    async def fails(_: Patient) -> Sequence[Verdict]:
        raise problem

    async def works(_: Patient) -> Sequence[Verdict]:
        return [(Severity.OK, "well", "")]

    basics = (Check(APISERVER, works, "nothing"), Check(CLOUD, fails, "another"))
    findings = await examine(patient(Broken(dict)), (*basics, Check("one", fails, "a right", frozenset({sides}))))
    assert findings[-1].todo == todo


async def test_a_check_that_fails_stops_no_other() -> None:
    async def fails(_: Patient) -> Sequence[Verdict]:
        raise Refused("Denied", "no")

    async def works(_: Patient) -> Sequence[Verdict]:
        return [(Severity.OK, "well", "")]

    checks = (Check("one", fails, "a right"), Check("two", works, "nothing"))
    first, second = await examine(patient(Broken(dict)), checks)
    assert (first.severity, first.todo) == (Severity.UNKNOWN, "it takes a right")
    assert second.severity is Severity.OK
