"""`python -m bench.cold_start`: time and memory of the bundle from nothing to the first decision of allocate.

Beside it the obvious way, a script on the generated clients, and the least that any can take: one TLS connection of a
bare interpreter. All list the same pods over TLS, and are looked at when their first write comes. Ratios are of the
processor's time: a function has a share of a core, and a busy machine makes the clock run on, not the work.
"""

from __future__ import annotations

import argparse
import json
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import sysconf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eipctl.dev import built
from eipctl.dev.binaries import ROOT
from eipctl.dev.certificates import Authority
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server

OURS = "import allocate; allocate.main_handler({'Type': 'Timer'}, {})"
BARE = """
import os, ssl, socket
host, port = os.environ["APISERVER"].split(":")
trusted = ssl.create_default_context(cafile=os.environ["CA"])
with trusted.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as line:
    line.sendall(b"POST /bare HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
    line.recv(1000)
"""
OBVIOUS = """
import os
from kubernetes import client, config
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vpc.v20170312 import models, vpc_client
config.load_kube_config(os.environ["EIPCLAIM_KUBECONFIG"])
pods = client.CoreV1Api().list_pod_for_all_namespaces().items
keys = credential.Credential(os.environ["TENCENTCLOUD_SECRETID"], os.environ["TENCENTCLOUD_SECRETKEY"])
http = HttpProfile(protocol="http", endpoint=os.environ["EIPCLAIM_CLOUD_ENDPOINT"].split("//")[1])
cloud = vpc_client.VpcClient(keys, os.environ["TENCENTCLOUD_REGION"], ClientProfile(httpProfile=http))
taken = {one.PrivateAddressIp for one in cloud.DescribeAddresses(models.DescribeAddressesRequest()).AddressSet}
for pod in pods:
    if "tke.cloud.tencent.com/eip-attributes" in (pod.metadata.annotations or {}) and pod.status.pod_ip not in taken:
        claim = {"apiVersion": "eipclaim.io/v1alpha1", "kind": "EIPClaim", "metadata": {"name": pod.metadata.name}}
        client.CustomObjectsApi().create_namespaced_custom_object("eipclaim.io", "v1alpha1", "team", "eipclaims", claim)
"""
TICK = sysconf("SC_CLK_TCK")
MARKS = {"obvious, compiling": 0.25, "obvious, compiled": 0.75}
"""The most of that way's processor time that the bundle may take."""

MEMORY_MARK = 110.0
LISTED = {"pods": "PodList", "eipclaims": "EIPClaimList", "nodes": "NodeList", "events": "EventList"}
SWEEPS = (1_000, 5_000, 10_000)


@dataclass(frozen=True)
class Cost:
    """Of one process up to its first write: seconds of processor and of clock, and the most MB it had resident."""

    cpu: float
    wall: float
    peak: float


class Apiserver:
    """Has so many pods of 5 KB, of which the last, or all, ask for an EIP; sees the first write."""

    def __init__(self, home: Path) -> None:
        """It listens, and serves once started."""
        self.pods, self.all_ask = 1, False
        self.process: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.came = threading.Event()
        self.cost: Cost | None = None
        self.authority = Authority(home)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand": self}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(home / "apiserver.crt", home / "apiserver.key")
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)

    def page(self, kind: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """A page of a list."""
        if kind != "pods":
            return {"kind": LISTED[kind], "metadata": {}, "items": []}
        start, limit = int(query.get("continue", ["0"])[0]), int(query.get("limit", [str(self.pods)])[0])
        end = min(self.pods, start + limit)
        items = [_pod(number, asks=self.all_ask or number == self.pods - 1) for number in range(start, end)]
        following = {"continue": str(end)} if end < self.pods else {}
        return {"kind": "PodList", "apiVersion": "v1", "metadata": following, "items": items}

    def written(self) -> None:
        """Take what it has cost up to now."""
        if self.process is None or self.came.is_set():
            return
        wall = time.monotonic() - self.began
        place = Path("/proc", str(self.process.pid))
        ticks = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
        (peak,) = (line.split()[1] for line in (place / "status").read_text().splitlines() if line.startswith("VmHWM"))
        self.cost = Cost(sum(map(int, ticks)) / TICK, wall, int(peak) / 1024)
        self.came.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand: Apiserver

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        before, _, last = url.path.rpartition("/")
        if last in LISTED:
            self._answer(200, self.stand.page(last, parse_qs(url.query)))
            return
        details = {"name": last, "kind": before.rpartition("/")[2], "group": "eipclaim.io"}
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        self._answer(404, {**told, "message": f"{last} not found", "details": details})

    def do_POST(self) -> None:
        self.stand.written()
        self._answer(201, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, code: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _pod(number: int, *, asks: bool) -> dict[str, Any]:
    """5 KB, half of it what the apiserver notes of who manages which field."""
    name, ip = f"web-{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    annotations = {"tke.cloud.tencent.com/eip-attributes": "{}"} if asks else {}
    fields: dict[str, Any] = {f"f:field-{one}": {".": {}, "f:name": {}, "f:value": {}} for one in range(50)}
    environment = [{"name": f"VARIABLE_{one}", "value": "x" * 20} for one in range(20)]
    containers = [{"name": "web", "image": "registry.example/web:1", "env": environment}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "team",
            "uid": f"uid-{number}",
            "resourceVersion": "7",
            "annotations": annotations,
            "labels": {"app": "web"},
            "managedFields": [{"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsV1": fields}],
        },
        "spec": {"nodeName": "node-1", "containers": containers},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
    }


@contextmanager
def stand() -> Iterator[tuple[Apiserver, Mapping[str, str]]]:
    """An apiserver and a cloud, and the environment in which they are found."""
    with TemporaryDirectory(prefix="eipclaim-bench-") as home, Server(Cloud()) as cloud:
        apiserver = Apiserver(Path(home))
        threading.Thread(target=apiserver.http.serve_forever, args=(0.05,), daemon=True).start()
        where = f"127.0.0.1:{apiserver.http.server_port}"
        environ = {
            "APISERVER": where,
            "CA": f"{home}/ca.crt",
            "EIPCLAIM_KUBECONFIG": str(apiserver.authority.kubeconfig_of_token("bench", "token", f"https://{where}")),
            "EIPCLAIM_CLUSTER_ID": "cls-bench",
            "EIPCLAIM_VPC_ID": "vpc-bench",
            "EIPCLAIM_CLOUD_ENDPOINT": f"http://{cloud.endpoint}",
            "TENCENTCLOUD_REGION": "ap-guangzhou",
            "TENCENTCLOUD_SECRETID": DEFAULT_SECRET_ID,
            "TENCENTCLOUD_SECRETKEY": DEFAULT_SECRET_KEY,
        }
        try:
            yield apiserver, environ
        finally:
            apiserver.http.shutdown()
            apiserver.http.server_close()


def cost(apiserver: Apiserver, command: Sequence[str], environ: Mapping[str, str]) -> Cost:
    """Of a process with that command, which is ended at its first write. Raises RuntimeError where none comes."""
    apiserver.came.clear()
    apiserver.began = time.monotonic()
    # From elsewhere: Python with a text to run looks for modules first where it is called, where sources of ours are.
    with subprocess.Popen(  # noqa: S603 - of this module
        command, env=environ, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        apiserver.process = process
        while not apiserver.came.wait(0.5):
            if process.poll() is not None and process.stdout:
                raise RuntimeError(f"it has written nothing: {process.stdout.read().decode()[-2000:]}")
        process.kill()
    if apiserver.cost is None:
        raise AssertionError("it came")
    return apiserver.cost


def median(costs: Sequence[Cost]) -> Cost:
    """Of each of the three."""
    return Cost(*(statistics.median(values) for values in zip(*(asdict(one).values() for one in costs), strict=True)))


def measure(runs: int, obvious: str) -> dict[str, Cost]:
    """The ways in turn, as often as that, so that a busy minute meets all of them; then the sweeps, once each."""
    code = built.obtain(sys.stderr)
    ours = [code.python, "-S", "-s", "-B", "-c", OURS]
    with stand() as (apiserver, environ), TemporaryDirectory(prefix="eipclaim-bench-") as empty:
        bundle = {**environ, "PYTHONPATH": str(code.folder)}
        ways = {
            "bundle": (ours, bundle),
            "obvious, compiling": ([obvious, "-B", "-X", f"pycache_prefix={empty}", "-c", OBVIOUS], environ),
            "obvious, compiled": ([obvious, "-B", "-c", OBVIOUS], environ),
            "bare, one TLS connection": ([code.python, "-S", "-s", "-B", "-c", BARE], environ),
        }
        cost(apiserver, [obvious, "-c", OBVIOUS], environ)  # which leaves the byte code of all that it imports
        taken: dict[str, list[Cost]] = {name: [] for name in ways}
        for _ in range(runs):
            for name, (command, given) in ways.items():
                taken[name].append(cost(apiserver, command, given))
                sys.stderr.write(f"{name}: {taken[name][-1].cpu:.2f} s\n")
        told = {name: median(costs) for name, costs in taken.items()}
        for apiserver.pods in SWEEPS:
            for apiserver.all_ask in (False, True):
                who = "all ask" if apiserver.all_ask else "one asks"
                told[f"bundle, {apiserver.pods} pods, {who}"] = cost(apiserver, ours, bundle)
    return told


def main() -> int:
    """1 where a mark is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each way; medians are taken")
    default = ROOT / ".venv310" / "bin" / "python"
    python = str(default) if default.exists() else sys.executable
    parser.add_argument("--obvious", default=python, metavar="PYTHON", help="one that has the generated clients")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    asked = parser.parse_args()
    told = measure(asked.runs, asked.obvious)
    ours = told["bundle"]
    ratios = {name: ours.cpu / one.cpu for name, one in told.items() if not name.startswith("bundle")}
    missed = [f"{name}: {ratios[name]:.2f}x, at most {mark}x" for name, mark in MARKS.items() if ratios[name] > mark]
    missed += [f"memory: {ours.peak:.0f} MB, below {MEMORY_MARK:.0f}"] if ours.peak >= MEMORY_MARK else []
    if asked.output == "json":
        costs = {name: {**asdict(one), "bundle_to_it": ratios.get(name)} for name, one in told.items()}
        sys.stdout.write(json.dumps({"runs": asked.runs, "costs": costs, "missed": missed}, indent=1) + "\n")
        return int(bool(missed))
    lines = [f"{'to the first write':34}{'cpu s':>8}{'wall s':>8}{'peak MB':>9}{'bundle to it':>14}"]
    for name, one in told.items():
        ratio = f"{ratios[name]:.2f}x" if name in ratios else ""
        lines.append(f"{name:34}{one.cpu:8.2f}{one.wall:8.2f}{one.peak:9.0f}{ratio:>14}")
    sys.stdout.write("\n".join([*lines, *(f"MISSED {one}" for one in missed)]) + "\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
