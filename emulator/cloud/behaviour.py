"""The knobs of the emulated cloud: what the real one leaves undocumented, and what varies between accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Behaviour:
    """How the cloud behaves from now on; every field may be changed at any time."""

    transition_seconds: float = 2.0
    """How long CREATING, BINDING, UNBINDING and OFFLINING last, and a change of bandwidth."""

    transition_describes: int | None = None
    """If set, a transition ends when DescribeAddresses has shown its EIP this many times, whatever the time."""

    read_lag_seconds: float = 0.0
    """DescribeAddresses and the tag listings show the EIPs as they were this long ago."""

    rate_limits: bool = True
    """Whether calls beyond an API's rate are refused."""

    token_lifetime_seconds: float = 86_400.0
    """How long a ClientToken of AllocateAddresses is remembered; not documented."""

    token_after_release: Literal["dead id", "buy anew"] = "dead id"
    """What a remembered token gets once its EIP was released; not documented."""

    token_mismatch_code: str = "UnsupportedOperation.IdempotentParameterMismatch"
    """The refusal of a token with other parameters; AllocateAddresses lists none, the APIs of interfaces this one."""

    address_quota: int = 1_000_000
    """EIPs at once (TOTAL_EIP_QUOTA; the real default is 20)."""

    daily_quota: int = 2_000_000
    """EIPs bought per day, by UTC (DAILY_EIP_APPLY; the real default is twice the quota)."""

    instance_quota: int | None = None
    """EIPs bound to one instance, where the instance itself has no other limit."""

    address_name_limit: int = 128
    """Characters of an EIP's name: 128 by one document of the vendor, 20 by another."""

    unbind_with_private_ip: bool = True
    """Whether an EIP whose private IP goes away becomes UNBIND; if not, it stays bound to what is gone."""

    newest_first: bool = False
    """Whether DescribeAddresses lists the newest EIP first; its order is not documented."""

    signature_skew_seconds: float | None = 300.0
    """How far a request's timestamp may be from the signing clock; None: not compared."""
