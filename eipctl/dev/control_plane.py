"""A real control plane: etcd, kube-apiserver, controllers, scheduler. No kubelet: see `eipctl.dev.kubelet`.

Everything listens on free ports of 127.0.0.1, keeps its files in one temporary folder, and ends with the context.
"""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from eipctl.dev.binaries import ROOT, Binaries
from eipctl.dev.certificates import Authority
from eipctl.dev.children import with_us
from shared.core.errors import EipclaimError

POLICY = Path(__file__).with_name("audit-policy.yaml")
# The collector looks for new kinds twice a minute only, so it starts after the CRD is there.
COLLECTORS = "garbage-collector-controller,namespace-controller"
# Nobody gives nodes a range of addresses where the VPC does.
ALL_CONTROLLERS = "*,-nodeipam"
PATIENCE_SECONDS = 300.0
"""It bounds what does not come at all: on a busy machine a start takes many times what it takes on an idle one."""

PORTS = range(20_000, 32_000)


class ControlPlaneError(EipclaimError):
    """The control plane did not start, or refused what it must not refuse."""

    def __init__(self, message: str) -> None:
        """What it said."""
        super().__init__("ControlPlane", message)


class Program:
    """One of the processes: it ends when it is killed, and with this one where the system can see to that."""

    def __init__(self, home: Path, path: Path, arguments: list[str]) -> None:
        """It does not run yet."""
        self.name = path.name
        self._command = [*with_us(), str(path), *arguments]
        self._log = Path(home, f"{path.name}.log")
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In a session of its own: Ctrl-C is for us, and the others end in order."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - the command is of this module
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text()[-3000:]


@dataclass(frozen=True)
class ControlPlane:
    """One that runs: `admin` is the kubeconfig of an administrator, `home` the folder of all its files."""

    home: Path
    url: str
    admin: Path
    audit_log: Path
    authority: Authority
    binaries: Binaries
    programs: Mapping[str, Program]

    def kubectl(self, *arguments: str) -> str:
        """What kubectl says to the administrator. Raises ControlPlaneError where it fails."""
        return kubectl(self.binaries, self.admin, *arguments)

    def revive(self) -> None:
        """Start again what has ended, as a service manager does, and wait until the apiserver is ready."""
        for program in self.programs.values():
            if not program.runs:
                program.start()
        _await_ready(self)


def kubectl(binaries: Binaries, kubeconfig: Path, *arguments: str) -> str:
    """What kubectl says of that cluster. Raises ControlPlaneError where it fails."""
    command = [str(binaries["kubectl"]), f"--kubeconfig={kubeconfig}", *arguments]
    done = subprocess.run(  # noqa: S603 - the program is ours, the arguments our callers'
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    if done.returncode:
        raise ControlPlaneError(f"kubectl {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def running(
    binaries: Binaries, *, whole: bool = True, say: Callable[[str], None] = lambda _: None
) -> Iterator[ControlPlane]:
    """A new control plane with all of `deploy/` in it. All ends with the context.

    Unless `whole` it only collects and ends things, and schedules, audits and admits as little as can be.
    """
    with TemporaryDirectory(prefix="eipclaim-control-plane-") as place, ExitStack() as processes:
        home = Path(place)
        etcd, peer, port = free_ports(3)
        url, authority = f"https://127.0.0.1:{port}", Authority(home)
        programs: dict[str, Program] = {}
        plane = ControlPlane(
            home=home,
            url=url,
            admin=authority.kubeconfig("admin", "system:masters", url),
            audit_log=home / "audit.log",
            authority=authority,
            binaries=binaries,
            programs=programs,
        )

        def start(name: str, arguments: list[str]) -> None:
            programs[name] = program = Program(home, binaries[name], arguments)
            processes.callback(program.kill)
            program.start()

        say("etcd and kube-apiserver")
        start("etcd", _etcd(home, etcd, peer))
        _await(programs["etcd"], lambda: HTTPConnection("127.0.0.1", etcd, timeout=2), "/health")
        start("kube-apiserver", [*_apiserver(home, etcd, port), *(_tke(plane) if whole else _bare())])
        _await_ready(plane)
        say("what deploy/ holds")
        plane.kubectl("apply", "--server-side", "--filename", str(ROOT / "deploy"))
        patient = f"--timeout={PATIENCE_SECONDS - 10:.0f}s"  # or kubectl would be ended before it says why
        plane.kubectl("wait", "--for=condition=Established", "crd/eipclaims.eipclaim.io", patient)
        manager, scheduler = free_ports(2)
        chosen = ALL_CONTROLLERS if whole else COLLECTORS
        start("kube-controller-manager", _controller_manager(plane, manager, chosen))
        if whole:
            say("kube-controller-manager and kube-scheduler")
            start("kube-scheduler", _client(plane, scheduler, "system:kube-scheduler"))
            _await_accounts(plane)
        yield plane


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
        "--endpoint-reconciler-type=none",  # a loopback address may be nobody's endpoint
    ]


def _bare() -> list[str]:
    # Pods need no service account of their own here, so none is waited for.
    return ["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"]


def _tke(plane: ControlPlane) -> list[str]:
    return [
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--audit-policy-file={POLICY}",
        f"--audit-log-path={plane.audit_log}",
        "--audit-log-maxbackup=1",
    ]


def _client(plane: ControlPlane, port: int, user: str) -> list[str]:
    return [
        f"--kubeconfig={plane.authority.kubeconfig(user, '', plane.url)}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def _controller_manager(plane: ControlPlane, port: int, controllers: str) -> list[str]:
    return [
        *_client(plane, port, "system:kube-controller-manager"),
        "--use-service-account-credentials=true",
        f"--controllers={controllers}",
        f"--service-account-private-key-file={plane.home}/apiserver.key",
        f"--root-ca-file={plane.home}/ca.crt",
    ]


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, nor will any connection take them before the programs do.

    Those that systems give to outgoing connections are higher (Linux: ip_local_port_range, from 32768). No two are the
    same, which draws one by one might be until a program listens. Raises ControlPlaneError where there are too few.
    """
    drawn = secrets.SystemRandom().sample(PORTS, 100 * count)
    ports = list(islice(filter(_is_free, drawn), count))
    if len(ports) < count:
        raise ControlPlaneError(f"no {count} ports are free from {PORTS[0]} to {PORTS[-1]}")
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _await_ready(plane: ControlPlane) -> None:
    _await(plane.programs["kube-apiserver"], _administrator(plane), "/readyz")


def _await_accounts(plane: ControlPlane) -> None:
    """Pods are refused in a namespace without a service account, which the controllers make."""
    where = "/api/v1/namespaces/default/serviceaccounts/default"
    _await(plane.programs["kube-controller-manager"], _administrator(plane), where)


def _administrator(plane: ControlPlane) -> Callable[[], HTTPConnection]:
    """Connections of its own: to start kubectl for each look would cost more than all that is waited for."""
    context, address = plane.authority.trusted("admin"), urlsplit(plane.url).netloc
    return lambda: HTTPSConnection(address, timeout=2, context=context)


def _await(program: Program, connection: Callable[[], HTTPConnection], path: str) -> None:
    """Until it says there that it is well. Raises ControlPlaneError where it does not, or has ended."""

    def ready() -> bool:
        if not program.runs:
            raise ControlPlaneError(f"{program.name} has ended: {program.last_words()}")
        return _answers(connection(), path)

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise ControlPlaneError(f"{program.name} is not ready: {program.last_words()}")
        time.sleep(0.1)


def _answers(connection: HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
