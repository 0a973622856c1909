"""Kubeconfigs that are kept in the cloud: as a secret in SSM (Secrets Manager), or made by TKE for who asks.

Texts alone: what may stand in one is `kubernetes.kubeconfig`'s business. Nothing of a text is put into an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from shared.adapters.cloud.codes import CODES, Codes
from shared.adapters.cloud.sdk import Params, Secret, connect
from shared.core.errors import Ambiguous, EipclaimError, InputRejected, Refused
from shared.core.status import one_line

SSM, SSM_VERSION = "ssm", "2019-09-23"
TKE, TKE_VERSION = "tke", "2018-05-25"
CURRENT = "SSM_Current"
"""The version of a secret for which none was given when it was made."""

# fmt: off: a row a code, as the Go SDK lists them for the two services
SSM_CODES: Codes = {
    **CODES,
    "ResourceNotFound": (Refused, "NoSuchSecret"),
    "ResourceNotFound.": (Refused, "NoSuchSecret"),
    "ResourceUnavailable.ResourceDisabled": (Refused, "SecretDisabled"),
    "ResourceUnavailable.ResourcePendingDeleted": (Refused, "SecretDeleted"),
    "ResourceUnavailable.NotPurchased": (Refused, "NotPurchased"),
    "FailedOperation.AccessKmsError": (Refused, "KeyUnusable"),
}
TKE_CODES: Codes = {
    **CODES,
    "ResourceNotFound": (Refused, "NoSuchCluster"),
    "ResourceNotFound.": (Refused, "NoSuchCluster"),
    "FailedOperation.ClusterNotFound": (Refused, "NoSuchCluster"),
    "InternalError.ClusterNotFound": (Refused, "NoSuchCluster"),
    "InvalidParameter.ClusterNotFound": (Refused, "NoSuchCluster"),
    "FailedOperation.CamNoAuth": (Refused, "Denied"),
    "InternalError.CamNoAuth": (Refused, "Denied"),
    "FailedOperation.RBACForbidden": (Refused, "Denied"),
}
# fmt: on

ADVICE = {
    "NoSuchSecret": "there is no such secret, or not this version of it, in {region}",
    "SecretDisabled": "the secret is disabled; enable it",
    "SecretDeleted": "the secret is about to be deleted; restore it",
    "NotPurchased": "Secrets Manager is not open in this account",
    "KeyUnusable": "the KMS key of the secret cannot be used",
    "NoSuchCluster": "there is no cluster {cluster} in {region}",
    "Denied": "the function's role may not {action}, or its credentials are wrong",
}


@dataclass(frozen=True)
class Vault:
    """The account and region in which kubeconfigs are looked for; `endpoint` and `transport` are as for the SDK."""

    region: str
    secret: Secret
    endpoint: str | None = None
    transport: httpx.AsyncBaseTransport | None = None

    async def of_secret(self, named: str) -> str:
        """The text of the secret NAME or NAME/VERSION.

        Raises errors of `shared.core.errors` in one line: Refused where there is none that may be read, InputRejected
        where it holds no text.
        """
        name, _, version = named.partition("/")
        params = {"SecretName": name, "VersionId": version or CURRENT}
        asked = _Asked(f"ssm:{named}", "ssm:GetSecretValue", params)
        reply = await self._ask(SSM, SSM_VERSION, SSM_CODES, asked)
        if not reply.get("SecretString") and reply.get("SecretBinary"):
            raise InputRejected("InvalidKubeconfig", f"{asked.place}: the secret is binary; a kubeconfig is text")
        return _text(reply.get("SecretString"), asked)

    async def of_cluster(self, cluster_id: str) -> str:
        """The kubeconfig that TKE has for the caller, with the cluster's private access. Raises likewise."""
        params = {"ClusterId": cluster_id, "IsExtranet": False}
        asked = _Asked("tke", "tke:DescribeClusterKubeconfig", params)
        return _text((await self._ask(TKE, TKE_VERSION, TKE_CODES, asked)).get("Kubeconfig"), asked)

    async def _ask(self, service: str, version: str, codes: Codes, asked: _Asked) -> Params:
        try:
            async with connect(
                service,
                version,
                self.region,
                self.secret,
                endpoint=self.endpoint,
                transport=self.transport,
                codes=codes,
            ) as call:
                return await call(asked.action.partition(":")[2], asked.params)
        except EipclaimError as error:
            advice = ADVICE.get(error.reason, "the kubeconfig could not be read").format(
                region=self.region, cluster=asked.params.get("ClusterId"), action=asked.action
            )
            raise type(error)(error.reason, one_line(f"{asked.place}: {advice}: {error.message}")) from error


@dataclass(frozen=True)
class _Asked:
    """What is asked: its place in the settings, for messages, the action with its service, as CAM names it."""

    place: str
    action: str
    params: Params


def _text(content: object, asked: _Asked) -> str:
    if not isinstance(content, str) or not content:
        raise Ambiguous("NoAnswer", f"{asked.place}: {asked.action} was answered without a kubeconfig")
    return content
