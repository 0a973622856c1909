"""The hands of a soak: what users do in the cluster, and what operators do to it, to our settings and to the CRD."""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

from eipctl.demo.stage import EXAMPLES, NAMESPACE
from emulator.cluster.resources import CLAIMS, Ref
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN, GIVE
from shared.core import identity
from shared.core.claim import Claim
from tests.faults.history import readable
from tests.loop.scenes import PREFIX, pod
from tests.soak.console import ConsoleHands

TEAM, GUEST = "team", "t"
"""A namespace that is made and ended, and the pod in it."""

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

EDITS: tuple[dict[str, object], ...] = (
    {"metadata": {"annotations": {identity.PAUSED: "true"}}},
    {"metadata": {"annotations": {identity.PAUSED: None}}},
    {"spec": {"bandwidthMbps": 50}},
    {"spec": {"expireAfter": "10m"}},
    {"metadata": {"ownerReferences": None}},
)
"""What somebody may write into a claim."""

REACHABLE = {
    "type": "Reachable", "status": "True", "reason": "Bound", "message": "",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}  # fmt: skip


@dataclass
class Hands(ConsoleHands):
    """What they do to a stage; `undo` takes back what would stand in our way for ever, as whoever did it must."""

    uninstalled: bool = False
    """Whether somebody has deleted the CRD, and with it all claims."""
    unserved: bool = False
    """Whether the apiserver does not serve claims just now, though they are there: it has only begun."""

    def __post_init__(self) -> None:
        """Nothing was meddled with yet."""
        super().__post_init__()
        self._usual = replace(self.stage.policy, max_eips=None, max_eips_per_namespace=None)

    @property
    def crd_served(self) -> bool:
        """Whether claims can be read; a CRD that is deleted stays until the last claim has gone."""
        return not (self.unserved or (self.uninstalled and not self.stage.cluster.list("EIPClaim")))

    # --- users ------------------------------------------------------------------------------------------------------

    def create(self, name: str, retention: str, bandwidth: int) -> None:
        """A pod that asks for an EIP, or another wish of the one that is there."""
        attributes = {"eip_attributes": f'{{"Bandwidth":{bandwidth}}}', **RETENTIONS[retention]}
        self.stage.cluster.apply(pod(name, namespace_of(name), **attributes))

    def delete_pod(self, name: str, how: str) -> None:
        """`by force`: nobody waits for the kubelet."""
        self.stage.cluster.delete("Pod", namespace_of(name), name, force=how == FORCE)

    def replace_pod(self, name: str, retention: str) -> None:
        """By force, and another one of that name at once: another UID, and maybe the same IP."""
        self.delete_pod(name, FORCE)
        self.create(name, retention, 5)

    def complete(self, name: str) -> None:
        """All containers of the pod end, and its object stays."""
        if self.stage.sees.phase(name) and self.stage.sees.bound_at(name):
            self.stage.cluster.complete_pod(namespace_of(name), name)

    def ask(self, name: str, attributes: str) -> None:
        """The annotation says that from now on."""
        self.stage.cluster.annotate("Pod", namespace_of(name), name, {f"{PREFIX}/eip-attributes": attributes})

    def stop_wanting(self, name: str) -> None:
        """The annotation goes."""
        self.stage.cluster.annotate("Pod", namespace_of(name), name, {f"{PREFIX}/eip-attributes": None})

    def delete_claim(self, name: str) -> None:
        """By hand."""
        self.stage.cluster.delete("EIPClaim", namespace_of(name), name)

    def edit_claim(self, name: str, number: int) -> None:
        """By hand, while we are at it: it is paused or not any more, or its spec says something else."""
        claim = Ref(CLAIMS, namespace_of(name), name)
        self.stage.cluster.api.patch(ADMIN, claim, EDITS[number % len(EDITS)])

    def strip(self, name: str) -> None:
        """Somebody is tired of waiting: the claim is deleted, and our finalizer taken off by hand."""
        claim, api = Ref(CLAIMS, namespace_of(name), name), self.stage.cluster.api
        installed = api.installed
        api.delete(ADMIN, claim)
        api.installed = replace(installed, finalizer_policy=False)
        try:
            api.patch(ADMIN, claim, {"metadata": {"finalizers": None}})
        finally:
            api.installed = installed

    def write_nonsense(self, name: str) -> None:
        """A claim by hand that makes no sense, if none of that name is there."""
        metadata = {"name": name, "namespace": namespace_of(name)}
        spec = {"bandwidthMbps": -7}
        claim = {"apiVersion": identity.API_VERSION, "kind": identity.KIND, "metadata": metadata, "spec": spec}
        self.stage.cluster.api.create(ADMIN, CLAIMS, claim)

    def namespace(self, retention: str) -> None:
        """A namespace is made, with a pod in it, or ended with all that is in it."""
        if self.stage.cluster.get("Namespace", "", TEAM) is not None:
            self.stage.cluster.delete("Namespace", "", TEAM)
            return
        self.stage.cluster.create_namespace(TEAM)
        self.create(GUEST, retention, 5)

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

    def uninstall(self) -> None:
        """The CRD is deleted, and with it all claims as far as their finalizers let them go; or applied again."""
        self.uninstalled = not self.uninstalled
        for claim in self.stage.cluster.list("EIPClaim") if self.uninstalled else ():
            self.stage.cluster.delete("EIPClaim", claim["metadata"]["namespace"], claim["metadata"]["name"])

    def unserve(self) -> None:
        """The apiserver has only begun, and does not know the CRD yet; or it does by now."""
        self.unserved = not self.unserved

    def later_release(self, name: str) -> None:
        """What a later release adds to a claim beside us: a field and a condition that this one does not know."""
        claim = self.stage.cluster.get("EIPClaim", namespace_of(name), name)
        if claim is None:
            return
        told = claim.get("status", {}).get("conditions", ())
        conditions = [*(one for one in told if one["type"] != REACHABLE["type"]), REACHABLE]
        patch = {"status": {"servedBy": "a later one", "conditions": conditions}}
        self.stage.cluster.api.patch(GIVE, Ref(CLAIMS, namespace_of(name), name), patch, "status")

    # --- the end ----------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Settings, wishes, CRD, quotas and marks are as they should be, and nothing is bound where we never asked."""
        self.stage.policy = self._usual
        self.install(-1)
        self.uninstalled = self.unserved = False
        for one in self.stage.sees.pods():
            if one.metadata.annotations.get(f"{PREFIX}/eip-attributes") in ODD:
                self.attempt(lambda name=one.metadata.name: self.ask(name, SENSIBLE))  # type: ignore[misc] # bound now
        for claim in self.stage.cluster.list("EIPClaim"):
            metadata = claim["metadata"]
            if readable(Claim, claim) is None:
                self.stage.cluster.delete("EIPClaim", metadata["namespace"], metadata["name"])
            elif identity.PAUSED in metadata.get("annotations", {}):
                unpaused = {identity.PAUSED: None}
                self.stage.cluster.annotate("EIPClaim", metadata["namespace"], metadata["name"], unpaused)
        self.give_back()


def namespace_of(name: str) -> str:
    """Where the pod of that name is."""
    return TEAM if name == GUEST else NAMESPACE
