"""The embedded world: a cluster with its controllers, a cloud, and SCF, on one timeline; and what is asked of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from eipctl.demo.network import Network
from eipctl.demo.scf import Scf
from eipctl.demo.views import Row, StepFailedError, Views
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.cluster.behaviour import Behaviour
from emulator.cluster.live import LiveCluster
from emulator.cluster.nodes import Machine
from emulator.cluster.users import GIVE, TAKE
from emulator.timeline import Timeline, run
from shared import runtime
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION, VpcCloud
from shared.core import identity
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings, read_settings

T = TypeVar("T")

EXAMPLES = Path(__file__).parents[2] / "examples"
START = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
CLUSTER_ID, VPC_ID, NAMESPACE = "cls-demo", "vpc-demo", "default"
NODES = ("node-a", "node-b", "node-c")
CLOUD_LATENCY_SECONDS, API_LATENCY_SECONDS = 0.05, 0.005
PATIENCE_SECONDS = 420.0
"""An interrupted release is believed after a minute in flight and two looks that are two minutes apart."""


class PausedError(BaseException):
    """The story has come to the moment that was asked for, maybe in the middle of an invocation, which ends there."""


Connect = Callable[["Stage", Settings, sdk.Secret, Role], AbstractAsyncContextManager[Ports]]
Run = Callable[[Timeline, Coroutine[Any, Any, Any]], Any]


@asynccontextmanager
async def over_http(stage: Stage, settings: Settings, secret: sdk.Secret, role: Role) -> AsyncIterator[Ports]:
    """The ports of an invocation: the real client of the cloud, without a socket, and the cluster in memory."""
    transport = InProcessTransport(stage.cloud, latency=CLOUD_LATENCY_SECONDS, after=stage.timeline.after)
    cluster = stage.cluster.port(GIVE if role is Role.GIVE else TAKE, API_LATENCY_SECONDS)
    async with sdk.connect(SERVICE, VERSION, settings.region, secret, transport=transport) as call:
        yield Ports(cluster, VpcCloud(call, settings.cluster_id, settings.vpc_id))


def _pause() -> None:
    raise PausedError


class Stage:
    """The whole world of the demo. Time passes only while something is waited for."""

    def __init__(
        self,
        *,
        stop_after: float | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
        connect: Connect | None = None,
        run: Run = run,
    ) -> None:
        """Three nodes, the tags made as by an installation, timers running; raises PausedError at `stop_after`.

        `settings` are variables of the functions' environment. `connect` and `run` are for whoever wants another way to
        the cloud, or to interfere with an invocation.
        """
        self._settings = settings
        self.timeline = Timeline(START)
        self._connect, self._run_on = connect or over_http, run
        if stop_after is not None:
            self.timeline.after(stop_after, _pause)
        self.cloud = Cloud(self.timeline.now)
        for key, value in identity.tags(CLUSTER_ID).items():
            self.cloud.console.create_tag(key, value)
        network = Network(self.cloud, VPC_ID)
        self.cluster = LiveCluster(self.timeline.now, self.timeline.after, network, behaviour=Behaviour(wander=True))
        for name in NODES:
            self.cluster.add_node(Machine(name, network.add_node(name)))
        self.settings = read_settings(self._environ())
        self.policy = self.settings.policy()
        self.sees = Views(self.cluster, self.cloud, self.policy)
        self._heard = 0
        self.scf = Scf(self.timeline, self._host(), self._records)
        self.on_change: Callable[[], object] | None = None
        self.snapshot: tuple[list[Row], str] | None = None

    def _environ(self) -> dict[str, str]:
        return {
            "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
            "EIPCLAIM_VPC_ID": VPC_ID,
            "EIPCLAIM_ENABLE_OWNERREF": "true",
            "TENCENTCLOUD_REGION": self.cloud.region,
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
            **self._settings,
        }

    def _host(self) -> runtime.Host:
        numbers = itertools.count()
        return runtime.Host(
            connect=lambda settings, secret, role: self._connect(self, settings, secret, role),
            environ=self._environ(),
            run=lambda work: self._run_on(self.timeline, work),
            nonce=lambda: str(next(numbers)),
            write=lambda line: None,  # noqa: ARG005 - the demo shows what is seen, not what is logged
            monotonic=self.timeline.now,
        )

    def _records(self) -> list[Mapping[str, object]]:
        records = self.cluster.audit[self._heard :]
        self._heard += len(records)
        return list(records)

    def ask(self, question: Callable[[Ports], Awaitable[T]]) -> T:
        """The answer to a question that is asked through the ports, with nothing done."""

        async def answer() -> T:
            secret = sdk.Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
            async with self._connect(self, self.settings, secret, Role.GIVE) as ports:
                return await question(ports)

        answered: T = self._run_on(self.timeline, answer())
        return answered

    # --- time -----------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """The present instant, in seconds since 1970."""
        return self.timeline.now()

    def clock(self) -> str:
        """The time since the beginning, as minutes and seconds."""
        minutes, seconds = divmod(int(self.now() - START), 60)
        return f"{minutes:02d}:{seconds:02d}"

    def until(self, what: str, holds: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
        """Let time pass until it holds. Raises StepFailedError when it does not within so many seconds."""
        deadline = self.now() + within
        while not holds():
            if self.now() >= deadline:
                raise StepFailedError(f"not within {within:.0f} s: {what}")
            self._advance()

    def until_served(self, name: str) -> str:
        """Wait until the pod has its EIP and was told; returns the public IP."""

        def holds() -> bool:
            pod = self.sees.find_pod(name)
            return pod is not None and self.sees.told(pod) is not None and self.sees.phase(name) == "Bound"

        self.until(f"{name} has its EIP", holds)
        self.snapshot = (self.sees.rows(), self.clock())
        return self.sees.served(name)

    def until_pod_of(self, app: str) -> str:
        """Wait until the workload has a pod; returns its name."""
        self.until(f"{app} has a pod", lambda: bool(self.sees.pods_of(app)))
        return self.sees.pods_of(app)[0].metadata.name

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds pass."""
        end = self.now() + seconds
        while self.now() < end:
            self._advance()

    def _advance(self) -> None:
        """To the next moment at which something is due, and do it."""
        self.scf.collect()
        due = self.timeline.next_due()
        at = min(self.scf.next_at(), due if due is not None else float("inf"))
        self.timeline.advance_to(at)
        self.scf.collect()
        self.scf.fire()
        if self.on_change is not None:
            self.on_change()

    # --- what users do ----------------------------------------------------------------------------------------------

    def apply(self, path: Path) -> None:
        """As kubectl apply -f does."""
        for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            self.cluster.apply(manifest)

    def delete(self, kind: str, name: str) -> None:
        """As kubectl delete --wait=false does."""
        self.cluster.delete(kind, NAMESPACE, name)

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """As kubectl scale does."""
        self.cluster.scale(kind, NAMESPACE, name, replicas)

    def set_environment(self, kind: str, name: str, variable: str, value: str) -> None:
        """As kubectl set env does: a new template, so a rolling update."""
        workload = self.cluster.get(kind, NAMESPACE, name)
        if workload is None:
            raise StepFailedError(f"there is no {kind} {name}")
        containers = [
            {**container, "env": [{"name": variable, "value": value}]}
            for container in workload["spec"]["template"]["spec"]["containers"]
        ]
        self.cluster.patch(kind, NAMESPACE, name, {"spec": {"template": {"spec": {"containers": containers}}}})

    def reclaim(self, name: str) -> Mapping[str, object]:
        """As eipctl invoke reclaim does, for one claim; again where it came to nothing."""
        event = {"claims": [{"namespace": NAMESPACE, "name": name}]}
        result = self.scf.invoke("reclaim", event)
        return self.scf.invoke("reclaim", event) if "error" in result else result

    @staticmethod
    def check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - it is the point of the call
        """Raises StepFailedError unless it holds."""
        if not holds:
            raise StepFailedError(otherwise)
