"""Derived identifiers, all of them: an EIP's mark, its tags, the token of a purchase, the names of our objects.

They are functions of the cluster's id and a UID, so that any invocation finds again what another one began.
"""

from __future__ import annotations

import base64
import hashlib
import re

GROUP = "eipclaim.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "EIPClaim"
PLURAL = "eipclaims"
FINALIZER = f"{GROUP}/release"
CONDITION = f"{GROUP}/bound"
PAUSED = f"{GROUP}/paused"
ABANDON = f"{GROUP}/abandon"
PUBLISHED = f"{GROUP}/published-eips"
SYSTEM_NAMESPACE = "eipclaim-system"
LEASE = "eipclaim-reclaim"
GIVE_ACCOUNT = "eipclaim-give"
TAKE_ACCOUNT = "eipclaim-take"

TAG_MANAGED_BY = "managed-by"
TAG_MANAGED_BY_VALUE = "eipclaim"
TAG_CLUSTER = "eipclaim-cluster"

_MARK = re.compile(r"eipc-[a-z2-7]{15}")


def tags(cluster_id: str) -> dict[str, str]:
    """The two fixed tags that every EIP of this cluster carries; made once at installation."""
    return {TAG_MANAGED_BY: TAG_MANAGED_BY_VALUE, TAG_CLUSTER: cluster_id}


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("|".join(parts).encode()).digest()


def mark(cluster_id: str, claim_uid: str) -> str:
    """The AddressName of a claim's EIP: `eipc-` and 15 base32 characters, 20 in all, which hold ten bytes.

    20 is the stricter of the two documented limits of AddressName (the international page of ModifyAddressAttribute).
    """
    return "eipc-" + base64.b32encode(_digest(cluster_id, claim_uid)[:10]).decode().lower()[:15]


def is_mark(name: str) -> bool:
    """Whether the name has the form of a mark, of whichever claim."""
    return _MARK.fullmatch(name) is not None


def token(cluster_id: str, claim_uid: str, attempt: int) -> str:
    """The ClientToken of a purchase: 48 hexadecimal characters (the API takes 64 ASCII ones).

    The attempt is part of it: a token whose EIP was released would wedge the claim for ever (aws-ebs-csi-driver #1951).
    """
    return _digest(cluster_id, claim_uid, str(attempt)).hex()[:48]


def event_name(involved_name: str, involved_uid: str, reason: str, message: str) -> str:
    """A name that the same fact about the same object always gets: the apiserver refuses to be told it twice."""
    return f"{involved_name[:200].rstrip('.-')}.{_digest(involved_uid, reason, message).hex()[:16]}"
