"""`eipctl plan` and `eipctl explain` on the cluster and the cloud of the settings: they read, and change nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eipctl import credentials, told
from eipctl import plan as planning
from eipctl.shell import FAILED, OK, UNUSABLE
from shared import runtime
from shared.adapters import connections
from shared.adapters.kubernetes import KubernetesCluster
from shared.core.errors import EipclaimError, InputRejected, Refused
from shared.core.policy import Policy
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import PREFIX, read_settings

T = TypeVar("T")
Question = Callable[[Ports, Policy], Awaitable[T]]


@dataclass(frozen=True)
class Here:
    """The environment that names cluster and cloud, and how they are reached."""

    environ: Mapping[str, str]
    connect: runtime.Connect = connections.connect

    @property
    def named(self) -> bool:
        """Whether there is any setting at all."""
        return any(name.startswith(PREFIX) and value for name, value in self.environ.items())

    def ask(self, question: Question[T]) -> T:
        """The answer. Raises EipclaimError where the settings are wrong, or nobody answers."""

        async def answer() -> T:
            settings = read_settings(self.environ)
            async with self.connect(settings, credentials.read(self.environ), Role.GIVE) as ports:
                return await question(ports, settings.policy())

        return asyncio.run(answer())


def plan(here: Here, *, as_json: bool) -> int:
    """What the next runs would do now."""
    try:
        lines = here.ask(planning.plan)
    except EipclaimError as error:
        return _failed(error)
    told.plan(lines, as_json=as_json)
    return OK


def explain(here: Here, key: tuple[str, str], *, as_json: bool) -> int:
    """What is seen of one pod or claim now; 1 where there is neither."""

    async def question(ports: Ports, policy: Policy) -> tuple[planning.Line | None, Sequence[planning.Line]]:
        return await planning.explain(ports, policy, key), planning.history(await _events(ports, key), key[1])

    try:
        explained, past = here.ask(question)
    except EipclaimError as error:
        return _failed(error)
    if explained is None:
        print(f"eipctl: {key[0]}/{key[1]}: no such pod or claim", file=sys.stderr)
        return FAILED
    told.explanation(explained, past, as_json=as_json)
    return OK


async def _events(ports: Ports, key: tuple[str, str]) -> Sequence[Mapping[str, object]]:
    """What was told of the pod or claim. The functions' accounts may not read it: people may."""
    if not isinstance(ports.cluster, KubernetesCluster):
        return ()
    try:
        found: Sequence[Mapping[str, object]] = json.loads(await ports.cluster.events(*key))["items"]
    except Refused as error:
        print(f"eipctl: events: {error.message}", file=sys.stderr)
        return ()
    return found


def _failed(error: EipclaimError) -> int:
    print(f"eipctl: {error}", file=sys.stderr)
    return UNUSABLE if isinstance(error, InputRejected) else FAILED
