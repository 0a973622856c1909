"""What an error code of the VPC API means for what to do next: one table, to which other services add their own.

The codes are those that the Go SDK's documentation lists for each operation and the gateway's own ones (API
2017-03-12). The set is open, so only definite answers are listed; everything else that a mutation meets is Ambiguous.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.errors import Ambiguous, Conflict, EipclaimError, Exhausted, Gone, Refused, Throttled
from shared.core.status import one_line

Codes = Mapping[str, tuple[type[EipclaimError], str]]

# fmt: off: a row a code, and where a code has sub-codes its prefix with a dot
CODES: Codes = {
    # Asked too fast: not done.
    "RequestLimitExceeded": (Throttled, "RateLimited"),
    "RequestLimitExceeded.": (Throttled, "RateLimited"),
    "LimitExceeded.ActionLimited": (Throttled, "RateLimited"),
    # Another task is running, or the state is another than was thought: not done, look again.
    "OperationDenied.MutexTaskRunning": (Conflict, "TaskRunning"),
    "DesOperation.MutexTaskRunning": (Conflict, "TaskRunning"),
    "UnsupportedOperation.MutexOperationTaskRunning": (Conflict, "TaskRunning"),
    "UnsupportedOperation.AddressStatusNotPermit": (Conflict, "StatusNotPermitted"),
    "InvalidAddressIdStatus.NotPermit": (Conflict, "StatusNotPermitted"),
    "InvalidAddressState": (Conflict, "StatusNotPermitted"),
    "UnsupportedOperation.InvalidAddressState": (Conflict, "StatusNotPermitted"),
    "ResourceInUse": (Conflict, "ResourceInUse"),
    "ResourceInUse.": (Conflict, "ResourceInUse"),
    "InvalidPrivateIpAddress.AlreadyBindEip": (Conflict, "TargetTaken"),
    "InvalidInstanceId.AlreadyBindEip": (Conflict, "TargetTaken"),
    "InvalidParameterValue.InstanceHasWanIP": (Conflict, "TargetTaken"),
    "InvalidParameterValue.LBAlreadyBindEip": (Conflict, "TargetTaken"),
    "InvalidNetworkInterfaceId.NotFound": (Conflict, "TargetNotFound"),
    "InvalidParameterValue.NetworkInterfaceNotFound": (Conflict, "TargetNotFound"),
    "InvalidInstanceId.NotFound": (Conflict, "TargetNotFound"),
    "FailedOperation.AddressEniInfoNotFound": (Conflict, "TargetNotFound"),
    "FailedOperation.MasterEniNotFound": (Conflict, "TargetNotFound"),
    # The EIP is not there.
    "InvalidAddressId.NotFound": (Gone, "AddressNotFound"),
    "InvalidParameterValue.AddressNotFound": (Gone, "AddressNotFound"),
    # A quota is used up.
    "AddressQuotaLimitExceeded": (Exhausted, "Quota"),
    "AddressQuotaLimitExceeded.": (Exhausted, "Quota"),
    "AddressQuotaLimitExceeded.DailyAllocate": (Exhausted, "DailyQuota"),
    "LimitExceeded.InstanceAddressQuota": (Exhausted, "NodeFull"),
    "LimitExceeded.": (Exhausted, "Quota"),
    "LimitExceeded": (Exhausted, "Quota"),
    "ResourceInsufficient": (Exhausted, "Quota"),
    # Money, or a block that a person put there.
    "FailedOperation.BalanceInsufficient": (Refused, "Arrears"),
    "UnsupportedOperation.UnpaidOrderAlreadyExists": (Refused, "Arrears"),
    "OperationDenied.AddressInArrears": (Refused, "Arrears"),
    "InvalidAddressIdState.InArrears": (Refused, "Arrears"),
    "InvalidAddressId.Blocked": (Refused, "AddressBlocked"),
    "InvalidParameterValue.AddressAttacked": (Refused, "AddressBlocked"),
    "InvalidParameterValue.InstanceNormalPublicIpBlocked": (Refused, "AddressBlocked"),
    "OperationDenied.AddressDeletionProtectionEnabled": (Refused, "DeletionProtected"),
    # The token cannot be used (any more): the next attempt has another one.
    "UnsupportedOperation.DeliveryFailed": (Refused, "TokenBurnt"),
    "UnsupportedOperation.IdempotentParameterMismatch": (Refused, "TokenBurnt"),
    # Rights and credentials.
    "UnauthorizedOperation": (Refused, "Denied"),
    "UnauthorizedOperation.": (Refused, "Denied"),
    "AuthFailure": (Refused, "Denied"),
    "AuthFailure.": (Refused, "Denied"),
    "IpInBlacklist": (Refused, "Denied"),
    "IpNotInWhitelist": (Refused, "Denied"),
    # What was asked for.
    "InvalidParameterValue.TagNotExisted": (Refused, "TagMissing"),
    "InvalidTag.NotExisted": (Refused, "TagMissing"),
    "InvalidParameter": (Refused, "Input"),
    "InvalidParameter.": (Refused, "Input"),
    "InvalidParameterValue": (Refused, "Input"),
    "InvalidParameterValue.": (Refused, "Input"),
    "InvalidParameterConflict": (Refused, "Input"),
    "MissingParameter": (Refused, "Input"),
    "UnknownParameter": (Refused, "Input"),
    "InvalidAction": (Refused, "Input"),
    "InvalidRequest": (Refused, "Input"),
    "InvalidInstance.NotSupported": (Refused, "Input"),
    "ActionOffline": (Refused, "Input"),
    "NoSuchProduct": (Refused, "Input"),
    "NoSuchVersion": (Refused, "Input"),
    "RequestSizeLimitExceeded": (Refused, "Input"),
    "UnsupportedProtocol": (Refused, "Input"),
    "InvalidAccount.NotSupported": (Refused, "AccountNotSupported"),
    "UnsupportedOperation.AccountNotSupported": (Refused, "AccountNotSupported"),
    "UnsupportedRegion": (Refused, "Input"),
    "UnsupportedOperation": (Refused, "Input"),
    "UnsupportedOperation.UnsupportedRegion": (Refused, "Input"),
    "UnsupportedOperation.InvalidAction": (Refused, "Input"),
    "UnsupportedOperation.ActionNotFound": (Refused, "Input"),
    "UnsupportedOperation.OfflineChargeType": (Refused, "Input"),
    "UnsupportedOperation.BandwidthPackageIdNotSupported": (Refused, "Input"),
    "UnsupportedOperation.InvalidAddressInternetChargeType": (Refused, "Input"),
    "UnsupportedOperation.IspNotSupported": (Refused, "Input"),
    "UnsupportedOperation.NotSupportedPurchaseCenterEgressResource": (Refused, "Input"),
    "UnsupportedOperation.AddressIpNotSupportInstance": (Refused, "Input"),
    "UnsupportedOperation.IncorrectAddressResourceType": (Refused, "Input"),
    "UnsupportedOperation.InstanceStateNotSupported": (Refused, "InstanceState"),
    "InvalidParameterValue.InvalidInstanceState": (Refused, "InstanceState"),
    "FailedOperation.InvalidRegion": (Refused, "Input"),
}
# fmt: on

SDK_CODES = ("ClientNetworkError", "ServerNetworkError", "ClientParamsError", "ClientError", "InvalidCredential")


def classify(code: str, message: str, request_id: str | None = None, codes: Codes = CODES) -> EipclaimError:
    """The error that says what to do next about a code; unknown codes are Ambiguous."""
    family, dot, _ = code.partition(".")
    kind, reason = codes.get(code) or codes.get(family + dot, (Ambiguous, "Unknown"))
    text = message if code not in SDK_CODES else "no usable answer"
    # Before the text: a long refusal is cut, and the vendor's support asks for the request.
    trace = f" (request {request_id})" if request_id else ""
    return kind(reason, one_line(f"{code}{trace}: {text}"))
