"""`eipctl invoke --remote`, through the vendor's client to the emulated SCF: what is sent, told, and exited with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eipctl.demo.stage import Stage
from emulator.cloud import Fault, Key
from emulator.cloud.cloud import DEFAULT_SECRET_KEY
from emulator.cloud.scf.models import FailedRun
from tests.eipctl.operators import DONE, KEYS, NAME, Operator, noting
from tests.loop.scenes import pod


def test_claims_are_named_to_the_function_that_the_settings_name(operator: Operator) -> None:
    seen: list[Any] = []
    operator.cloud.console.create_function(NAME, noting(seen))

    assert operator.invoke("default/web-0", "team/db-1") == 0
    assert (operator.result, operator.err) == (DONE, "")
    assert seen == [
        {
            "claims": [{"namespace": "default", "name": "web-0"}, {"namespace": "team", "name": "db-1"}],
            "dryRun": False,
        }
    ]
    assert [(one["FunctionName"], one["InvocationType"], one["LogType"]) for one in operator.sent] == [
        (NAME, "RequestResponse", "None")
    ]


def test_an_urgent_reclaim_gives_the_eip_back_at_once(operator: Operator) -> None:
    """The whole function behind it: a static pod is gone, and its claim, which would be kept, is ended by hand."""
    stage = Stage()
    stage.cluster.apply(pod("gone", eip_claim_delete_policy="Never"))
    stage.cluster.apply(pod("here"))
    stage.until_served("gone")
    stage.until_served("here")
    stage.delete("Pod", "gone")
    stage.until("it is retained", lambda: stage.sees.phase("gone") == "Retained")
    operator.cloud.console.create_function(NAME, lambda event: stage.scf.invoke("reclaim", event))

    planned = operator.invoke("default/gone", dry_run=True), operator.result["planned"][0]["rule"]
    held = len(stage.cloud.holdings())
    code = operator.invoke("default/gone", "default/here")

    assert (planned, held) == ((0, "Requested"), 2)
    assert (code, len(stage.cloud.holdings())) == (1, 1), "the pod of the other claim lives"
    assert operator.result["done"]["Release"] == 1
    assert operator.result["failed"] == [
        {"namespace": "default", "name": "here", "reason": "PodAlive: the pod is live"}
    ]


def test_without_claims_it_is_a_timers_event(operator: Operator) -> None:
    seen: list[Any] = []
    operator.cloud.console.create_function("cls-blue-test-eipclaim-allocate", noting(seen))
    operator.variables["DEPLOY_STAGE"] = "test"

    assert operator.invoke(function="allocate") == 0
    assert seen[0]["Type"] == "Timer"


def test_a_name_may_be_given(operator: Operator) -> None:
    operator.cloud.console.create_function("mine", lambda _: DONE)

    assert operator.invoke("a/b", name="mine") == 0


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ({**DONE, "failed": [{"namespace": "a", "name": "b", "reason": "NotFound"}]}, 1),
        ({"function": "reclaim", "error": "Denied: the credentials are not accepted"}, 1),
        ({**DONE, "planned": []}, 0),
    ],
)
def test_the_exit_code_is_that_of_a_local_invocation(operator: Operator, result: dict[str, Any], code: int) -> None:
    operator.cloud.console.create_function(NAME, lambda _: result)

    assert operator.invoke("a/b") == code
    assert operator.result == result
    assert operator.err.strip() == (f"eipctl: reclaim: {result['error']}" if "error" in result else "")


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (430, "user code exception caught", "the function raised an error: user code exception caught"),
        (432, "concurrency", "no instance of the function is free; try again: concurrency"),
        (433, "Invoking task timed out", "the function ran into its time limit; the next sweep goes on with what"),
        (434, "memory", "the function ran out of memory; the next sweep goes on"),
        (499, "strange", "it failed: strange"),
    ],
)
def test_a_function_that_does_not_end_well_is_told_with_its_request(
    operator: Operator, status: int, message: str, told: str
) -> None:
    def fails(_: object) -> object:
        raise FailedRun(status, message)

    operator.cloud.console.create_function(NAME, fails)

    assert operator.invoke("a/b", log=True) == 1
    log, line = operator.err.splitlines()
    request = log.removeprefix("END RequestId: ")
    assert line.startswith(f"eipctl: reclaim: Failed: {NAME} (request {request}): {told}")
    assert operator.result["error"] in line


def test_the_end_of_the_log_is_shown_where_it_is_asked_for(operator: Operator) -> None:
    operator.cloud.console.create_function(NAME, lambda _: DONE)

    assert operator.invoke("a/b", log=True) == 0
    assert operator.err.startswith("END RequestId: ")
    assert operator.result == DONE


def test_a_function_that_is_not_there_is_told_with_what_names_it(operator: Operator) -> None:
    assert operator.invoke("a/b") == 1
    assert operator.result["error"].startswith(
        f"NoSuchFunction: there is no function {NAME} in ap-guangzhou; EIPCLAIM_CLUSTER_ID and DEPLOY_STAGE name it, "
        "or --name: ResourceNotFound.Function (request "
    )


def test_a_key_without_the_right_is_told_which_one_it_lacks(operator: Operator) -> None:
    operator.cloud.credentials["AKIDreader"] = Key("its-key", "reader", actions=frozenset({"vpc:DescribeAddresses"}))
    operator.variables |= {"TENCENT_SECRET_ID": "AKIDreader", "TENCENT_SECRET_KEY": "its-key"}

    assert operator.invoke("a/b") == 1
    assert f"may not scf:InvokeFunction on {NAME}" in operator.result["error"]


def test_each_invocation_has_the_key_of_its_moment(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no token of another key from the process's environment, where the client would look for one."""
    monkeypatch.setenv("TENCENTCLOUD_SESSIONTOKEN", "another-key's")
    operator.cloud.console.create_function(NAME, lambda _: DONE)
    operator.cloud.credentials["AKIDnew"] = Key("new-key", "operator", token="its-token")  # noqa: S106 - no secret

    codes = [operator.invoke("a/b")]
    for name in KEYS:
        del operator.variables[name]
    operator.variables |= {
        "TENCENTCLOUD_SECRETID": "AKIDnew",
        "TENCENTCLOUD_SECRETKEY": "new-key",
        "TENCENTCLOUD_SESSIONTOKEN": "its-token",
    }
    codes.append(operator.invoke("a/b"))

    assert codes == [0, 0]
    assert [call.identity for call in operator.cloud.calls.since() if call.action == "Invoke"][1] == "operator"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"TENCENT_SECRET_ID": ""}, "NoCredentials: set TENCENT_SECRET_ID and TENCENT_SECRET_KEY, or TENCENTCLOUD_"),
        ({"TENCENT_SECRET_KEY": " canary "}, "InvalidCredentials: the key is empty, or holds spaces"),
        ({"EIPCLAIM_CLUSTER_ID": ""}, "InvalidSettings: EIPCLAIM_CLUSTER_ID is not set"),
    ],
)
def test_settings_that_cannot_be_are_told_and_nothing_is_sent(
    operator: Operator, variables: dict[str, str], told: str
) -> None:
    operator.variables |= variables

    assert operator.invoke("a/b") == 2
    assert operator.result["error"].startswith(told)
    assert "canary" not in operator.err + operator.out
    assert operator.sent == []


@pytest.mark.parametrize("content", ["{}", "[]", '""', "0", "null"])
def test_an_empty_event_is_not_sent_since_nothing_would_be(operator: Operator, tmp_path: Path, content: str) -> None:
    file = tmp_path / "event.json"
    file.write_text(content)

    assert operator.invoke(event=file) == 2
    assert operator.err == f"eipctl: {file}: an empty event cannot be sent: SCF would be sent none\n"
    assert (operator.out, operator.sent) == ("", [])


def test_an_event_of_more_than_six_megabytes_is_not_sent(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"claims": "x" * 6 * 1024 * 1024}))

    assert operator.invoke(event=file) == 2
    assert "SCF takes 6 MB (6291456) at most" in operator.err
    assert operator.sent == []


@pytest.mark.parametrize("secret", [DEFAULT_SECRET_KEY, "TC3-HMAC-SHA256"])
def test_no_key_and_no_signature_is_shown(operator: Operator, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    operator.cloud.faults.arm(Fault("code", code="AuthFailure.SignatureFailure"))
    operator.invoke("a/b", log=True)
    shown = operator.out + operator.err + caplog.text

    assert secret not in shown
