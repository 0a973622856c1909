"""What a scenario does and sees: kubectl as people use it, and the emulated cloud as it truly is."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from eipctl.dev.world import World
from emulator.cloud.vpc.models.address import Address

T = TypeVar("T")
Raw = dict[str, Any]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.2
EIP_ANNOTATIONS = {"tke.cloud.tencent.com/eip-attributes": '{"Bandwidth":"10"}'}
ROOM = {"limits": {"tke.cloud.tencent.com/eip": "1"}, "requests": {"tke.cloud.tencent.com/eip": "1"}}


class Cluster:
    """A namespace of the world."""

    def __init__(self, world: World, namespace: str) -> None:
        """The namespace is there."""
        self._world = world
        self.namespace = namespace

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl says; a failure fails the test."""
        plane = self._world.plane
        command = [str(plane.binaries["kubectl"]), f"--kubeconfig={plane.admin}", f"--namespace={self.namespace}"]
        done = subprocess.run(  # noqa: S603 - the program is ours, the arguments the tests'
            [*command, *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def apply(self, *manifests: Raw) -> None:
        """Apply them here, whatever namespace they name."""
        for manifest in manifests:
            manifest["metadata"]["namespace"] = self.namespace
            self.kubectl("apply", "--filename=-", stdin=json.dumps(manifest))

    def find(self, kind: str, name: str) -> Raw | None:
        """The object, if it is there."""
        text = self.kubectl("get", kind, name, "--ignore-not-found", "--output=json")
        found: Raw | None = json.loads(text) if text else None
        return found

    def get(self, kind: str, name: str) -> Raw:
        """The object, which is there."""
        found = self.find(kind, name)
        assert found is not None, f"there is no {kind} {name}"
        return found

    def names(self, kind: str) -> list[str]:
        """The names of all of that kind."""
        return self.kubectl("get", kind, "--output=jsonpath={.items[*].metadata.name}").split()

    def eventually(self, what: str, look: Callable[[], T | None]) -> T:
        """The first answer that is not None or False."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None and found is not False:
                return found
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {what}\n{self._told()}")

    def _told(self) -> str:
        claims, pods = (self.kubectl("get", kind, "--output=wide") for kind in ("eipc", "pods"))
        return f"{claims}{pods}{self._world.function_log.read_text()[-3000:]}"

    def in_phase(self, phase: str) -> list[str]:
        """The names of the pods in that phase that are not asked to go."""
        pods = json.loads(self.kubectl("get", "pods", "--output=json"))["items"]
        return [one["metadata"]["name"] for one in pods if one["status"]["phase"] == phase and not deleting(one)]

    def successor(self, before: Raw) -> Raw:
        """The pod of that name once it is another one."""
        name, uid = before["metadata"]["name"], before["metadata"]["uid"]

        def look() -> Raw | None:
            pod = self.find("pod", name)
            return pod if pod and pod["metadata"]["uid"] != uid else None

        return self.eventually(f"another {name}", look)

    def new_pod(self, but: Collection[str] = ()) -> str:
        """The name of a pod that is none of those, once there is one."""
        return self.eventually("there is a new pod", lambda: next(iter(set(self.names("pods")) - set(but)), None))

    def bound(self, name: str) -> Raw:
        """The claim of that pod, once the EIP is bound to the pod that is there now, and the pod was told."""

        def look() -> Raw | None:
            claim, pod = self.find("eipc", name), self.find("pod", name)
            if not claim or not pod or deleting(pod) or claim.get("status", {}).get("phase") != "Bound":
                return None
            told = pod["metadata"].get("annotations", {}).get("tke.cloud.tencent.com/eip-public-ip")
            places = {one["podUID"] for one in claim["status"]["bindings"]}
            here = places == {pod["metadata"]["uid"]} and told == claim["status"]["publicIP"]
            return claim if here and self.target(claim) == pod["status"].get("podIP") else None

        return self.eventually(f"{name} has its EIP", look)

    def gone(self, kind: str, name: str) -> None:
        """Wait until there is none."""
        self.eventually(f"{kind} {name} is gone", lambda: self.find(kind, name) is None)

    def released(self, address_id: str) -> None:
        """Wait until the EIP is given back."""
        self.eventually(f"{address_id} is released", lambda: self.address(address_id) is None)

    def address(self, address_id: str) -> Address | None:
        """The EIP as it truly is, if we hold it."""
        with self._world.cloud.lock:
            return next((one for one in self._world.cloud.holdings() if one.address_id == address_id), None)

    def target(self, claim: Raw) -> str | None:
        """The private IP that the claim's EIP is bound to."""
        address = self.address(claim["status"]["addressID"])
        return None if address is None else address.private_ip


def deleting(thing: Raw) -> bool:
    """Whether it has been asked to go."""
    return "deletionTimestamp" in thing["metadata"]


def example(name: str) -> Raw:
    """A manifest of `examples/`."""
    manifest: Raw = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return manifest


def pod_spec(command: list[str], restart: str) -> Raw:
    """A pod of one container that has room for an EIP."""
    container = {"name": "main", "image": "busybox", "command": command, "resources": ROOM}
    return {"restartPolicy": restart, "containers": [container]}


def job(name: str, seconds: int, annotations: Mapping[str, str] = EIP_ANNOTATIONS) -> Raw:
    """A job whose pod has an EIP and ends by itself."""
    template = {"metadata": {"annotations": dict(annotations)}, "spec": pod_spec(["sleep", str(seconds)], "Never")}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}
