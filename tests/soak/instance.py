"""A warm instance: one process that serves invocation after invocation, while its credentials are rotated beside it."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

from eipctl.demo.stage import CLOUD_LATENCY_SECONDS, CLUSTER_ID, VPC_ID, Stage
from emulator.cloud.cloud import DEFAULT_SECRET_ID
from emulator.cloud.transport import InProcessTransport
from shared.adapters.access import Kept, Reader
from shared.adapters.cloud import sdk
from shared.adapters.cloud.kubeconfigs import Vault
from shared.adapters.cloud.vpc import SERVICE, VERSION
from shared.adapters.kubernetes import Access
from shared.core.errors import Refused
from shared.core.table import Role
from shared.observe import Ports
from shared.runtime import Host
from shared.settings import Settings
from tests.demo.interference import Watched, run_to_the_death

SECRET = "give"


class Outside(Protocol):
    """Whoever makes the ports of an invocation, on that way to the cloud."""

    def __call__(self, role: Role, *, call: sdk.Call) -> Ports:
        """The ports."""
        ...


class Instance:
    """What outlives an invocation is the process's environment, and the kubeconfig that it keeps."""

    def __init__(self, stage: Stage, outside: Outside) -> None:
        """It starts with the credentials of now."""
        self._stage, self._outside = stage, outside
        self._numbers = itertools.count()
        self._kept = Kept(stage.now)
        self.lines: list[str] = []
        """What it has logged."""
        self.rotate()
        self._started = self.credentials

    def rotate(self) -> None:
        """From now on cloud and apiserver accept the next credentials alone."""
        number = next(self._numbers)
        self._token, key = f"token-{number}", f"key-{number}"
        credentials = self._stage.cloud.credentials
        credentials[DEFAULT_SECRET_ID] = replace(credentials[DEFAULT_SECRET_ID], secret_key=key)
        self._stage.cloud.console.create_secret(SECRET, kubeconfig(self._token))
        self.credentials = {"TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID, "TENCENTCLOUD_SECRETKEY": key}

    def host(self) -> Host:
        """For one more invocation, under the rules of now."""
        policy = self._stage.policy
        caps = {"MAX_EIPS": policy.max_eips, "MAX_EIPS_PER_NAMESPACE": policy.max_eips_per_namespace}
        environ = {
            **self._started,
            "TENCENTCLOUD_REGION": self._stage.cloud.region,
            "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
            "EIPCLAIM_VPC_ID": VPC_ID,
            "EIPCLAIM_KUBECONFIG": f"ssm:{SECRET}",
            "EIPCLAIM_ENABLE_OWNERREF": str(policy.cascade).lower(),
            "EIPCLAIM_FREEZE": str(policy.freeze).lower(),
            "EIPCLAIM_ORPHANS": "release" if policy.release_orphans else "report",
            "EIPCLAIM_CLAIM_EXPIRED_DURATION": policy.expire_after,
            **{f"EIPCLAIM_{name}": str(cap) for name, cap in caps.items() if cap is not None},
        }

        def run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
            return run_to_the_death(self._stage.timeline, work)

        nonce, monotonic = (lambda: f"warm-{next(self._numbers)}"), self._stage.now
        return Host(self._connect, environ, run, nonce, self.lines.append, monotonic)

    @asynccontextmanager
    async def _connect(self, settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
        """As `connections.connect`, through its reader and its keeping, to this stage."""
        stage = self._stage
        transport = InProcessTransport(stage.cloud, latency=CLOUD_LATENCY_SECONDS, after=stage.timeline.after)
        reader = Reader(settings, Vault(settings.region, secret, transport=transport), role, {}, self._kept)
        access = await reader.read()
        async with sdk.connect(SERVICE, VERSION, settings.region, secret, transport=transport) as call:
            ports = self._outside(role, call=call)
            door = Door(access, reader, lambda: self._token)
            yield Ports(Watched(ports.cluster, door), ports.cloud)


class Door:
    """At the apiserver: who has another token is refused, and reads it anew once."""

    def __init__(self, access: Access, reader: Reader, token: Callable[[], str]) -> None:
        """Knock with that access."""
        self._access, self._reader, self._token = access, reader, token
        self._renewed = False

    def begin(self, role: Role) -> None:
        """Nothing depends on who knocks."""

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, Any]]) -> Any:  # noqa: ANN401 - as asked
        """The call, behind it."""
        if self._access.token != self._token() and not self._renewed:
            self._renewed = True
            self._access = await self._reader.anew()
        if self._access.token != self._token():
            raise Refused("Denied", f"{name}: 401: the credentials of {self._access.origin} are not accepted")
        return await make()


def kubeconfig(token: str) -> str:
    """One of an apiserver that nobody knocks at but this door."""
    named = {
        "name": "a",
        "context": {"cluster": "a", "user": "a"},
        "cluster": {"server": "https://10.0.0.1:6443"},
        "user": {"token": token},
    }
    return json.dumps({"current-context": "a", "contexts": [named], "clusters": [named], "users": [named]})
