"""`eipctl invoke --remote` where the way is broken: one line, which says whether the function may have run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eipctl import remote
from emulator.cloud import Fault
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from shared.adapters.cloud.sdk import Secret
from shared.core.errors import Ambiguous
from tests.eipctl.operators import DONE, NAME, Operator, noting


@pytest.mark.parametrize(
    ("fault", "told", "ran"),
    [
        (Fault("code", code="UnauthorizedOperation.CAM"), "Denied: the key may not scf:InvokeFunction on cls-", False),
        (Fault("code", code="AuthFailure.SignatureFailure"), "Denied: the key is wrong, or may not scf:", False),
        (Fault("throttle"), f"RateLimited: {NAME} was not invoked, for too many calls: RequestLimit", False),
        (Fault("code", code="FailedOperation.FunctionStatusError"), f"NotReady: {NAME} was not invoked: ", False),
        (Fault("code", code="InvalidParameter.Payload"), f"Input: {NAME} was not invoked: ", False),
        (Fault("code", code="InternalError"), f"Unknown: {NAME}: it may be running all the same", False),
        (Fault("error_after", shape="garbage"), f"NoAnswer: {NAME}: ", True),
        (Fault("error_after", shape="truncated"), f"NoAnswer: {NAME}: ", True),
        (Fault("error_after", status=502), f"NoAnswer: {NAME}: a gateway answered; it may be running", True),
        (Fault("drop_reply"), f"NoAnswer: {NAME}: ConnectionError; it may be running all the same", True),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_line_that_says_whether_it_may_have_run(
    operator: Operator, fault: Fault, told: str, *, ran: bool
) -> None:
    seen: list[Any] = []
    operator.cloud.console.create_function(NAME, noting(seen))
    operator.cloud.faults.arm(fault)

    assert operator.invoke("a/b") == 1
    assert operator.err == f"eipctl: reclaim: {operator.result['error']}\n"
    assert operator.result["error"].startswith(told)
    assert "it may be running all the same" in operator.result["error"] or not ran
    assert len(seen) == ran
    assert len(operator.sent) <= 1, "never sent again"


def test_an_invocation_that_is_not_answered_in_time_may_be_running(operator: Operator) -> None:
    operator.cloud.faults.arm(Fault("stall"))
    secret = Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
    endpoint = operator.variables["EIPCLAIM_CLOUD_ENDPOINT"]
    with pytest.raises(Ambiguous) as caught:
        remote.invoke(remote.Deployed(NAME, "ap-guangzhou", secret, endpoint, reply_seconds=0.3), {"claims": []})

    assert caught.value.message.startswith(f"{NAME}: ReadTimeout; it may be running all the same: look at the claims")


def test_a_host_that_is_not_there_is_known_not_to_have_run_anything(operator: Operator, unused_tcp: str) -> None:
    operator.variables["EIPCLAIM_CLOUD_ENDPOINT"] = unused_tcp

    assert operator.invoke("a/b") == 1
    assert operator.result["error"].startswith(f"NotSent: {NAME} was not invoked: SCF cannot be reached (")


def result_of(**result: object) -> dict[str, object]:
    return {"Response": {"RequestId": "r-1", "Result": {"FunctionRequestId": "f-1", "Log": "", **result}}}


@pytest.mark.parametrize(
    ("reply", "told", "why"),
    [
        (result_of(InvokeResult=2, RetMsg=""), "is none of a function of eipclaim (request f-1)", "taken as a success"),
        (result_of(InvokeResult=0, RetMsg="null"), "is none of a function of eipclaim", "a result of another function"),
        (result_of(InvokeResult=0, RetMsg='"hello"'), "is none of a function of eipclaim", "likewise"),
        (result_of(InvokeResult=0, RetMsg=None), "is none of a function of eipclaim", "a result that is none"),
        (result_of(InvokeResult=1, RetMsg="Traceback"), "is none of a function of eipclaim", "a JSONDecodeError"),
        (result_of(InvokeResult=1, RetMsg="Traceback", ErrMsg="it broke"), "it failed: it broke", "likewise"),
        (result_of(InvokeResult=1, RetMsg="{}"), "is none of a function of eipclaim", "a KeyError"),
        (result_of(InvokeResult=1, RetMsg='{"errorMessage": "it broke"}'), "it failed: it broke", "a KeyError"),
        (result_of(InvokeResult=-1, RetMsg="system", ErrMsg="busy"), "it failed: busy", "its own exception"),
        ({"Response": {"RequestId": "r-1"}}, "is none of a function of eipclaim (request r-1)", "no Result"),
        ({"Response": []}, "is none of a function of eipclaim", "no object"),
        ([], "is none of a function of eipclaim", "no object"),
        ({}, "is none of a function of eipclaim", "no Response"),
    ],
)
def test_a_reply_that_the_client_takes_for_a_success_or_trips_over_is_a_failure_in_one_line(
    operator: Operator, scripted: Callable[[object], str], reply: object, told: str, why: str
) -> None:
    operator.variables["EIPCLAIM_CLOUD_ENDPOINT"] = scripted(reply)

    assert operator.invoke("a/b") == 1, why
    assert told in operator.result["error"], why
    assert operator.err.count("\n") == 1


def test_a_result_without_the_field_that_is_no_longer_kept_up_is_a_result(
    operator: Operator, scripted: Callable[[object], str]
) -> None:
    """The client raises without `InvokeResult`, of which the SDK says that nobody should use it."""
    operator.variables["EIPCLAIM_CLOUD_ENDPOINT"] = scripted(result_of(RetMsg=json.dumps(DONE), Log="plain: log\n"))

    assert operator.invoke("a/b", log=True) == 0
    assert (operator.result, operator.err) == (DONE, "plain: log\n")
