"""A real control plane for as long as a test run: etcd, kube-apiserver and the controllers that collect and end things.

Its binaries are built by `controlplane/build`; nothing is started where they are not there. Everything listens on free
ports of 127.0.0.1 and keeps its files in a temporary folder.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
KUBECONFIG_VARIABLE = "CONTRACT_KUBECONFIG"
BINARIES_VARIABLE = "CONTROL_PLANE_BINARIES"
BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
# The collector looks for new kinds twice a minute only, so it starts after the CRD is there.
CONTROLLERS = "garbage-collector-controller,namespace-controller"
PATIENCE = 60.0


def binaries() -> Path | None:
    """The folder of the binaries: what CONTROL_PLANE_BINARIES says, else what the newest build made."""
    told = os.environ.get(BINARIES_VARIABLE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "eipclaim", "control-plane")
    built = sorted(cache.glob("*/.complete"), key=lambda one: one.stat().st_mtime, reverse=True)
    folders = [Path(told)] if told else [one.parent for one in built]
    return next((one for one in folders if all((one / name).exists() for name in BINARIES)), None)


def described() -> str:
    """What the contract of the cluster is tried on, for the head of a test report."""
    kubeconfig, folder = os.environ.get(KUBECONFIG_VARIABLE), binaries()
    if kubeconfig:
        return f"contract: on the cluster in memory and on the one of {KUBECONFIG_VARIABLE}"
    if folder:
        return f"contract: on the cluster in memory and on a real control plane ({folder})"
    return (
        "contract: !!! ON THE CLUSTER IN MEMORY ONLY !!! no real control plane was found: build one with "
        f"controlplane/build (it needs Go), or set {BINARIES_VARIABLE} or {KUBECONFIG_VARIABLE}"
    )


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """The kubeconfig of an administrator of a new cluster with all of `deploy/` in it. All ends with the context."""
    with TemporaryDirectory(prefix="eipclaim-control-plane-") as place, ExitStack() as processes:
        home = Path(place)
        _authority(home)
        etcd, peer, port, secure = (_free_port() for _ in range(4))
        url = f"https://127.0.0.1:{port}"
        for user, groups in {"admin": "system:masters", "system:kube-controller-manager": ""}.items():
            _kubeconfig(home, user, groups, url)
        processes.enter_context(_process(home, folder / "etcd", _etcd(home, etcd, peer)))
        apiserver = processes.enter_context(_process(home, folder / "kube-apiserver", _apiserver(home, etcd, port)))
        _await_ready(home, port, apiserver)
        admin = home / "admin.kubeconfig"
        kubectl(admin, "apply", "--server-side", "--filename", str(ROOT / "deploy"))
        kubectl(admin, "wait", "--for=condition=Established", "crd/eipclaims.eipclaim.io")
        manager = [
            f"--kubeconfig={home}/system:kube-controller-manager.kubeconfig",
            f"--secure-port={secure}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--controllers={CONTROLLERS}",
        ]
        processes.enter_context(_process(home, folder / "kube-controller-manager", manager))
        yield admin


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    """What kubectl, the one that was built if there is one, says of that cluster."""
    folder = binaries()
    program = str(folder / "kubectl") if folder else shutil.which("kubectl")
    assert program, "kubectl is needed"
    return _run(program, f"--kubeconfig={kubeconfig}", *arguments)


def _etcd(home: Path, port: int, peer: int) -> list[str]:
    return [
        f"--data-dir={home}/etcd",
        f"--listen-client-urls=http://127.0.0.1:{port}",
        f"--advertise-client-urls=http://127.0.0.1:{port}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-cluster=default=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
    ]


def _apiserver(home: Path, etcd: int, port: int) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--client-ca-file={home}/ca.crt",
        f"--tls-cert-file={home}/apiserver.crt",
        f"--tls-private-key-file={home}/apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={home}/apiserver.crt",
        f"--service-account-signing-key-file={home}/apiserver.key",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=RBAC",
        # Pods need no service account of their own here, so none is waited for.
        "--disable-admission-plugins=ServiceAccount",
    ]


def _authority(home: Path) -> None:
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl("req", "-x509", *new_key, "-keyout", f"{home}/ca.key", "-out", f"{home}/ca.crt", "-subj", "/CN=ca")
    _certificate(home, "apiserver", "/CN=apiserver", "subjectAltName=IP:127.0.0.1")


def _certificate(home: Path, name: str, subject: str, extension: str = "extendedKeyUsage=clientAuth") -> None:
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    authority = ("-CA", f"{home}/ca.crt", "-CAkey", f"{home}/ca.key")
    target = ("-keyout", f"{home}/{name}.key", "-out", f"{home}/{name}.crt")
    _openssl("req", "-x509", *authority, *new_key, *target, "-subj", subject, "-addext", extension)


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    assert program, "openssl is needed to make the certificates of the control plane"
    _run(program, *arguments)


def _kubeconfig(home: Path, user: str, group: str, url: str) -> None:
    _certificate(home, user, f"/O={group}/CN={user}" if group else f"/CN={user}")
    content = {
        name: base64.b64encode((home / file).read_bytes()).decode()
        for name, file in {"ca": "ca.crt", "certificate": f"{user}.crt", "key": f"{user}.key"}.items()
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority-data": content["ca"]}}],
        "users": [
            {
                "name": user,
                "user": {"client-certificate-data": content["certificate"], "client-key-data": content["key"]},
            }
        ],
    }
    Path(home, f"{user}.kubeconfig").write_text(json.dumps(config))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(*command: str) -> str:
    # The programs and their arguments are those of this module.
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return done.stdout


@contextmanager
def _process(home: Path, program: Path, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child that ends with the context, and with this process where the system can see to that."""
    with_us = [guard, "--pdeathsig", "KILL"] if (guard := shutil.which("setpriv")) else []
    with Path(home, f"{program.name}.log").open("wb") as log:
        command = [*with_us, str(program), *arguments]  # those of this module
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _await_ready(home: Path, port: int, apiserver: subprocess.Popen[bytes]) -> None:
    context = ssl.create_default_context(cafile=f"{home}/ca.crt")
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # its certificates are as plain as many clusters' own
    deadline = time.monotonic() + PATIENCE
    while not _ready(port, context):
        log = Path(home, "kube-apiserver.log")
        assert apiserver.poll() is None, f"the apiserver has ended: {log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"the apiserver is not ready: {log.read_text()[-3000:]}"
        time.sleep(0.1)


def _ready(port: int, context: ssl.SSLContext) -> bool:
    connection = HTTPSConnection("127.0.0.1", port, timeout=2, context=context)
    try:
        connection.request("GET", "/readyz")  # anybody may ask
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
