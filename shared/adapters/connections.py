"""How an invocation reaches its cluster and the cloud by the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path

from shared.adapters import kubernetes
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core.errors import InputRejected
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings


@asynccontextmanager
async def connect(settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
    """The ports of one invocation, closed at its end; the role is in the credentials, not here.

    Raises InputRejected where the settings name no cluster that can be reached.
    """
    del role
    access = _access(settings.kubeconfig, environ)
    async with (
        kubernetes.connect(access) as cluster,
        sdk.connect(SERVICE, VERSION, settings.region, secret, endpoint=settings.cloud_endpoint) as call,
    ):
        yield Ports(cluster, VpcCloud(call, settings.cluster_id, settings.vpc_id))


def _access(named: str | None, variables: Mapping[str, str]) -> kubernetes.Access:
    """The kubeconfig that the settings name; without one, the pod's own service account, then KUBECONFIG."""
    if named is not None:
        if named.startswith(("ssm:", "tke:")):
            message = f"EIPCLAIM_KUBECONFIG={named[:4]}... is not supported by this release; give a path"
            raise InputRejected("InvalidSettings", message)
        return kubernetes.kubeconfig.load(Path(named))
    own = kubernetes.kubeconfig.in_cluster(variables)
    if own is not None:
        return own
    path = variables.get("KUBECONFIG")
    if not path:
        message = "no cluster: set EIPCLAIM_KUBECONFIG (or KUBECONFIG) to a kubeconfig's path"
        raise InputRejected("InvalidSettings", message)
    return kubernetes.kubeconfig.load(Path(path))
