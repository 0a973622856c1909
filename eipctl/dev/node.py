"""The Node object of a machine and its heartbeat, as the node's own kubelet writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

import anyio
import httpx

from eipctl.dev.machines import EIPS_EACH, PODS_EACH, Machine
from emulator.cluster.nodes import extended_allocatable
from emulator.cluster.objects import is_true
from emulator.cluster.resources import Object
from emulator.cluster.timestamps import micro_timestamp, timestamp
from shared.core.pod import INSTANCE_LABEL

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
HEARTBEAT_SECONDS = 10.0
LEASE_SECONDS = 40
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
NODE_INFO = (
    "architecture",
    "bootID",
    "containerRuntimeVersion",
    "kernelVersion",
    "kubeProxyVersion",
    "kubeletVersion",
    "machineID",
    "operatingSystem",
    "osImage",
    "systemUUID",
)


def manifest(name: str, machine: Machine, taints: Sequence[Object], now: float, *, capacity: bool = True) -> Object:
    """The node as it registers: Ready, with room for pods and, where `capacity`, for EIPs."""
    room = {
        "cpu": "24",
        "memory": "48Gi",
        "pods": "110",
        "tke.cloud.tencent.com/eni-ip": str(PODS_EACH),
    }
    if capacity:
        room["tke.cloud.tencent.com/eip"] = str(EIPS_EACH)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {INSTANCE_LABEL: machine.instance_id, "kubernetes.io/hostname": name}},
        "spec": {"providerID": machine.provider_id, "taints": list(taints)},
        "status": {
            "capacity": room,
            "allocatable": room,
            "addresses": [{"type": "InternalIP", "address": machine.ip}, {"type": "Hostname", "address": name}],
            "conditions": [_ready(now)],
            "nodeInfo": dict.fromkeys(NODE_INFO, "emulated"),
        },
    }


def _ready(now: float) -> Object:
    at = timestamp(now)
    said = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "emulated"}
    return {**said, "lastHeartbeatTime": at, "lastTransitionTime": at}


async def beat(api: httpx.AsyncClient, name: str) -> None:
    """Renew the node's Lease for ever, so that the controllers believe in the node, and look at what others say of it.

    One whose Lease is not renewed for a while they give up, which nobody but its kubelet takes back.
    """
    while True:
        with suppress(httpx.TransportError):  # the apiserver is away; the Lease outlives four beats
            await _renew(api, name)
            await _look(api, name)
        await anyio.sleep(HEARTBEAT_SECONDS)


async def _look(api: httpx.AsyncClient, name: str) -> None:
    """Let the scheduler have what others have published as capacity, and the node where it was given up."""
    reply = await api.get(f"/api/v1/nodes/{name}")
    if reply.status_code != HTTPStatus.OK:
        return
    seen, status = reply.json(), dict[str, object]()
    if allocatable := extended_allocatable(seen):
        status["allocatable"] = allocatable
    if not is_true(seen, "Ready"):
        status["conditions"] = [_ready(time.time())]
    if status:
        await api.patch(f"/api/v1/nodes/{name}/status", json={"status": status}, headers=STRATEGIC)


async def _renew(api: httpx.AsyncClient, name: str) -> None:
    spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}
    renewed = {"spec": {"renewTime": micro_timestamp(time.time())}}
    reply = await api.patch(f"{LEASES}/{name}", json=renewed, headers=MERGE)
    if reply.status_code == HTTPStatus.NOT_FOUND:
        await api.post(LEASES, json={**lease, "spec": {**spec, **renewed["spec"]}})
