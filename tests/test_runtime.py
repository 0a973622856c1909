"""What stands between the platform and a function: credentials, log and result."""

from __future__ import annotations

import json

import anyio
import pytest

from eipctl.demo.scf import cls_event
from shared.adapters.cloud.sdk import Secret
from shared.core.errors import InputRejected, Unavailable
from shared.core.table import Role
from shared.functions import BIND, Function, Invocation
from shared.runtime import invoke
from tests.host import CANARY, ENVIRON, Platform

PODS_OF_NONE = {"verb": "delete", "objectRef": {"resource": "pods", "namespace": "no/name", "name": "one"}}


def test_a_function_is_invoked_with_what_the_environment_says() -> None:
    platform = Platform()
    result = platform.invoke({"request_id": "5d0c1f2e"})
    ((settings, secret, role),) = platform.connected
    (invocation,) = platform.invocations

    assert (settings.cluster_id, role) == ("cls-blue", Role.GIVE)
    assert secret == Secret("AKIDold", "old-key", "old-token")
    assert (invocation.request_id, invocation.policy) == ("5d0c1f2e:nonce", settings.policy())
    assert result == {"function": "try", "seconds": 0.0}


@pytest.mark.parametrize(
    ("environ", "secret", "reason"),
    [
        (
            "TENCENTCLOUD_SECRETID=AKIDnew;TENCENTCLOUD_SECRETKEY=new-key;TENCENTCLOUD_SESSIONTOKEN=a=b==",
            Secret("AKIDnew", "new-key", "a=b=="),
            "those that come with the invocation are newer",
        ),
        ("SCF_NAMESPACE=default;SCF_NAMESPACE=default", Secret("AKIDold", "old-key", "old-token"), "none come with it"),
        ("TENCENTCLOUD_SECRETID=;;=;x", Secret("AKIDold", "old-key", "old-token"), "likewise"),
        ({"TENCENTCLOUD_SECRETID": "x"}, Secret("AKIDold", "old-key", "old-token"), "another form"),
        (None, Secret("AKIDold", "old-key", "old-token"), "none"),
    ],
)
def test_credentials_are_read_anew_for_each_invocation(environ: object, secret: Secret, reason: str) -> None:
    platform = Platform()
    platform.invoke({"environ": environ})

    assert [one for _, one, _ in platform.connected] == [secret], reason


def test_an_invocation_brings_credentials_but_no_settings() -> None:
    platform = Platform()
    platform.invoke({"environ": "EIPCLAIM_CLUSTER_ID=cls-red;EIPCLAIM_FREEZE=false;TENCENTCLOUD_REGION=ap-beijing"})

    assert [(one.cluster_id, one.region) for one, *_ in platform.connected] == [("cls-blue", "ap-beijing")]


def test_a_token_may_be_absent() -> None:
    platform = Platform({**ENVIRON, "TENCENTCLOUD_SESSIONTOKEN": ""})
    platform.invoke()

    assert [secret.token for _, secret, _ in platform.connected] == [None]


@pytest.mark.parametrize("missing", ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY"])
@pytest.mark.parametrize("raises", [False, True])
def test_without_credentials_nothing_is_connected_and_nothing_raised(missing: str, *, raises: bool) -> None:
    platform = Platform({**ENVIRON, missing: ""})
    result = platform.invoke(raises=raises)

    assert str(result["error"]).startswith("NoCredentials: TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY are not")
    assert platform.connected == []


def test_for_records_that_name_nobody_nothing_is_connected() -> None:
    """They may be most of what there is. Those that make no sense are told all the same."""
    platform = Platform()
    records = [
        {"verb": "update", "objectRef": {"resource": "leases", "namespace": "ours", "name": "one"}},
        PODS_OF_NONE,
    ]
    result = platform.run(BIND, cls_event(records, 1_795_478_400.0))

    assert platform.connected == []
    assert (result["function"], result["looked"], result["failed"]) == ("bind", 0, [])
    assert [line["event"] for line in platform.log()] == ["bad record", "result"]


@pytest.mark.parametrize(
    ("context", "request_id"),
    [
        ({"request_id": "5d0c1f2e"}, "5d0c1f2e:nonce"),
        ({"request_id": "r" * 1000}, "r" * 64 + ":nonce"),
        ({"request_id": None}, "local:nonce"),
        (None, "local:nonce"),
    ],
)
def test_an_invocation_signs_with_the_platforms_request_id_and_a_nonce(context: object, request_id: str) -> None:
    """The platform may run one request twice."""
    platform = Platform()
    platform.invoke(context)

    assert [invocation.request_id for invocation in platform.invocations] == [request_id]


@pytest.mark.parametrize("raises", [False, True])
def test_what_is_wrong_with_the_settings_is_the_result_and_never_raised(*, raises: bool) -> None:
    platform = Platform({**ENVIRON, "EIPCLAIM_MAX_EIP": "5"})
    result = platform.invoke(raises=raises)

    assert result == {
        "function": "try",
        "error": "InvalidSettings: 'EIPCLAIM_MAX_EIP' is unknown",
        "seconds": 0.0,
    }
    assert [line["event"] for line in platform.log()] == ["rejected", "result"]


async def unavailable(_: Invocation) -> dict[str, object]:
    raise Unavailable("NotSent", "the apiserver cannot be reached")


async def crash(_: Invocation) -> dict[str, object]:
    raise RuntimeError(CANARY)


async def reject(_: Invocation) -> dict[str, object]:
    raise InputRejected("NotRecords", "this event is another")


def test_a_timer_that_could_look_at_nothing_says_so_and_waits_for_its_next_tick() -> None:
    platform = Platform()

    assert platform.invoke(work=unavailable)["error"] == "NotSent: the apiserver cannot be reached"
    assert [line["event"] for line in platform.log()] == ["failed", "result"]


def test_a_function_whose_event_nobody_repeats_raises_what_kept_it_from_looking() -> None:
    platform = Platform()
    with pytest.raises(Unavailable):
        platform.invoke(work=unavailable, raises=True)

    assert [line["event"] for line in platform.log()] == ["failed"]


def test_an_event_that_makes_no_sense_is_not_worth_repeating() -> None:
    assert Platform().invoke(work=reject, raises=True)["error"] == "NotRecords: this event is another"


def test_a_crash_is_logged_by_its_place_and_not_by_its_words() -> None:
    platform = Platform()
    result = platform.invoke({"request_id": "5d0c1f2e"}, work=crash)
    (line, _) = platform.log()

    assert result == {"function": "try", "error": "RuntimeError: see the log", "seconds": 0.0}
    assert (line["event"], line["error"], line["request"]) == ("crashed", "RuntimeError", "5d0c1f2e")
    assert line["where"].startswith("crash:")
    assert CANARY not in "".join(platform.lines)


def test_a_crash_in_work_side_by_side_is_logged_by_its_own_place() -> None:
    async def crash_in_a_group(invocation: Invocation) -> dict[str, object]:
        async with anyio.create_task_group() as outer, anyio.create_task_group() as group:
            group.start_soon(crash, invocation)
            outer.start_soon(anyio.sleep, 0)
        return {}

    platform = Platform()
    platform.invoke(work=crash_in_a_group)
    (line, _) = platform.log()

    assert (line["error"], line["where"].partition(":")[0]) == ("RuntimeError", "crash")


def test_a_crash_of_a_function_whose_event_nobody_repeats_is_raised_as_well() -> None:
    platform = Platform()
    with pytest.raises(RuntimeError):
        platform.invoke(work=crash, raises=True)

    assert [line["event"] for line in platform.log()] == ["crashed"]


async def talk(invocation: Invocation) -> dict[str, object]:
    invocation.log("hello", text="line\nbreak\u2028" + "x" * 1000, nothing=None, kind=Role.GIVE, odd="\ud800")
    return {"function": "try"}


def test_the_log_is_one_json_object_a_line_with_short_values() -> None:
    platform = Platform()
    platform.invoke({"request_id": "5d0c1f2e"}, work=talk)
    hello, result = platform.log()

    assert all(line.isascii() and line.isprintable() for line in platform.lines)
    assert set(hello) == {"event", "function", "request", "text", "kind", "odd"}
    assert (hello["event"], hello["function"], hello["request"], len(hello["text"])) == (
        "hello",
        "try",
        "5d0c1f2e",
        500,
    )
    assert result == {"event": "result", "function": "try", "request": "5d0c1f2e", "seconds": 0.0}


def test_nothing_secret_is_in_log_or_result() -> None:
    platform = Platform({**ENVIRON, "TENCENTCLOUD_SECRETKEY": CANARY, "TENCENTCLOUD_SESSIONTOKEN": CANARY})
    results = [
        platform.invoke({"environ": f"TENCENTCLOUD_SECRETKEY={CANARY}"}, work=work)
        for work in (None, unavailable, crash, reject, talk)
    ]

    assert CANARY not in "".join(platform.lines)
    assert CANARY not in str(results)


def test_on_the_platform_the_log_goes_to_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default host, with an environment that lacks everything."""
    monkeypatch.delenv("EIPCLAIM_CLUSTER_ID", raising=False)

    async def never(_: Invocation) -> dict[str, object]:
        raise AssertionError

    result = invoke(Function("try", Role.GIVE, lambda _: never), {}, {})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert str(result["error"]).startswith("InvalidSettings: EIPCLAIM_CLUSTER_ID is not set")
    assert [line["event"] for line in lines] == ["rejected", "result"]
