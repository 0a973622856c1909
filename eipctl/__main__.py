"""`eipctl`, the command line. Exit codes: 0 done, 1 something failed, 2 bad usage or unreadable input.

What a command needs is loaded when it is called: all of it takes a second and a half, which is long for a --help.
"""

from __future__ import annotations

import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from eipctl.shell import FAILED, UNUSABLE, Output, OutputOption
from shared.core.errors import EipclaimError

if TYPE_CHECKING:
    from eipctl.real import Here

app = typer.Typer(
    help=(
        "EIPs for pods on TKE: try the whole job in one process, see what would be done and why, run a function,"
        " install, look over and take away."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class FunctionName(str, Enum):
    """The functions."""

    ALLOCATE = "allocate"
    BIND = "bind"
    RECLAIM = "reclaim"


AtOption = Annotated[
    Optional[float],  # noqa: UP045 - typer reads it on 3.10
    typer.Option("--at", min=0, help="So many virtual seconds into the demo.", show_default=False),
]
KubeconfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - as above
    typer.Option(help="Instead of EIPCLAIM_KUBECONFIG.", show_default=False),
]


def _here(kubeconfig: Optional[Path]) -> Here:  # noqa: UP045 - as above
    from eipctl.real import Here

    named = {} if kubeconfig is None else {"EIPCLAIM_KUBECONFIG": str(kubeconfig)}
    return Here({**os.environ, **named})


@app.command()
def demo(
    output: OutputOption = Output.TEXT,
    svg: Annotated[Optional[Path], typer.Option(help="Also write the last picture to this SVG file.")] = None,  # noqa: UP045 - typer reads it on 3.10
) -> None:
    """The main job on an embedded cluster and cloud, in virtual time, with an audit at its end."""
    if svg is not None and (output is Output.JSON or not svg.parent.is_dir()):
        why = "goes with text output" if output is Output.JSON else f"{svg.parent} is no folder"
        typer.echo(f"eipctl: --svg {svg}: {why}", err=True)
        raise typer.Exit(UNUSABLE)
    from eipctl.demo import command as demo_command

    raise typer.Exit(demo_command.demo(as_json=output is Output.JSON, svg=svg))


@app.command("events")
def events_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An SCF event, or an audit log (JSON lines); - reads standard input.")
    ],
) -> None:
    """The objects that an event or an audit log points to: a JSON object a line, each once, as first mentioned."""
    from eipctl import events

    raise typer.Exit(events.events(file, sys.stdout, sys.stderr))


@app.command("invoke")
def invoke_(
    function: Annotated[FunctionName, typer.Argument(help="Which function.")],
    event: Annotated[Optional[Path], typer.Option(help="A file with the event (JSON); - reads standard input.")] = None,  # noqa: UP045 - as above
    claim: Annotated[
        Optional[list[str]],  # noqa: UP045 - as above
        typer.Option(metavar="NAMESPACE/NAME", help="reclaim: end this claim, if its pod is gone. May be repeated."),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --claim: only say what would be done.")] = False,
    remote: Annotated[bool, typer.Option("--remote", help="The deployed function, by Tencent's API.")] = False,
    name: Annotated[
        Optional[str],  # noqa: UP045 - as above
        typer.Option(
            help="With --remote: its name there.", show_default="EIPCLAIM_CLUSTER_ID-DEPLOY_STAGE-eipclaim-FUNCTION"
        ),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="With --remote: also the last lines of its log.")] = False,
) -> None:
    """Run a function once and print its result, always as JSON: here, or with --remote where it is deployed.

    Here it works on the cluster and the cloud of the settings (EIPCLAIM_*), with the key in TENCENTCLOUD_SECRETID,
    TENCENTCLOUD_SECRETKEY and TENCENTCLOUD_SESSIONTOKEN. With --remote the settings and DEPLOY_STAGE (prod, unless it
    is set) say which function it is; the key may also stand where `scf deploy` looks for it: TENCENT_SECRET_ID,
    TENCENT_SECRET_KEY, TENCENT_TOKEN.

    Exit codes: 0 done; 1 the function failed, refused a claim, or was not run; 2 the command, the settings, the
    kubeconfig or the event cannot be used.
    """
    from eipctl import by_hand

    asked = by_hand.Asked(function.value, event, tuple(claim or ()), dry_run, remote, name, log)
    raise typer.Exit(by_hand.run(asked, os.environ))


@app.command()
def plan(at: AtOption = None, kubeconfig: KubeconfigOption = None, output: OutputOption = Output.TEXT) -> None:
    """What the next run of each function would do, with rule and reason; nothing is done.

    In the cluster and the cloud of the settings (EIPCLAIM_*); without any, or with --at, in the demo's.
    """
    from eipctl import real
    from eipctl.demo import command as demo_command

    here, as_json = _here(kubeconfig), output is Output.JSON
    if at is None and here.named:
        raise typer.Exit(real.plan(here, as_json=as_json))
    raise typer.Exit(demo_command.plan(3.0 if at is None else at, as_json=as_json))


@app.command()
def explain(
    pod: Annotated[str, typer.Argument(metavar="NAMESPACE/POD", help="A pod, or the claim of its name.")],
    at: AtOption = None,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """What is seen of a pod and its claim, the rule that fires, and what happened so far; in which cluster, as plan."""
    from eipctl import real
    from eipctl.demo import command as demo_command

    namespace, slash, name = pod.partition("/")
    if not (namespace and slash and name) or "/" in name:
        typer.echo(f"eipctl: {pod}: name it as NAMESPACE/POD", err=True)
        raise typer.Exit(UNUSABLE)
    here, as_json = _here(kubeconfig), output is Output.JSON
    if at is None and here.named:
        raise typer.Exit(real.explain(here, (namespace, name), as_json=as_json))
    raise typer.Exit(demo_command.explain((namespace, name), 100.0 if at is None else at, as_json=as_json))


@app.command("emulator")
def emulator_(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    cluster_id: Annotated[
        Optional[str], typer.Option(help="Make the tags of this cluster, as an installation does.")  # noqa: UP045 - as above
    ] = None,
) -> None:
    """Serve the emulated cloud on 127.0.0.1 until interrupted; the first line says how to reach it, as JSON."""
    from eipctl import emulator

    raise typer.Exit(emulator.serve(port, cluster_id))


@app.command()
def dev(
    execute: Annotated[
        Optional[str], typer.Option("--exec", metavar="CMD", help="Run this inside, and end with its exit code.")  # noqa: UP045 - as above
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, max=20, help="Nodes, each with room for 5 EIPs.")] = 3,
    max_wait: Annotated[
        Optional[float],  # noqa: UP045 - as above
        typer.Option(min=0, max=300, help="Seconds that CLS waits for a batch.", show_default="as in serverless.yml"),
    ] = None,
    tick: Annotated[
        Optional[float],  # noqa: UP045 - as above
        typer.Option(min=1, max=3600, help="Seconds between sweeps.", show_default="as in serverless.yml"),
    ] = None,
) -> None:
    """A real control plane with emulated nodes and cloud, and the functions woken by its audit log, until Ctrl-C."""
    from eipctl.dev import command as dev_command
    from eipctl.dev.platform import Pace
    from eipctl.dev.world import Options

    try:
        raise typer.Exit(dev_command.dev(Options(nodes, Pace(max_wait, tick)), execute))
    except EipclaimError as error:
        typer.echo(f"eipctl: {error}", err=True)
        raise typer.Exit(FAILED) from None


@app.command()
def bundle(
    python: Annotated[
        Optional[str], typer.Option(metavar="PATH", help="A Python 3.10, which makes the byte code that SCF runs.")  # noqa: UP045 - as above
    ] = None,
    folder: Annotated[Path, typer.Option("--into", help="Where bundle/, the zip and its SBOM go.")] = Path("build"),
) -> None:
    """What SCF runs, as a folder and as a zip: handlers, shared code, locked packages, byte code. Needs PyPI."""
    from eipctl import bundle as bundles
    from eipctl import pythons

    try:
        found = python or pythons.find(bundles.SCF.version)
        made = bundles.build(found, folder, lambda line: typer.echo(line, err=True))
    except EipclaimError as error:
        typer.echo(f"eipctl: {error}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(bundles.report(made))


KubeconfigOfAdminOption = Annotated[
    Optional[Path],  # noqa: UP045 - as above
    typer.Option("--kubeconfig", help="Of an administrator of the cluster, instead of KUBECONFIG.", show_default=False),
]
ServerOption = Annotated[
    Optional[str],  # noqa: UP045 - as above
    typer.Option(help="How the functions reach the apiserver.", show_default="the cluster's internal endpoint"),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@app.command()
def install(
    kubeconfig: KubeconfigOfAdminOption = None,
    server: ServerOption = None,
    *,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make cluster and account ready, after showing what differs; again after `scf deploy`, and to renew the tokens."""
    from eipctl.deployment import command

    command.install(kubeconfig, server, yes=yes, dry_run=dry_run, as_json=output is Output.JSON)


@app.command()
def doctor(
    kubeconfig: KubeconfigOfAdminOption = None, server: ServerOption = None, output: OutputOption = Output.TEXT
) -> None:
    """What is wrong with an installation, or would be, and what to do about it; nothing is changed."""
    from eipctl.deployment import command

    command.doctor(kubeconfig, server, as_json=output is Output.JSON)


@app.command()
def teardown(
    kubeconfig: KubeconfigOfAdminOption = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Take EIPs from pods that live, too.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Give back every EIP of the cluster and take away all that install made, after showing what there is."""
    from eipctl.deployment import command

    command.teardown(kubeconfig, force=force, yes=yes, dry_run=dry_run, as_json=output is Output.JSON)


def main() -> None:
    """Run the command line, without colours where NO_COLOR is set: rich sees to that by itself, click does not."""
    app(prog_name="eipctl", color=False if os.environ.get("NO_COLOR") else None)


if __name__ == "__main__":
    main()
