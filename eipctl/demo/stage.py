"""The embedded world: a cluster with its controllers, a cloud, and SCF, on one timeline; and what is asked of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import yaml

from eipctl.demo.network import Network
from eipctl.demo.scf import Scf
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
from shared.core.claim import Claim
from shared.core.pod import Pod
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


class StepFailedError(Exception):
    """Something did not happen, or not as it should have; the message says what."""


class PausedError(BaseException):
    """The story has come to the moment that was asked for, maybe in the middle of an invocation, which ends there."""


@dataclass(frozen=True)
class Row:
    """A pod and its claim, as the live table shows them."""

    name: str
    pod: str
    node: str
    private_ip: str
    public_ip: str
    address_id: str
    phase: str
    retention: str


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

    def __init__(self, *, stop_after: float | None = None, connect: Connect | None = None, run: Run = run) -> None:
        """Three nodes, the tags made as by an installation, timers running; raises PausedError at `stop_after`.

        `connect` and `run` are for whoever wants another way to the cloud, or to interfere with what an invocation does.
        """
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
        self._heard = 0
        self.scf = Scf(self.timeline, self._host(), self._records)
        self.on_change: Callable[[], None] | None = None
        self.snapshot: tuple[list[Row], str] | None = None

    def _environ(self) -> dict[str, str]:
        return {
            "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
            "EIPCLAIM_VPC_ID": VPC_ID,
            "EIPCLAIM_ENABLE_OWNERREF": "true",
            "TENCENTCLOUD_REGION": self.cloud.region,
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
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

    # --- what is seen -------------------------------------------------------------------------------------------------

    def pods(self) -> list[Pod]:
        """All pods."""
        return [Pod.model_validate(pod) for pod in self.cluster.list("Pod")]

    def claims(self) -> list[Claim]:
        """All claims."""
        return [Claim.model_validate(claim) for claim in self.cluster.list("EIPClaim")]

    def events(self) -> list[Mapping[str, object]]:
        """All events."""
        return list(self.cluster.list("Event"))

    def calls(self, action: str) -> int:
        """How often the cloud was asked to do that."""
        return sum(call.action == action for call in self.cloud.calls.changes(0))

    def _pod(self, name: str) -> Pod | None:
        return next((pod for pod in self.pods() if pod.metadata.name == name), None)

    def _claim(self, name: str) -> Claim | None:
        return next((claim for claim in self.claims() if claim.metadata.name == name), None)

    def pod(self, name: str) -> Pod:
        """The pod, which must be there."""
        found = self._pod(name)
        if found is None:
            raise StepFailedError(f"there is no pod {name}")
        return found

    def uid(self, name: str) -> str | None:
        """The UID of the pod of that name, if there is one."""
        found = self._pod(name)
        return found.uid if found is not None else None

    def claim_uid(self, name: str) -> str | None:
        """The UID of the claim of that name, if there is one."""
        found = self._claim(name)
        return found.uid if found is not None else None

    def phase(self, name: str) -> str | None:
        """The phase of the claim of that name."""
        found = self._claim(name)
        return found.status.phase.value if found is not None and found.status.phase else None

    def ready_reason(self, name: str) -> str | None:
        """The reason of the claim's condition Ready."""
        found = self._claim(name)
        ready = found.status.condition("Ready") if found is not None else None
        return ready.reason if ready is not None else None

    def bound_at(self, name: str) -> str | None:
        """The public IP that the cloud has bound to the pod's IP now."""
        pod = self._pod(name)
        ip = pod.ipv4 if pod is not None else None
        return next((a.ip for a in self.cloud.holdings() if ip and a.private_ip == ip), None)

    def served(self, name: str) -> str:
        """The pod's public IP, which it must have and be told."""
        address = self._served(self.pod(name))
        if address is None:
            raise StepFailedError(f"pod {name} has no EIP")
        return address

    def _served(self, pod: Pod) -> str | None:
        """What the pod was told, where the cloud agrees."""
        told = pod.metadata.annotations.get(self.policy.annotation("eip-public-ip"))
        return told if told and not pod.deleting and told == self.bound_at(pod.metadata.name) else None

    def until_served(self, name: str) -> str:
        """Wait until the pod has its EIP and was told; returns the public IP."""

        def holds() -> bool:
            pod = self._pod(name)
            return pod is not None and self._served(pod) is not None and self.phase(name) == "Bound"

        self.until(f"{name} has its EIP", holds)
        self.snapshot = (self.rows(), self.clock())
        return self.served(name)

    def served_pods(self, app: str) -> list[Pod]:
        """The pods of a workload that have their EIPs."""
        return [pod for pod in self._pods_of(app) if self._served(pod) is not None]

    def until_pod_of(self, app: str) -> str:
        """Wait until the workload has a pod; returns its name."""
        self.until(f"{app} has a pod", lambda: bool(self._pods_of(app)))
        return self._pods_of(app)[0].metadata.name

    def _pods_of(self, app: str) -> list[Pod]:
        return [pod for pod in self.pods() if pod.metadata.labels.get("k8s-app") == app and not pod.deleting]

    def exists(self, public_ip: str) -> bool:
        """Whether the cloud still has that EIP."""
        return any(address.ip == public_ip for address in self.cloud.holdings())

    @staticmethod
    def check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - it is the point of the call
        """Raises StepFailedError unless it holds."""
        if not holds:
            raise StepFailedError(otherwise)

    def rows(self) -> list[Row]:
        """Pods and claims side by side, by name."""
        pods = {pod.metadata.name: pod for pod in self.pods()}
        claims = {claim.metadata.name: claim for claim in self.claims()}
        return [_row(name, pods.get(name), claims.get(name)) for name in sorted({*pods, *claims})]


def _row(name: str, pod: Pod | None, claim: Claim | None) -> Row:
    status = claim.status if claim is not None else None
    phase = status.phase.value if status is not None and status.phase else ""
    return Row(
        name=name,
        pod="" if pod is None else "Terminating" if pod.deleting else pod.status.phase or "",
        node=pod.spec.node_name or "" if pod is not None else "",
        private_ip=pod.ipv4 or "" if pod is not None else "",
        public_ip=status.public_ip or "" if status is not None else "",
        address_id=status.address_id or "" if status is not None else "",
        phase=f"{phase} (deleted)" if claim is not None and claim.deleting else phase,
        retention=claim.spec.retention.value if claim is not None else "",
    )
