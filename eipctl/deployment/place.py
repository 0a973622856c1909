"""Where a command works: what its environment says, and the operator's own access."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from eipctl import credentials
from eipctl.deployment import belonging, connecting, installation
from eipctl.deployment.doctor.checks import CHECKS
from eipctl.deployment.doctor.findings import Finding, Patient, examine
from eipctl.deployment.installation import Installation, Parts
from eipctl.deployment.ports import Sides
from shared.adapters.kubernetes import Access

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """One installation as its operator reaches it."""

    installation: Installation
    own: Access
    environ: Mapping[str, str] = field(repr=False)
    server: str | None

    def told(self) -> str:
        """Which cluster, and which account's region: settings and kubeconfig may be of two."""
        described = self.installation
        return f"cluster {described.cluster_id} at {self.own.server}, in {described.settings.region}"

    def ask(self, question: Callable[[Parts, Sides], Awaitable[T]]) -> T:
        """The answer, over connections of its own: a person may have thought for long. Raises EipclaimError.

        Nothing is asked of a cluster that the account does not have, nor of one with another CA than it.
        """

        async def answer() -> T:
            settings = self.installation.settings
            secret = credentials.read(self.environ)
            async with connecting.connect(self.own, settings.region, secret, settings.cloud_endpoint) as sides:
                await belonging.require_known(self.installation, sides.cloud)
                await belonging.require_same(self.installation, sides.cloud, self.own.ca)
                return await question(await installation.parts(self.installation, sides, self.own, self.server), sides)

        return asyncio.run(answer())

    def examine(self) -> Sequence[Finding]:
        """What the doctor finds. Raises InputRejected for credentials that cannot be."""

        async def answer() -> Sequence[Finding]:
            settings, secret = self.installation.settings, credentials.read(self.environ)
            async with connecting.connect(self.own, settings.region, secret, settings.cloud_endpoint) as sides:
                patient = Patient(self.installation, sides, self.own, self.server, _now, self.environ)
                return await examine(patient, CHECKS)

        return asyncio.run(answer())


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc)


def place(kubeconfig: Path | None, server: str | None, environ: Mapping[str, str]) -> Place:
    """The place. Raises InputRejected for settings or a kubeconfig that cannot be used."""
    return Place(installation.read(environ), installation.access(kubeconfig, environ), environ, server)
