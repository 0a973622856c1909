"""Every error code that the vendor lists for the calls we make, and what we do next about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.cloud.codes import CODES, SDK_CODES, classify
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Exhausted, Gone, Refused, Throttled

TABLE: list[tuple[type[EipclaimError], str, str, str]] = [
    (
        Throttled,
        "RateLimited",
        "counted at the gateway, before anybody looks at the call",
        """
        RequestLimitExceeded RequestLimitExceeded.GlobalRegionUinLimitExceeded RequestLimitExceeded.IPLimitExceeded
        RequestLimitExceeded.UinLimitExceeded LimitExceeded.ActionLimited
        """,
    ),
    (
        Conflict,
        "TaskRunning",
        "the EIP is locked by a task; it ends by itself",
        """
        OperationDenied.MutexTaskRunning DesOperation.MutexTaskRunning UnsupportedOperation.MutexOperationTaskRunning
        """,
    ),
    (
        Conflict,
        "StatusNotPermitted",
        "the EIP is in another state than we thought",
        """
        UnsupportedOperation.AddressStatusNotPermit InvalidAddressIdStatus.NotPermit InvalidAddressState
        UnsupportedOperation.InvalidAddressState
        """,
    ),
    (Conflict, "ResourceInUse", "something else holds it at the moment", "ResourceInUse ResourceInUse.Address"),
    (
        Conflict,
        "TargetTaken",
        "an EIP is there already: ours, after a lost reply, or another's",
        """
        InvalidPrivateIpAddress.AlreadyBindEip InvalidInstanceId.AlreadyBindEip InvalidParameterValue.InstanceHasWanIP
        InvalidParameterValue.LBAlreadyBindEip
        """,
    ),
    (
        Conflict,
        "TargetNotFound",
        "the pod's place has moved since we looked",
        """
        InvalidNetworkInterfaceId.NotFound InvalidParameterValue.NetworkInterfaceNotFound InvalidInstanceId.NotFound
        FailedOperation.AddressEniInfoNotFound FailedOperation.MasterEniNotFound
        """,
    ),
    (
        Gone,
        "AddressNotFound",
        "the EIP does not exist",
        "InvalidAddressId.NotFound InvalidParameterValue.AddressNotFound",
    ),
    (
        Exhausted,
        "Quota",
        "somebody has to release something, or to raise a quota",
        """
        AddressQuotaLimitExceeded LimitExceeded LimitExceeded.BandwidthPackageQuota
        LimitExceeded.BandwidthPackageResourceQuota LimitExceeded.MonthlyAddressRecoveryQuota LimitExceeded.TagQuota
        LimitExceeded.AccountReturnQuota LimitExceeded.NumberOfFilters ResourceInsufficient
        """,
    ),
    (Exhausted, "DailyQuota", "tomorrow", "AddressQuotaLimitExceeded.DailyAllocate"),
    (Exhausted, "NodeFull", "the node holds as many EIPs as it can", "LimitExceeded.InstanceAddressQuota"),
    (
        Refused,
        "Arrears",
        "somebody has to pay",
        """
        FailedOperation.BalanceInsufficient UnsupportedOperation.UnpaidOrderAlreadyExists
        OperationDenied.AddressInArrears InvalidAddressIdState.InArrears
        """,
    ),
    (
        Refused,
        "AddressBlocked",
        "the vendor has cut it off, for an attack for instance",
        """
        InvalidAddressId.Blocked InvalidParameterValue.AddressAttacked
        InvalidParameterValue.InstanceNormalPublicIpBlocked
        """,
    ),
    (
        Refused,
        "DeletionProtected",
        "a person has protected it",
        "OperationDenied.AddressDeletionProtectionEnabled",
    ),
    (
        Refused,
        "TokenBurnt",
        "with this ClientToken nothing will ever be bought",
        "UnsupportedOperation.DeliveryFailed UnsupportedOperation.IdempotentParameterMismatch",
    ),
    (
        Refused,
        "Denied",
        "rights or credentials are wrong",
        """
        UnauthorizedOperation UnauthorizedOperation.AnycastEip UnauthorizedOperation.InvalidAccount AuthFailure
        AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId AuthFailure.MFAFailure AuthFailure.SecretIdNotFound
        AuthFailure.SignatureExpire AuthFailure.SignatureFailure AuthFailure.TokenFailure
        AuthFailure.UnauthorizedOperation IpInBlacklist IpNotInWhitelist
        """,
    ),
    (
        Refused,
        "TagMissing",
        "the cluster's tags were never made",
        "InvalidParameterValue.TagNotExisted InvalidTag.NotExisted",
    ),
    (
        Refused,
        "AccountNotSupported",
        "not sold to this account",
        "InvalidAccount.NotSupported UnsupportedOperation.AccountNotSupported",
    ),
    (
        Refused,
        "InstanceState",
        "the node cannot take it as it is",
        "UnsupportedOperation.InstanceStateNotSupported InvalidParameterValue.InvalidInstanceState",
    ),
    (
        Refused,
        "Input",
        "the parameters were checked and found wrong",
        """
        InvalidParameter InvalidParameter.Coexist InvalidParameter.FilterInvalidKey InvalidParameter.FilterNotDict
        InvalidParameter.FilterValuesNotList InvalidParameter.InvalidFilter InvalidParameterConflict
        InvalidParameterValue InvalidParameterValue.AddressIdMalformed
        InvalidParameterValue.AddressInternetChargeTypeConflict InvalidParameterValue.AddressIpNotAvailable
        InvalidParameterValue.AddressNotApplicable InvalidParameterValue.AddressTypeConflict
        InvalidParameterValue.BandwidthOutOfRange InvalidParameterValue.BandwidthPackageIdMalformed
        InvalidParameterValue.BandwidthPackageNotFound InvalidParameterValue.BandwidthTooSmall
        InvalidParameterValue.Combination InvalidParameterValue.InconsistentInstanceInternetChargeType
        InvalidParameterValue.InstanceDoesNotSupportAnycast InvalidParameterValue.InstanceHasNoWanIP
        InvalidParameterValue.InstanceIdMalformed InvalidParameterValue.InstanceNoCalcIP
        InvalidParameterValue.InstanceNoWanIP InvalidParameterValue.InstanceNotMatchAssociateEni
        InvalidParameterValue.InvalidDedicatedClusterId InvalidParameterValue.InvalidInstanceInternetChargeType
        InvalidParameterValue.InvalidTag InvalidParameterValue.LimitExceeded InvalidParameterValue.Malformed
        InvalidParameterValue.MissingAssociateEntity InvalidParameterValue.MixedAddressIpSetType
        InvalidParameterValue.NetworkInterfaceIdMalformed InvalidParameterValue.NotUtf8EncodingError
        InvalidParameterValue.OnlySupportedForMasterNetworkCard InvalidParameterValue.Range
        InvalidParameterValue.ResourceExpired InvalidParameterValue.ResourceIdMalformed
        InvalidParameterValue.ResourceNotExisted InvalidParameterValue.ResourceNotSupport
        InvalidParameterValue.UnavailableZone MissingParameter UnknownParameter
        """,
    ),
    (
        Refused,
        "Input",
        "there is no such thing to ask for",
        """
        ActionOffline FailedOperation.InvalidRegion InvalidAction InvalidInstance.NotSupported InvalidRequest
        NoSuchProduct NoSuchVersion RequestSizeLimitExceeded UnsupportedOperation UnsupportedOperation.ActionNotFound
        UnsupportedOperation.AddressIpNotSupportInstance UnsupportedOperation.BandwidthPackageIdNotSupported
        UnsupportedOperation.IncorrectAddressResourceType UnsupportedOperation.InvalidAction
        UnsupportedOperation.InvalidAddressInternetChargeType UnsupportedOperation.IspNotSupported
        UnsupportedOperation.NotSupportedPurchaseCenterEgressResource UnsupportedOperation.OfflineChargeType
        UnsupportedOperation.UnsupportedRegion UnsupportedProtocol UnsupportedRegion
        """,
    ),
    (
        Ambiguous,
        "Unknown",
        "something broke, before the deed or after it",
        """
        InternalError InternalError.ModuleError InternalServerError ServiceUnavailable ResourceUnavailable ResourceBusy
        FailedOperation FailedOperation.TaskFailed
        """,
    ),
    (
        Ambiguous,
        "Unknown",
        "done, but the reply was too long to be sent",
        "ResponseSizeLimitExceeded",
    ),
    (
        Ambiguous,
        "Unknown",
        "an earlier call with this ClientToken is at work and may be buying",
        "UnsupportedOperation.IdempotentProcessing",
    ),
    (Ambiguous, "Unknown", "which resource, and found missing at which step?", "ResourceNotFound"),
    (Ambiguous, "Unknown", "we never ask for one, so it tells nothing", "DryRunOperation"),
    (
        Ambiguous,
        "Unknown",
        "made up by the SDK for whatever it met on the wire",
        "ClientNetworkError ServerNetworkError ClientParamsError ClientError InvalidCredential",
    ),
    (
        Ambiguous,
        "Unknown",
        "codes that a later release of the API may bring",
        """
        SomethingNew SomethingNew.AndMore UnsupportedOperation.SomethingNew OperationDenied.SomethingNew
        FailedOperation.SomethingNew InvalidAddressId.SomethingNew InternalError.SomethingNew
        """,
    ),
    (
        Refused,
        "Input",
        "a new code in a family of refusals is one, too",
        "InvalidParameter.SomethingNew InvalidParameterValue.SomethingNew InvalidParameterValue.Some.Thing.New",
    ),
    (Refused, "Denied", "likewise", "UnauthorizedOperation.SomethingNew AuthFailure.SomethingNew"),
    (Exhausted, "Quota", "likewise", "LimitExceeded.SomethingNew AddressQuotaLimitExceeded.SomethingNew"),
    (Throttled, "RateLimited", "likewise", "RequestLimitExceeded.SomethingNew"),
    (Conflict, "ResourceInUse", "likewise", "ResourceInUse.SomethingNew"),
]


@pytest.mark.parametrize(
    ("code", "kind", "reason", "why"),
    [(code, kind, reason, why) for kind, reason, why, codes in TABLE for code in codes.split()],
)
def test_a_code_says_what_to_do_next(code: str, kind: type[EipclaimError], reason: str, why: str) -> None:
    error = classify(code, "no")

    assert (type(error), error.reason) == (kind, reason), why


def test_every_row_of_the_table_is_expected_here() -> None:
    expected = {code for *_, codes in TABLE for code in codes.split()}
    families = {code.split(".")[0] + "." for code in expected if "." in code}

    assert {code for code in CODES if code not in expected | families} == set()


@pytest.mark.parametrize(
    "code",
    [
        "",
        ".",
        "..",
        ".NotFound",
        "invalidparameter",
        "InvalidParameters",
        "InvalidParameterValue2.Range",
        " InvalidParameter",
        "InvalidParameter\n",
        "None",
        "LimitExceeded:Quota",
    ],
)
def test_what_only_resembles_a_code_is_no_definite_answer(code: str) -> None:
    assert type(classify(code, "no")) is Ambiguous


def test_a_message_names_code_request_and_reason() -> None:
    error = classify("AddressQuotaLimitExceeded", "The quota is reached.", "5d0c1f2e")

    assert error.message == "AddressQuotaLimitExceeded (request 5d0c1f2e): The quota is reached."


def test_a_message_without_a_request_names_none() -> None:
    assert classify("InternalError", "Oops.").message == "InternalError: Oops."


def test_a_long_refusal_is_cut_but_names_its_request() -> None:
    refusal = "[request id:5d0c1f2e] you are not authorized to perform\n  (vpc:AllocateAddresses)\u2028" + "qcs " * 500
    message = classify("UnauthorizedOperation", refusal, "5d0c1f2e").message

    assert message.startswith("UnauthorizedOperation (request 5d0c1f2e): [request id:5d0c1f2e] you are not authorized")
    assert len(message) == 300


@pytest.mark.parametrize("code", SDK_CODES)
def test_what_the_sdk_says_of_a_broken_reply_is_not_repeated(code: str) -> None:
    assert classify(code, "b'<html>secret</html>'").message == f"{code}: no usable answer"


@given(st.text(), st.text(), st.none() | st.text())
def test_a_message_is_one_short_line_whatever_the_cloud_says(code: str, message: str, request_id: str | None) -> None:
    told = classify(code, message, request_id).message

    assert len(told) <= 300
    assert len(told.splitlines()) <= 1
    assert "\x1b" not in told
    assert told.encode()
