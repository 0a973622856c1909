"""The hands of a soak: what users do in the cluster, and what people do in the cloud's console and to the CRD."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import yaml

from eipctl.demo.stage import EXAMPLES, NAMESPACE, Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.models.address import Address
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import CLAIMS, Ref
from emulator.cluster.schema import Installed
from emulator.cluster.users import GIVE
from shared.core import identity
from tests.loop.scenes import PREFIX, pod

RETENTIONS = {"own": {}, "static": {"eip_claim_delete_policy": "Never", "claim_expired_duration": "5m"}}
FORCE = "by force"
ODD = (
    "[]", "null", "{" * 500, '{"Bandwidth":0}', '{"Bandwidth":' + "9" * 400 + "}", '{"InternetChargeType":"\u202e\n{"}',
)  # fmt: skip
SENSIBLE = '{"Bandwidth":5}'
"""What a pod may ask for that makes no sense, and what does."""

SETTINGS: tuple[dict[str, object], ...] = (
    {"freeze": True}, {"freeze": False}, {"expire_after": "10m"}, {"expire_after": "Never"}, {"cascade": False},
)  # fmt: skip
"""What an operator may change between two invocations."""

OLDER = ("conditions", "publicIP", "intent.accepted", "expiresAt", "podMissingSince", "intent.token")
"""Fields of the status that an older CRD may lack; what the invariants are judged on stays."""

REACHABLE = {
    "type": "Reachable", "status": "True", "reason": "Bound", "message": "",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}  # fmt: skip


@dataclass
class Hands:
    """What they do to a stage; `undo` takes back what would stand in our way for ever, as whoever did it must."""

    stage: Stage
    done: Counter[str]

    def __post_init__(self) -> None:
        """Nothing was meddled with yet."""
        self._owned: dict[str, Address] = {}
        """EIPs as they were before somebody renamed or retagged them."""
        self._usual = replace(self.stage.policy, max_eips=None, max_eips_per_namespace=None)

    @property
    def lists_must_be_true(self) -> bool:
        """Whether somebody has renamed or retagged an EIP."""
        return bool(self._owned)

    def attempt(self, deed: Callable[[], object]) -> None:
        """What may not be possible just now."""
        try:
            deed()
        except (Refusal, StepFailedError, CloudError):
            self.done["in vain"] += 1

    # --- users ------------------------------------------------------------------------------------------------------

    def create(self, name: str, retention: str, bandwidth: int) -> None:
        """A pod that asks for an EIP, or another wish of the one that is there."""
        attributes = {"eip_attributes": f'{{"Bandwidth":{bandwidth}}}', **RETENTIONS[retention]}
        self.stage.cluster.apply(pod(name, **attributes))

    def delete_pod(self, name: str, how: str) -> None:
        """`by force`: nobody waits for the kubelet."""
        self.stage.cluster.delete("Pod", NAMESPACE, name, force=how == FORCE)

    def replace_pod(self, name: str, retention: str) -> None:
        """By force, and another one of that name at once: another UID, and maybe the same IP."""
        self.delete_pod(name, FORCE)
        self.create(name, retention, 5)

    def complete(self, name: str) -> None:
        """All containers of the pod end, and its object stays."""
        if self.stage.sees.phase(name) and self.stage.sees.bound_at(name):
            self.stage.cluster.complete_pod(NAMESPACE, name)

    def ask(self, name: str, attributes: str) -> None:
        """The annotation says that from now on."""
        self.stage.cluster.annotate("Pod", NAMESPACE, name, {f"{PREFIX}/eip-attributes": attributes})

    def stop_wanting(self, name: str) -> None:
        """The annotation goes."""
        self.stage.cluster.annotate("Pod", NAMESPACE, name, {f"{PREFIX}/eip-attributes": None})

    def delete_claim(self, name: str) -> None:
        """By hand."""
        self.stage.delete("EIPClaim", name)

    def scale(self, replicas: int) -> None:
        """A StatefulSet with static EIPs has so many pods; with -1 it goes, and by cascade its claims."""
        if replicas < 0:
            self.stage.delete("StatefulSet", "busybox")
            return
        manifest = yaml.safe_load((EXAMPLES / "statefulset.yaml").read_text(encoding="utf-8"))
        self.stage.cluster.apply({**manifest, "spec": {**manifest["spec"], "replicas": replicas}})

    # --- the operator -----------------------------------------------------------------------------------------------

    def set(self, number: int) -> None:
        """Another setting from the next invocation on."""
        self.stage.policy = replace(self.stage.policy, **SETTINGS[number % len(SETTINGS)])  # type: ignore[arg-type] # as told

    def install(self, number: int) -> None:
        """The CRD of an older release, which drops a field; of this one with -1."""
        dropped = frozenset({OLDER[number % len(OLDER)]} if number >= 0 else ())
        self.stage.cluster.api.installed = Installed(unknown_status=dropped)

    def later_release(self, name: str) -> None:
        """What a later release adds to a claim beside us: a field and a condition that this one does not know."""
        claim = self.stage.cluster.get("EIPClaim", NAMESPACE, name)
        if claim is None:
            return
        told = claim.get("status", {}).get("conditions", ())
        conditions = [*(one for one in told if one["type"] != REACHABLE["type"]), REACHABLE]
        patch = {"status": {"servedBy": "a later one", "conditions": conditions}}
        self.stage.cluster.api.patch(GIVE, Ref(CLAIMS, NAMESPACE, name), patch, "status")

    # --- the console ------------------------------------------------------------------------------------------------

    def meddle(self, deed: str, number: int) -> None:
        """A hand in the cloud's console, on one of the EIPs that there are."""
        holdings = self.stage.cloud.holdings()
        if not holdings:
            return
        address, console = holdings[number % len(holdings)], self.stage.cloud.console
        if deed == "unbind":
            console.unbind(address.address_id)
        elif deed == "release":
            console.release(address.address_id)
        elif deed == "bind":
            self._bind(address, number)
        else:
            # A list that does not show it yet is a race that nobody can close.
            self.stage.cloud.behaviour.read_lag_seconds = 0.0
            self._owned.setdefault(address.address_id, address)
            if deed == "rename":
                console.rename(address.address_id, "mine now")
            else:
                console.retag(address.address_id, {identity.TAG_CLUSTER: "another"})

    def _bind(self, address: Address, number: int) -> None:
        """To a pod's IP, its own or not."""
        pods = [one for one in self.stage.sees.pods() if one.ipv4]
        if not pods:
            return
        ip = pods[number % len(pods)].ipv4 or ""
        interface = next((one.interface_id for one in self.stage.cloud.interfaces if ip in one.private_ips), "")
        self.stage.cloud.console.bind(address.address_id, interface, ip)

    def undo(self) -> None:
        """Settings, wishes, CRD and marks are as they should be; nothing is capped, or bound where we never asked."""
        self.stage.policy = self._usual
        self.install(-1)
        for one in self.stage.sees.pods():
            if one.metadata.annotations.get(f"{PREFIX}/eip-attributes") in ODD:
                self.attempt(lambda name=one.metadata.name: self.ask(name, SENSIBLE))  # type: ignore[misc] # bound now
        console = self.stage.cloud.console
        there = {one.address_id: one for one in self.stage.cloud.holdings()}
        for address_id, before in self._owned.items():
            if address_id in there:
                console.rename(address_id, before.name)
                console.retag(address_id, dict(before.tags))
        asked = {
            (claim.status.address_id, binding.private_ip)
            for claim in self.stage.sees.claims()
            for binding in claim.status.bindings
        }
        for address in there.values():
            if address.private_ip is not None and (address.address_id, address.private_ip) not in asked:
                self.attempt(lambda address_id=address.address_id: console.unbind(address_id))  # type: ignore[misc] # bound now
