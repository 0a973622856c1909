"""Whether the settings name a cluster of the account, and the kubeconfig is of that cluster and not of another."""

from __future__ import annotations

import base64
import re

from eipctl.deployment.absence import find
from eipctl.deployment.installation import Installation
from eipctl.deployment.ports import Cloud
from shared.core.errors import Ambiguous, EipclaimError, Refused, Throttled, Unavailable

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
CURE = "give the kubeconfig of the one that EIPCLAIM_CLUSTER_ID names"


async def require_known(installation: Installation, cloud: Cloud) -> None:
    """Raises Refused where the account has no such cluster in the region; where it does not tell, that is no obstacle.

    The names of all that is made hold the cluster's id: a wrong one would make, or take away, what is another's.
    """
    try:
        reply = await find(cloud, "tke", "DescribeClusters", {"ClusterIds": [installation.cluster_id]})
    except (Ambiguous, Throttled, Unavailable):
        return
    except Refused as error:
        if error.reason != "Denied":
            raise
        return
    if reply is None or not reply.get("Clusters", True):
        what = f"the account has no cluster {installation.cluster_id} in {installation.settings.region}"
        raise Refused("NoSuchCluster", f"{what}: are EIPCLAIM_CLUSTER_ID and TENCENTCLOUD_REGION right?")


async def require_same(installation: Installation, cloud: Cloud, ca: str | None) -> None:
    """Raises Refused where the kubeconfig is certainly of another cluster than the settings name."""
    try:
        reply = await cloud.call("tke", "DescribeClusterEndpoints", {"ClusterId": installation.cluster_id})
    except EipclaimError:
        return
    if differ(ca, reply.get("CertificationAuthority")):
        raise Refused("AnotherCluster", f"the kubeconfig is of another cluster than {installation.cluster_id}: {CURE}")


def differ(ca: str | None, told: object) -> bool:
    """Whether a kubeconfig's CA is certainly none of those that the API tells, in whichever form it tells them."""
    ours, theirs = _certificates(ca), _certificates(told)
    return bool(ours and theirs and ours.isdisjoint(theirs))


def _certificates(told: object) -> frozenset[str]:
    """The certificates of a PEM text, or of base64 of one; none where it is neither."""
    text = told if isinstance(told, str) else ""
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode(text).decode("ascii")
        except ValueError:
            return frozenset()
    return frozenset("".join(one.split()) for one in _CERTIFICATE.findall(text))
