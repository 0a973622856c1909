"""Kubeconfigs from SSM and TKE: what is asked, what each refusal says, and that no text gets into an error."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable

import httpx
import pytest

from emulator.cloud import Cloud, Fault, Key
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.timeline import Timeline, run
from shared.adapters.cloud.kubeconfigs import Vault
from shared.adapters.cloud.sdk import Secret
from shared.core.errors import Ambiguous, EipclaimError, InputRejected, Refused, Throttled, Unavailable

CANARY = "canary: of the kubeconfig"
Ask = Callable[[Vault], Awaitable[str]]


def of_secret(vault: Vault) -> Awaitable[str]:
    return vault.of_secret("eipclaim-give")


def of_cluster(vault: Vault) -> Awaitable[str]:
    return vault.of_cluster("cls-blue")


@pytest.fixture(autouse=True)
def kubeconfigs(cloud: Cloud) -> None:
    """One in each place."""
    cloud.console.create_secret("eipclaim-give", CANARY)
    cloud.console.create_cluster("cls-blue", kubeconfig=CANARY)


def ask(cloud: Cloud, timeline: Timeline, question: Ask, secret: Secret | None = None) -> str:
    transport = InProcessTransport(cloud, after=timeline.after)
    key = secret or Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)

    async def main() -> str:
        return await question(Vault("ap-guangzhou", key, transport=transport))

    return run(timeline, main())


def failure(cloud: Cloud, timeline: Timeline, question: Ask, secret: Secret | None = None) -> EipclaimError:
    """What it raises, which is one line that holds nothing of the kubeconfig."""
    with pytest.raises(EipclaimError) as caught:
        ask(cloud, timeline, question, secret)
    assert "canary" not in "\n".join(traceback.format_exception(caught.value))
    assert "\n" not in caught.value.message
    return caught.value


def test_a_secret_is_read_in_its_current_version(cloud: Cloud, timeline: Timeline) -> None:
    text = ask(cloud, timeline, of_secret)

    assert text == CANARY
    assert [(call.service, call.action, call.params) for call in cloud.calls.since()] == [
        ("ssm", "GetSecretValue", {"SecretName": "eipclaim-give", "VersionId": "SSM_Current"})
    ]


def test_a_secret_is_read_in_the_version_that_is_named(cloud: Cloud, timeline: Timeline) -> None:
    cloud.console.create_secret("eipclaim-give", "another", version="v2.1")

    assert ask(cloud, timeline, lambda vault: vault.of_secret("eipclaim-give/v2.1")) == "another"


def test_tke_is_asked_for_the_private_access(cloud: Cloud, timeline: Timeline) -> None:
    text = ask(cloud, timeline, of_cluster)

    assert text == CANARY
    assert [(call.service, call.action, call.params) for call in cloud.calls.since()] == [
        ("tke", "DescribeClusterKubeconfig", {"ClusterId": "cls-blue", "IsExtranet": False})
    ]


@pytest.mark.parametrize(
    ("code", "kind", "reason", "told"),
    [
        ("ResourceNotFound", Refused, "NoSuchSecret", "there is no such secret, or not this version of it, in ap-"),
        ("ResourceNotFound.New", Refused, "NoSuchSecret", "there is no such secret"),
        ("ResourceUnavailable.ResourceDisabled", Refused, "SecretDisabled", "the secret is disabled; enable it"),
        ("ResourceUnavailable.ResourcePendingDeleted", Refused, "SecretDeleted", "about to be deleted; restore it"),
        ("ResourceUnavailable.NotPurchased", Refused, "NotPurchased", "Secrets Manager is not open"),
        ("FailedOperation.AccessKmsError", Refused, "KeyUnusable", "the KMS key of the secret cannot be used"),
        ("UnauthorizedOperation", Refused, "Denied", "the function's role may not ssm:GetSecretValue"),
        ("AuthFailure.UnauthorizedOperation", Refused, "Denied", "the function's role may not ssm:GetSecretValue"),
        ("RequestLimitExceeded", Throttled, "RateLimited", "the kubeconfig could not be read"),
        ("InternalError", Ambiguous, "Unknown", "the kubeconfig could not be read"),
    ],
)
def test_a_refusal_of_ssm_says_which_secret_and_what_to_do(
    *, cloud: Cloud, timeline: Timeline, code: str, kind: type[EipclaimError], reason: str, told: str
) -> None:
    cloud.faults.arm(Fault("code", code=code))
    error = failure(cloud, timeline, of_secret)

    assert (type(error), error.reason) == (kind, reason)
    assert error.message.startswith("ssm:eipclaim-give: ")
    assert told in error.message
    assert f"{code} (request " in error.message
    assert len(cloud.calls.since()) == 1, "asked once"


@pytest.mark.parametrize(
    ("code", "kind", "reason", "told"),
    [
        ("ResourceNotFound", Refused, "NoSuchCluster", "there is no cluster cls-blue in ap-guangzhou"),
        ("ResourceNotFound.ClusterNotFound", Refused, "NoSuchCluster", "there is no cluster cls-blue"),
        ("FailedOperation.ClusterNotFound", Refused, "NoSuchCluster", "there is no cluster cls-blue"),
        ("InternalError.ClusterNotFound", Refused, "NoSuchCluster", "there is no cluster cls-blue"),
        ("InvalidParameter.ClusterNotFound", Refused, "NoSuchCluster", "there is no cluster cls-blue"),
        ("UnauthorizedOperation.CamNoAuth", Refused, "Denied", "may not tke:DescribeClusterKubeconfig"),
        ("FailedOperation.CamNoAuth", Refused, "Denied", "may not tke:DescribeClusterKubeconfig"),
        ("InternalError.CamNoAuth", Refused, "Denied", "may not tke:DescribeClusterKubeconfig"),
        ("FailedOperation.RBACForbidden", Refused, "Denied", "may not tke:DescribeClusterKubeconfig"),
        ("RequestLimitExceeded.UinLimitExceeded", Throttled, "RateLimited", "the kubeconfig could not be read"),
        ("InternalError.Db", Ambiguous, "Unknown", "the kubeconfig could not be read"),
    ],
)
def test_a_refusal_of_tke_says_which_cluster_and_what_to_do(
    *, cloud: Cloud, timeline: Timeline, code: str, kind: type[EipclaimError], reason: str, told: str
) -> None:
    cloud.faults.arm(Fault("code", code=code))
    error = failure(cloud, timeline, of_cluster)

    assert (type(error), error.reason) == (kind, reason)
    assert error.message.startswith("tke: ")
    assert told in error.message
    assert len(cloud.calls.since()) == 1, "asked once"


@pytest.mark.parametrize("question", [of_secret, of_cluster])
@pytest.mark.parametrize(
    ("fault", "seconds", "reason"),
    [
        (Fault("drop_reply"), 0, "the reply is lost"),
        (Fault("error_after", status=502), 0, "a gateway fails"),
        (Fault("error_after", shape="truncated"), 0, "the reply is cut"),
        (Fault("error_after", shape="garbage"), 0, "the reply is no JSON"),
        (Fault("error_after", shape="text"), 0, "the reply is a page"),
        (Fault("stall"), 15, "there is no reply"),
        (Fault("delay", seconds=60), 15, "the reply comes too late"),
    ],
)
def test_what_has_no_usable_answer_is_given_up_in_time_and_not_asked_again(
    *, cloud: Cloud, timeline: Timeline, question: Ask, fault: Fault, seconds: float, reason: str
) -> None:
    cloud.faults.arm(fault)
    began = timeline.now()
    error = failure(cloud, timeline, question)

    assert (type(error), timeline.now() - began, len(cloud.calls.since())) == (Ambiguous, seconds, 1), reason


@pytest.mark.parametrize("question", [of_secret, of_cluster])
def test_a_service_that_cannot_be_reached_is_named_with_the_place(
    cloud: Cloud, timeline: Timeline, question: Ask
) -> None:
    cloud.faults.arm(Fault("drop"))
    error = failure(cloud, timeline, question)

    assert (type(error), error.reason) == (Unavailable, "NotSent")


@pytest.mark.parametrize("question", [of_secret, of_cluster])
def test_a_role_without_the_right_is_refused_by_the_cloud_itself(
    cloud: Cloud, timeline: Timeline, question: Ask
) -> None:
    cloud.credentials["AKIDbuyer"] = Key("its-key", "buyer", actions=frozenset({"vpc:AllocateAddresses"}))

    assert failure(cloud, timeline, question, Secret("AKIDbuyer", "its-key")).reason == "Denied"


def test_a_binary_secret_is_refused(cloud: Cloud, timeline: Timeline) -> None:
    cloud.call("ssm", "CreateSecret", {"SecretName": "binary", "SecretBinary": "Y2FuYXJ5"})
    error = failure(cloud, timeline, lambda vault: vault.of_secret("binary"))

    assert (type(error), error.message) == (InputRejected, "ssm:binary: the secret is binary; a kubeconfig is text")


@pytest.mark.parametrize(
    "response", [{}, {"SecretString": None, "Kubeconfig": None}, {"SecretString": 1, "Kubeconfig": ["canary"]}]
)
@pytest.mark.parametrize("question", [of_secret, of_cluster])
async def test_a_success_without_a_kubeconfig_is_no_answer(question: Ask, response: dict[str, object]) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"Response": {"RequestId": "r", **response}})

    vault = Vault("ap-guangzhou", Secret("id", "key"), transport=httpx.MockTransport(reply))
    with pytest.raises(Ambiguous) as caught:
        await question(vault)

    assert "was answered without a kubeconfig" in caught.value.message
    assert "canary" not in caught.value.message
