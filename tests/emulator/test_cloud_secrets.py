"""Secrets Manager: what can be read when, and that no secret gets into a log."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud import Cloud, CloudError
from emulator.timeline import Timeline

CANARY = "token-that-nobody-may-see"


def ssm(cloud: Cloud, action: str, **params: object) -> dict[str, Any]:
    return cloud.call("ssm", action, {"SecretName": "kubeconfig", **params})


def read(cloud: Cloud, version: str = "v1") -> str:
    return str(ssm(cloud, "GetSecretValue", VersionId=version)["SecretString"])


@pytest.fixture(autouse=True)
def secret(cloud: Cloud) -> None:
    """A secret with a version v1."""
    ssm(cloud, "CreateSecret", VersionId="v1", SecretString=CANARY)


def test_versions_are_read_each_for_itself_and_replaced(cloud: Cloud) -> None:
    ssm(cloud, "PutSecretValue", VersionId="v2", SecretString="two")
    ssm(cloud, "UpdateSecret", VersionId="v1", SecretString="one")

    assert (read(cloud, "v1"), read(cloud, "v2")) == ("one", "two")
    assert [one["VersionId"] for one in ssm(cloud, "ListSecretVersionIds")["Versions"]] == ["v1", "v2"]


def test_binary_is_kept_apart_from_text(cloud: Cloud) -> None:
    ssm(cloud, "PutSecretValue", VersionId="v2", SecretBinary="AAE=")
    reply = ssm(cloud, "GetSecretValue", VersionId="v2")

    assert (reply["SecretBinary"], reply["SecretString"]) == ("AAE=", "")


def test_a_secret_is_disabled_before_it_is_deleted_and_can_be_restored_until_its_day(
    cloud: Cloud, timeline: Timeline
) -> None:
    with pytest.raises(CloudError) as too_early:
        ssm(cloud, "DeleteSecret")
    ssm(cloud, "DisableSecret")
    ssm(cloud, "DeleteSecret", RecoveryWindowInDays=1)
    pending = ssm(cloud, "DescribeSecret")["Status"]
    ssm(cloud, "RestoreSecret")
    ssm(cloud, "EnableSecret")
    kept = read(cloud)
    ssm(cloud, "DisableSecret")
    gone_at = ssm(cloud, "DeleteSecret", RecoveryWindowInDays=1)["DeleteTime"]
    timeline.advance(86_400)

    assert (too_early.value.code, pending, kept) == ("FailedOperation", "PendingDelete", CANARY)
    assert gone_at == timeline.now()
    assert cloud.call("ssm", "ListSecrets", {})["TotalCount"] == 0


def test_without_a_recovery_window_a_secret_is_gone_at_once(cloud: Cloud) -> None:
    ssm(cloud, "DisableSecret")
    ssm(cloud, "DeleteSecret")
    ssm(cloud, "CreateSecret", SecretString="anew")

    assert read(cloud, "SSM_Current") == "anew"


@pytest.mark.parametrize(
    ("before", "action", "params", "code"),
    [
        ([], "GetSecretValue", {"VersionId": "v9"}, "ResourceNotFound"),
        ([], "GetSecretValue", {"VersionId": "v1", "SecretName": "other"}, "ResourceNotFound"),
        (["DisableSecret"], "GetSecretValue", {"VersionId": "v1"}, "ResourceUnavailable.ResourceDisabled"),
        (["DisableSecret", "Delete"], "GetSecretValue", {"VersionId": "v1"},
         "ResourceUnavailable.ResourcePendingDeleted"),
        (["DisableSecret", "Delete"], "EnableSecret", {}, "FailedOperation"),
        ([], "RestoreSecret", {}, "FailedOperation"),
        ([], "CreateSecret", {"SecretString": "x"}, "ResourceInUse.SecretExists"),
        ([], "CreateSecret", {"SecretName": "-a", "SecretString": "x"}, "InvalidParameterValue"),
        ([], "CreateSecret", {"SecretName": "b"}, "InvalidParameterValue"),
        ([], "CreateSecret", {"SecretName": "b", "SecretString": "x", "SecretType": 1}, "InvalidParameterValue"),
        ([], "PutSecretValue", {"VersionId": "v1", "SecretString": "x"}, "ResourceInUse.VersionIdExists"),
        ([], "PutSecretValue", {"VersionId": "v2", "SecretString": "x", "SecretBinary": "eA=="},
         "InvalidParameterValue"),
        ([], "PutSecretValue", {"VersionId": "v2", "SecretString": "x" * 32_769}, "InvalidParameterValue"),
        ([], "UpdateSecret", {"VersionId": "v9", "SecretString": "x"}, "ResourceNotFound"),
        ([], "DeleteSecret", {"RecoveryWindowInDays": 31}, "InvalidParameterValue"),
        ([], "ListSecrets", {"SecretName": None, "Limit": 201}, "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_what_does_not_go_is_refused(
    cloud: Cloud, before: list[str], action: str, params: dict[str, object], code: str
) -> None:
    for step in before:
        ssm(cloud, **({"action": "DeleteSecret", "RecoveryWindowInDays": 7} if step == "Delete" else {"action": step}))
    with pytest.raises(CloudError) as refused:
        ssm(cloud, action, **params)

    assert refused.value.code == code


def test_a_secret_has_ten_versions_at_most(cloud: Cloud) -> None:
    for number in range(2, 11):
        cloud.console.create_secret("kubeconfig", "x", f"v{number}")
    with pytest.raises(CloudError) as refused:
        ssm(cloud, "PutSecretValue", VersionId="v11", SecretString="x")

    assert refused.value.code == "LimitExceeded"


def test_no_log_and_no_listing_holds_what_is_secret(cloud: Cloud) -> None:
    cloud.console.create_secret("kubeconfig", CANARY, "v1")
    read(cloud)
    shown = [
        cloud.calls.since(),
        list(cloud.secrets),
        ssm(cloud, "DescribeSecret"),
        cloud.call("ssm", "ListSecrets", {}),
    ]

    assert CANARY not in repr(shown)
    assert cloud.calls.since()[0].params["SecretString"] == "***"
