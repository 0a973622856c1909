"""What a scenario does and sees: kubectl as people use it, the objects, and the emulated cloud as it truly is."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import yaml

from eipctl.dev.figures import Record
from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import Address
from tests.dev.laptops import Laptop

T = TypeVar("T")
Raw = dict[str, Any]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE_SECONDS = 300.0
"""More than the two minutes for which a claim whose last call had no answer waits for it to show, and then some."""

POLL_SECONDS = 0.7
EIP_ID, EIP_PUBLIC_IP = "tke.cloud.tencent.com/eip-id", "tke.cloud.tencent.com/eip-public-ip"
ATTRIBUTES, DELETE_POLICY = "tke.cloud.tencent.com/eip-attributes", "tke.cloud.tencent.com/eip-claim-delete-policy"
ROOM = {"limits": {"tke.cloud.tencent.com/eip": "1"}, "requests": {"tke.cloud.tencent.com/eip": "1"}}
OWN = "scenario"
PATHS = {
    "namespace": "/api/v1/namespaces",
    "node": "/api/v1/nodes",
    "pod": "/api/v1/namespaces/{}/pods",
    "event": "/api/v1/namespaces/{}/events",
    "eipc": "/apis/eipclaim.io/v1alpha1/namespaces/{}/eipclaims",
    "deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "statefulset": "/apis/apps/v1/namespaces/{}/statefulsets",
}


class Cluster:
    """A namespace of a cluster, and nodes of its own where it asks for them."""

    def __init__(self, laptop: Laptop, namespace: str) -> None:
        """The namespace need not be there yet."""
        self._laptop = laptop
        self._own_nodes = 0
        self.namespace = namespace

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl says; a failure fails the test."""
        plane = self._laptop.world.plane
        command = [str(plane.binaries["kubectl"]), f"--kubeconfig={plane.admin}", f"--namespace={self.namespace}"]
        done = subprocess.run(  # noqa: S603 - the program is ours, the arguments the tests'
            [*command, *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def apply(self, *manifests: Raw) -> None:
        """Apply them here, whatever namespace they name."""
        here = [{**one, "metadata": {**one["metadata"], "namespace": self.namespace}} for one in manifests]
        self.kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": here}))

    def delete(self, kind: str, name: str, *how: str) -> None:
        """Ask for its deletion."""
        self.kubectl("delete", kind, name, "--wait=false", *how)

    def find(self, kind: str, name: str) -> Raw | None:
        """The object, if it is there."""
        reply = self._laptop.api.get(f"{PATHS[kind].format(self.namespace)}/{name}")
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return None
        found: Raw = reply.raise_for_status().json()
        return found

    def get(self, kind: str, name: str) -> Raw:
        """The object, which is there."""
        found = self.find(kind, name)
        assert found is not None, f"there is no {kind} {name}"
        return found

    def all(self, kind: str) -> list[Raw]:
        """All of that kind."""
        found: list[Raw] = self._laptop.api.get(PATHS[kind].format(self.namespace)).raise_for_status().json()["items"]
        return found

    def names(self, kind: str) -> list[str]:
        """The names of all of that kind."""
        return [one["metadata"]["name"] for one in self.all(kind)]

    def told(self, reason: str) -> list[str]:
        """The messages of the events of that reason."""
        return [one["message"] for one in self.all("event") if one["reason"] == reason]

    def eventually(self, what: str, look: Callable[[], T | None]) -> T:
        """The first answer that says something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {what}\n{self._described()}")

    def _described(self) -> str:
        """Pods, claims and EIPs of the whole cluster, and the last that was done here, or to an EIP that is held."""
        shown = "".join(self.kubectl("get", kind, "--output=wide", "--all-namespaces") for kind in ("eipc", "pods"))
        held, log = self._laptop.held(), self._laptop.world.function_log.read_text().splitlines()
        words = [f'"{self.namespace}"', *[one.address_id for one in held]]
        changes = [call for call in self.changes() if any(one.address_id in str(call) for one in held)]
        told = [line for line in log if any(word in line for word in words)]
        return "\n".join([shown, *map(str, held), *map(str, changes[-20:]), *told[-40:], *log[-6:]])

    def when(self, kind: str, name: str, what: str, holds: Callable[[Raw], bool]) -> Raw:
        """The object once that holds."""

        def look() -> Raw | None:
            found = self.find(kind, name)
            return found if found and holds(found) else None

        return self.eventually(f"{kind} {name} {what}", look)

    def in_phase(self, phase: str) -> list[str]:
        """The names of the pods in that phase that are not asked to go."""
        pods = [one for one in self.all("pod") if one["status"]["phase"] == phase]
        return [one["metadata"]["name"] for one in pods if not deleting(one)]

    def successor(self, before: Raw) -> Raw:
        """The pod of that name once it is another one."""
        return self.when("pod", before["metadata"]["name"], "is another one", lambda pod: uid(pod) != uid(before))

    def new_pod(self, but: Collection[str] = ()) -> str:
        """The name of a pod that is none of those, once there is one."""
        return self.eventually("there is a new pod", lambda: next(iter(set(self.names("pod")) - set(but)), None))

    def bound(self, name: str) -> Raw:
        """The claim of that pod, once the EIP is bound to the pod that is there now, and the pod was told."""

        def look() -> Raw | None:
            claim, pod = self.find("eipc", name), self.find("pod", name)
            if not claim or not pod or deleting(pod) or claim.get("status", {}).get("phase") != "Bound":
                return None
            told = pod["metadata"].get("annotations", {}).get(EIP_PUBLIC_IP)
            places = {one["podUID"] for one in claim["status"]["bindings"]}
            here = places == {uid(pod)} and told == claim["status"]["publicIP"]
            return claim if here and self.target(claim) == pod["status"].get("podIP") else None

        return self.eventually(f"{name} has its EIP", look)

    def retained(self, name: str) -> Raw:
        """The claim of that pod's name, once its EIP is kept for the next one."""
        return self.when("eipc", name, "is retained", lambda claim: claim["status"]["phase"] == "Retained")

    def gone(self, kind: str, name: str) -> None:
        """Wait until there is none."""
        self.eventually(f"{kind} {name} is gone", lambda: self.find(kind, name) is None)

    def ended(self, claim: Raw) -> None:
        """Wait until the claim has ended, which it does after its EIP is given back."""
        name = claim["metadata"]["name"]

        def look() -> bool:
            found = self.find("eipc", name)
            return found is None or uid(found) != uid(claim)

        self.eventually(f"the claim {name} has ended", look)
        assert self.address(claim) is None

    def address(self, claim: Raw) -> Address | None:
        """The claim's EIP as it truly is, if we hold it."""
        address_id = claim["status"]["addressID"]
        return next((one for one in self._laptop.held() if one.address_id == address_id), None)

    def target(self, claim: Raw) -> str | None:
        """The private IP that the claim's EIP is bound to."""
        address = self.address(claim)
        return None if address is None else address.private_ip

    def changes(self) -> list[CallRecord]:
        """What the functions have done in the cloud, in order."""
        return self._laptop.changes()

    def audited(self) -> list[Record]:
        """What the audit log has of this namespace and of what is in none, in order of arrival at the log."""
        places = {self.namespace, None}
        return [one for one in self._laptop.audited() if one.get("objectRef", {}).get("namespace") in places]

    def swept(self, times: int) -> None:
        """Wait until both sweeps have come so many times from now on."""
        came = self._laptop.invocations
        begun = len(came)

        def look() -> bool:
            since = [one.function for one in came[begun:]]
            return min(since.count("allocate"), since.count("reclaim")) >= times

        self.eventually(f"{times} sweeps", look)

    def own_node(self) -> str:
        """A new node that takes no pods but those that are confined to our own."""
        self._own_nodes += 1
        name = f"{self.namespace}-node-{self._own_nodes}"
        taint = {"key": OWN, "value": self.namespace, "effect": "NoSchedule"}
        self._laptop.portal.call(self._laptop.world.nodes.add, name, [taint])
        self.kubectl("label", "node", name, f"{OWN}={self.namespace}")
        return name

    def terminate_machine(self, node: str) -> None:
        """Have the instance behind the node gone."""
        self._laptop.portal.call(self._laptop.world.nodes.terminate, node)

    def confined(self, workload: Raw) -> Raw:
        """The workload on nodes of our own."""
        workload["spec"]["template"]["spec"] |= {
            "nodeSelector": {OWN: self.namespace},
            "tolerations": [{"key": OWN, "value": self.namespace, "operator": "Equal"}],
        }
        return workload


def uid(thing: Raw) -> str:
    """Its UID."""
    found: str = thing["metadata"]["uid"]
    return found


def deleting(thing: Raw) -> bool:
    """Whether it has been asked to go."""
    return "deletionTimestamp" in thing["metadata"]


def example(name: str, annotations: Mapping[str, str | None] | None = None, **spec: object) -> Raw:
    """A manifest of `examples/` with other annotations on its pods (None: taken off) and other fields in its spec."""
    manifest: Raw = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    manifest["spec"] |= spec
    written: dict[str, str | None] = manifest["spec"]["template"]["metadata"]["annotations"]
    changed = {**written, **(annotations or {})}
    manifest["spec"]["template"]["metadata"]["annotations"] = {k: v for k, v in changed.items() if v is not None}
    return manifest


def job(name: str, seconds: int, *, eip: bool = True) -> Raw:
    """A job whose pod ends by itself, and has an EIP unless it wants none."""
    container = {
        "name": "main",
        "image": "busybox",
        "command": ["sleep", str(seconds)],
        "resources": ROOM if eip else {},
    }
    pod = {"restartPolicy": "Never", "containers": [container]}
    template = {"metadata": {"annotations": {ATTRIBUTES: '{"Bandwidth":"10"}'} if eip else {}}, "spec": pod}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}


def address_ids(claims: Sequence[Raw]) -> list[str]:
    """The EIPs of those claims."""
    return [claim["status"]["addressID"] for claim in claims]
