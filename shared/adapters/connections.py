"""How an invocation reaches its cluster and the cloud by the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ

from shared.adapters import kubernetes
from shared.adapters.access import Kept, Reader
from shared.adapters.cloud import sdk
from shared.adapters.cloud.kubeconfigs import Vault
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings

KEPT = Kept()
"""Of this process: all that an instance takes from one invocation to the next."""


@asynccontextmanager
async def connect(settings: Settings, secret: sdk.Secret, role: Role, kept: Kept = KEPT) -> AsyncIterator[Ports]:
    """The ports of one invocation, closed at its end; what the role may do is in the credentials, not here.

    Raises InputRejected where the settings name no cluster that can be reached, and what `access` raises.
    """
    vault = Vault(settings.region, secret, settings.cloud_endpoint)
    reader = Reader(settings, vault, role, environ, kept)
    async with (
        kubernetes.connect(await reader.read(), renew=reader.anew) as cluster,
        sdk.connect(SERVICE, VERSION, settings.region, secret, endpoint=settings.cloud_endpoint) as call,
    ):
        yield Ports(cluster, VpcCloud(call, settings.cluster_id, settings.vpc_id))
