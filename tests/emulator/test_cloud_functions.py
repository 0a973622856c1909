"""SCF: what Invoke tells, through the cloud's own door and through the client that invokes functions by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentserverless import scf
from tencentserverless.exception import TencentServerlessSDKException

from emulator.cloud import Cloud, CloudError
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.scf.models import FailedRun
from emulator.cloud.server import Server


def invoke(cloud: Cloud, **params: object) -> dict[str, Any]:
    result: dict[str, Any] = cloud.call("scf", "Invoke", {"FunctionName": "reclaim", **params})["Result"]
    return result


def test_a_function_gets_the_event_and_its_result_comes_back(cloud: Cloud) -> None:
    cloud.console.create_function("reclaim", lambda event: {"seen": event["claim"]}, memory=256)
    result = invoke(cloud, ClientContext='{"claim": "a/b"}')

    assert json.loads(result.pop("RetMsg")) == {"seen": "a/b"}
    assert len(result.pop("FunctionRequestId")) == 36
    assert result == {
        "BillDuration": 0,
        "Duration": 0.0,
        "ErrMsg": "",
        "InvokeResult": 0,
        "Log": "",
        "MemUsage": 268_435_456,
    }


def test_an_invocation_that_nobody_waits_for_tells_nothing(cloud: Cloud) -> None:
    seen: list[object] = []
    cloud.console.create_function("reclaim", seen.append)
    result = invoke(cloud, InvocationType="Event", ClientContext="[1]", LogType="Tail")

    assert seen == [[1]]
    assert (result["RetMsg"], result["Log"], result["MemUsage"]) == ("", "", 0)


def test_an_exception_in_the_code_is_told_with_its_trace(cloud: Cloud) -> None:
    cloud.console.create_function("reclaim", lambda event: event["missing"])
    result = invoke(cloud, LogType="Tail")
    said = json.loads(result["RetMsg"])

    assert (result["InvokeResult"], said["errorCode"], said["statusCode"]) == (1, -1, 430)
    assert "KeyError: 'missing'" in said["stackTrace"]
    assert said["requestId"] == result["FunctionRequestId"]
    assert result["Log"]


def test_other_ends_have_their_own_status(cloud: Cloud) -> None:
    def run(event: object) -> object:
        raise FailedRun(433, f"Invoking task timed out after 55 seconds: {event}")

    cloud.console.create_function("reclaim", run)
    said = json.loads(invoke(cloud)["RetMsg"])

    assert said["statusCode"] == 433
    assert said["errorMessage"].endswith("55 seconds: {}")


def test_a_result_above_six_megabytes_is_a_failure(cloud: Cloud) -> None:
    cloud.console.create_function("reclaim", lambda _: "x" * (6 * 1024 * 1024))

    assert json.loads(invoke(cloud)["RetMsg"])["statusCode"] == 413


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"FunctionName": "bind"}, "ResourceNotFound.Function"),
        ({"Namespace": "other"}, "ResourceNotFound.Function"),
        ({"Qualifier": "7"}, "ResourceNotFound.Qualifier"),
        ({"InvocationType": "Later"}, "InvalidParameterValue.Param"),
        ({"LogType": "All"}, "InvalidParameterValue.Param"),
        ({"ClientContext": "{"}, "InvalidParameterValue.ClientContext"),
        ({"ClientContext": f'"{"x" * 6 * 1024 * 1024}"'}, "InvalidParameter.RequestTooLarge"),
        ({"ClientContext": f'"{"x" * 128 * 1024}"', "InvocationType": "Event"}, "InvalidParameter.RequestTooLarge"),
    ],
    ids=["name", "namespace", "version", "type", "log", "no json", "6 MB", "128 KB"],
)
def test_what_cannot_be_invoked_is_refused_and_not_run(cloud: Cloud, params: dict[str, object], code: str) -> None:
    seen: list[object] = []
    cloud.console.create_function("reclaim", seen.append)
    with pytest.raises(CloudError) as refused:
        invoke(cloud, **params)

    assert refused.value.code == code
    assert seen == []


def test_a_function_may_call_the_cloud_that_runs_it(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the server, so in another thread: an invocation holds nothing of the cloud while the function runs."""
    with Server(cloud) as server:
        patch_endpoint(monkeypatch, server.endpoint)
        client = scf.Client("ap-guangzhou", DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
        cloud.console.create_function("allocate", lambda event: {"inner": event})
        cloud.console.create_function("reclaim", lambda event: client.invoke("allocate", data=event))
        returned = client.invoke("reclaim", data={"claim": "a/b"})

    assert json.loads(json.loads(returned)) == {"inner": {"claim": "a/b"}}


def test_the_client_raises_what_a_function_raised(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.console.create_function("reclaim", lambda event: event["missing"])
    with Server(cloud) as server:
        patch_endpoint(monkeypatch, server.endpoint)
        client = scf.Client("ap-guangzhou", DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
        with pytest.raises(TencentServerlessSDKException) as raised:
            client.invoke("reclaim")

    assert raised.value.get_code() == -1
    assert "KeyError" in raised.value.stack_trace


def patch_endpoint(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """The client of functions knows no endpoint but the real ones."""

    profile = HttpProfile("http", endpoint)
    monkeypatch.setattr(scf, "HttpProfile", lambda **_: profile)
