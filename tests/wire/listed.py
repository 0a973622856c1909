"""The error codes that the vendor's documents list, for each API that is called and for the gateway before them all.

From the documentation of the Go SDK (API 2017-03-12) and the product pages on common error codes.
"""

from __future__ import annotations

GATEWAY = "any call"
ELSEWHERE = "none of these"
"""Known to the SDK, or to the vendor's Terraform provider."""

_LISTED = {
    "AllocateAddresses": """
    AddressQuotaLimitExceeded AddressQuotaLimitExceeded.DailyAllocate FailedOperation.BalanceInsufficient
    FailedOperation.InvalidRegion InvalidAccount.NotSupported InvalidAddressId.Blocked
    InvalidParameterConflict InvalidParameterValue.AddressAttacked
    InvalidParameterValue.AddressIpNotAvailable InvalidParameterValue.BandwidthOutOfRange
    InvalidParameterValue.BandwidthPackageIdMalformed InvalidParameterValue.BandwidthPackageNotFound
    InvalidParameterValue.BandwidthTooSmall InvalidParameterValue.Combination
    InvalidParameterValue.InstanceIdMalformed InvalidParameterValue.InvalidDedicatedClusterId
    InvalidParameterValue.InvalidTag InvalidParameterValue.MixedAddressIpSetType InvalidParameterValue.Range
    InvalidParameterValue.ResourceIdMalformed InvalidParameterValue.ResourceNotSupport
    InvalidParameterValue.TagNotExisted InvalidParameterValue.UnavailableZone
    LimitExceeded.BandwidthPackageQuota LimitExceeded.BandwidthPackageResourceQuota
    LimitExceeded.MonthlyAddressRecoveryQuota LimitExceeded.TagQuota ResourceInsufficient
    UnauthorizedOperation.AnycastEip UnauthorizedOperation.InvalidAccount
    UnsupportedOperation.AccountNotSupported UnsupportedOperation.ActionNotFound
    UnsupportedOperation.BandwidthPackageIdNotSupported UnsupportedOperation.DeliveryFailed
    UnsupportedOperation.InstanceStateNotSupported UnsupportedOperation.InvalidAction
    UnsupportedOperation.NotSupportedPurchaseCenterEgressResource UnsupportedOperation.OfflineChargeType
    UnsupportedOperation.UnsupportedRegion
    """,
    "AssociateAddress": """
    FailedOperation.AddressEniInfoNotFound FailedOperation.TaskFailed InvalidAccount.NotSupported
    InvalidAddressId.Blocked InvalidAddressId.NotFound InvalidInstanceId.AlreadyBindEip
    InvalidInstanceId.NotFound InvalidNetworkInterfaceId.NotFound InvalidParameterConflict
    InvalidParameterValue.AddressIdMalformed InvalidParameterValue.AddressNotApplicable
    InvalidParameterValue.AddressNotFound InvalidParameterValue.Combination
    InvalidParameterValue.InstanceDoesNotSupportAnycast InvalidParameterValue.InstanceHasNoWanIP
    InvalidParameterValue.InstanceHasWanIP InvalidParameterValue.InstanceIdMalformed
    InvalidParameterValue.InstanceNoWanIP InvalidParameterValue.InstanceNormalPublicIpBlocked
    InvalidParameterValue.InstanceNotMatchAssociateEni
    InvalidParameterValue.InvalidInstanceInternetChargeType InvalidParameterValue.InvalidInstanceState
    InvalidParameterValue.LBAlreadyBindEip InvalidParameterValue.MissingAssociateEntity
    InvalidParameterValue.NetworkInterfaceNotFound InvalidParameterValue.ResourceNotSupport
    InvalidPrivateIpAddress.AlreadyBindEip LimitExceeded.InstanceAddressQuota MissingParameter
    OperationDenied.AddressInArrears OperationDenied.MutexTaskRunning UnsupportedOperation.ActionNotFound
    UnsupportedOperation.AddressIpNotSupportInstance UnsupportedOperation.AddressStatusNotPermit
    UnsupportedOperation.IncorrectAddressResourceType UnsupportedOperation.InstanceStateNotSupported
    UnsupportedOperation.InvalidAction UnsupportedOperation.InvalidAddressInternetChargeType
    UnsupportedOperation.IspNotSupported
    """,
    "DisassociateAddress": """
    AddressQuotaLimitExceeded.DailyAllocate FailedOperation.AddressEniInfoNotFound
    FailedOperation.MasterEniNotFound FailedOperation.TaskFailed InvalidAddressId.Blocked
    InvalidAddressId.NotFound InvalidAddressIdStatus.NotPermit InvalidInstance.NotSupported
    InvalidInstanceId.NotFound InvalidParameter InvalidParameterValue.AddressIdMalformed
    InvalidParameterValue.AddressNotFound InvalidParameterValue.InstanceIdMalformed
    InvalidParameterValue.OnlySupportedForMasterNetworkCard InvalidParameterValue.ResourceNotSupport
    OperationDenied.MutexTaskRunning UnsupportedOperation.ActionNotFound
    UnsupportedOperation.AddressStatusNotPermit UnsupportedOperation.InstanceStateNotSupported
    UnsupportedOperation.InvalidAction
    """,
    "ReleaseAddresses": """
    FailedOperation.TaskFailed InvalidAddressId.Blocked InvalidAddressId.NotFound InvalidAddressState
    InvalidParameterValue.AddressIdMalformed InvalidParameterValue.AddressInternetChargeTypeConflict
    InvalidParameterValue.AddressNotFound InvalidParameterValue.AddressTypeConflict
    LimitExceeded.AccountReturnQuota OperationDenied.MutexTaskRunning
    UnsupportedOperation.AddressStatusNotPermit UnsupportedOperation.UnpaidOrderAlreadyExists
    """,
    "ModifyAddressesBandwidth": """
    FailedOperation.TaskFailed InternalServerError InvalidAddressId.NotFound
    InvalidParameterValue.AddressIdMalformed InvalidParameterValue.AddressNotFound
    InvalidParameterValue.AddressTypeConflict InvalidParameterValue.BandwidthOutOfRange
    InvalidParameterValue.BandwidthTooSmall InvalidParameterValue.InconsistentInstanceInternetChargeType
    InvalidParameterValue.InstanceIdMalformed InvalidParameterValue.InstanceNoCalcIP
    InvalidParameterValue.InstanceNoWanIP InvalidParameterValue.LimitExceeded
    InvalidParameterValue.ResourceExpired InvalidParameterValue.ResourceNotExisted
    InvalidParameterValue.ResourceNotSupport OperationDenied.AddressInArrears
    OperationDenied.MutexTaskRunning UnsupportedOperation.ActionNotFound
    UnsupportedOperation.AddressStatusNotPermit UnsupportedOperation.InstanceStateNotSupported
    UnsupportedOperation.UnpaidOrderAlreadyExists
    """,
    "DescribeAddresses": """
    InvalidParameter InvalidParameter.InvalidFilter InvalidParameterValue.AddressIdMalformed
    InvalidParameterValue.InvalidDedicatedClusterId InvalidParameterValue.LimitExceeded
    InvalidParameterValue.NetworkInterfaceIdMalformed InvalidParameterValue.ResourceIdMalformed
    LimitExceeded.NumberOfFilters UnsupportedOperation
    """,
    "DescribeNetworkInterfaces": """
    InternalError.ModuleError InvalidParameter.Coexist InvalidParameter.FilterInvalidKey
    InvalidParameter.FilterNotDict InvalidParameter.FilterValuesNotList InvalidParameterValue.LimitExceeded
    InvalidParameterValue.Malformed InvalidParameterValue.NotUtf8EncodingError InvalidParameterValue.Range
    LimitExceeded.ActionLimited ResourceNotFound UnsupportedOperation
    """,
    GATEWAY: """
    ActionOffline AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId AuthFailure.MFAFailure
    AuthFailure.SecretIdNotFound AuthFailure.SignatureExpire AuthFailure.SignatureFailure
    AuthFailure.TokenFailure AuthFailure.UnauthorizedOperation DryRunOperation FailedOperation InternalError
    InvalidAction InvalidParameter InvalidParameterValue InvalidRequest IpInBlacklist IpNotInWhitelist
    LimitExceeded MissingParameter NoSuchProduct NoSuchVersion RequestLimitExceeded
    RequestLimitExceeded.GlobalRegionUinLimitExceeded RequestLimitExceeded.IPLimitExceeded
    RequestLimitExceeded.UinLimitExceeded RequestSizeLimitExceeded ResourceInUse ResourceInsufficient
    ResourceNotFound ResourceUnavailable ResponseSizeLimitExceeded ServiceUnavailable UnauthorizedOperation
    UnknownParameter UnsupportedOperation UnsupportedProtocol UnsupportedRegion
    """,
    ELSEWHERE: """
    DesOperation.MutexTaskRunning InvalidAddressIdState.InArrears InvalidTag.NotExisted
    OperationDenied.AddressDeletionProtectionEnabled ResourceInUse.Address
    UnsupportedOperation.IdempotentParameterMismatch UnsupportedOperation.InvalidAddressState
    UnsupportedOperation.MutexOperationTaskRunning
    """,
}

LISTED: dict[str, tuple[str, ...]] = {call: tuple(codes.split()) for call, codes in _LISTED.items()}
