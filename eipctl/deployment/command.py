"""The commands `install`, `doctor` and `teardown`: what they are given, ask, print, and end with."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional, TypeVar

import anyio
import typer

from eipctl.deployment import connecting, installation, teardown as tearing
from eipctl.deployment import install as installing
from eipctl.deployment.changes import SIGNS, Change, Verb, plan
from eipctl.deployment.draining import Drain
from eipctl.deployment.installation import Installation, Parts
from eipctl.deployment.ports import Sides
from shared import runtime
from shared.adapters.kubernetes import Access
from shared.core.errors import EipclaimError

OK, FAILED, UNUSABLE = 0, 1, 2
T = TypeVar("T")
COLOURS = {Verb.CREATE: "green", Verb.UPDATE: "yellow", Verb.REMOVE: "red"}

KubeconfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it on 3.10
    typer.Option(help="Of an administrator of the cluster, instead of KUBECONFIG.", show_default=False),
]
ServerOption = Annotated[
    Optional[str],  # noqa: UP045 - as above
    typer.Option(help="How the functions reach the apiserver.", show_default="the cluster's internal endpoint"),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
JsonOption = Annotated[str, typer.Option("-o", "--output", metavar="[text|json]", help="text, or json for programs.")]


@dataclass(frozen=True)
class Place:
    """Where a command works: what its environment says, and the operator's access."""

    installation: Installation
    own: Access
    environ: Mapping[str, str]
    server: str | None

    def ask(self, question: Callable[[Parts, Sides], Awaitable[T]]) -> T:
        """The answer, over connections of its own: a person may have thought for long. Raises EipclaimError."""

        async def answer() -> T:
            settings = self.installation.settings
            secret = runtime.secret(self.environ)
            async with connecting.connect(self.own, settings.region, secret, settings.cloud_endpoint) as sides:
                parts = await installation.parts(self.installation, sides, self.own, self.server)
                return await question(parts, sides)

        return asyncio.run(answer())


def place(kubeconfig: Path | None, server: str | None, environ: Mapping[str, str]) -> Place:
    """The place. Raises InputRejected for settings or a kubeconfig that cannot be used."""
    return Place(installation.read(environ), installation.access(kubeconfig, environ), environ, server)
