"""The commands `install`, `doctor` and `teardown`: what they are given, ask, print, and end with."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import typer

from eipctl.deployment import install as installing
from eipctl.deployment import summary
from eipctl.deployment import teardown as tearing
from eipctl.deployment.changes import SIGNS, Change, Verb, plan
from eipctl.deployment.doctor.findings import Finding, Severity
from eipctl.deployment.draining import Drain, Left
from eipctl.deployment.place import place
from eipctl.deployment.teardown import Holdings
from eipctl.shell import FAILED, OK, UNUSABLE
from shared.core.errors import EipclaimError, InputRejected

COLOURS = {Verb.CREATE: "green", Verb.UPDATE: "yellow", Verb.REMOVE: "red"}

SEVERITIES = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "red", Severity.UNKNOWN: "magenta"}


def install(kubeconfig: Path | None, server: str | None, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Make cluster and account ready. Raises typer.Exit."""
    with _told():
        where = place(kubeconfig, server, os.environ)
        seen = where.ask(lambda parts, sides: installing.look(parts.all(), sides))
        changes = plan(seen)
        if changes and not as_json:
            typer.echo(where.told())
            _show(changes)
        left: Sequence[Change] = changes
        if changes and not dry_run:
            _confirm("Do this?", yes=yes, as_json=as_json)
            names = [one.name for one in changes]
            with _going_on():
                left = where.ask(lambda parts, sides: installing.install(parts.all(), names, sides, _progress))
                seen = where.ask(lambda parts, sides: installing.look([*parts.secrets, *parts.extras], sides))
        told = summary.installed(where.installation, changes, [] if dry_run else left, seen, done=not dry_run)
        typer.echo(json.dumps(told) if as_json else summary.installed_text(told), nl=as_json)
    raise typer.Exit(FAILED if told["left"] else OK)


def teardown(kubeconfig: Path | None, *, force: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Give back every EIP of the cluster and take away all that install made. Raises typer.Exit."""
    with _told():
        where = place(kubeconfig, None, os.environ)
        held = where.ask(lambda parts, sides: tearing.look(parts, where.installation, sides))
        if not held.empty and not as_json:
            typer.echo(where.told())
            _show_holdings(held, force=force)
        left: Sequence[Left] = ()
        if not held.empty and not dry_run:
            _confirm("Take all this away?", yes=yes, as_json=as_json)
            drain = Drain(where.installation.settings, where.own, force, anyio.sleep, _progress)
            with _going_on():
                left = where.ask(lambda parts, sides: tearing.teardown(parts, where.installation, drain, sides))
        told = summary.torn_down(held, left, done=not dry_run)
        typer.echo(json.dumps(told) if as_json else summary.torn_down_text(told), nl=as_json)
    raise typer.Exit(FAILED if left else OK)


def doctor(kubeconfig: Path | None, server: str | None, *, as_json: bool) -> None:
    """What is wrong with an installation, or would be. Raises typer.Exit."""
    with _told():
        findings = place(kubeconfig, server, os.environ).examine()
    told = [one.told() for one in findings]
    if as_json:
        typer.echo(json.dumps({"findings": told}))
    else:
        _show_findings(findings)
    raise typer.Exit(FAILED if any(one.fails for one in findings) else OK)


def _show(changes: Sequence[Change]) -> None:
    for one in changes:
        first, *rest = one.told()
        typer.secho(first, fg=COLOURS[one.verb])
        for line in rest:
            typer.secho(line, dim=True)


def _show_findings(findings: Sequence[Finding]) -> None:
    for one in findings:
        typer.secho(f"{one.severity.value:8}", fg=SEVERITIES[one.severity], nl=False)
        typer.echo(f"{one.check}: {one.what}")
        if one.todo:
            typer.echo(f"         -> {one.todo}")
    counts = Counter(one.severity.value for one in findings)
    typer.echo(", ".join(f"{counts[one.value]} {one.value}" for one in Severity if counts[one.value]))


def _show_holdings(held: Holdings, *, force: bool) -> None:
    for name in summary.held(held):
        typer.secho(f"{SIGNS[Verb.REMOVE]} {name}", fg=COLOURS[Verb.REMOVE])
    if held.bound:
        typer.secho(summary.warning(held.bound, force=force), fg="yellow")


def _confirm(question: str, *, yes: bool, as_json: bool) -> None:
    """Raises typer.Exit where nobody can be asked, or the answer is no."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        typer.echo("eipctl: nobody can be asked here: add --yes, or --dry-run", err=True)
        raise typer.Exit(UNUSABLE)
    if not typer.confirm(question):
        typer.echo("nothing was done", err=True)
        raise typer.Exit(FAILED)


def _progress(line: str) -> None:
    typer.echo(f"done: {line}", err=True)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong, in one line."""
    try:
        yield
    except InputRejected as error:
        typer.echo(f"eipctl: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except EipclaimError as error:
        typer.echo(f"eipctl: {error}", err=True)
        raise typer.Exit(FAILED) from None


@contextmanager
def _going_on() -> Iterator[None]:
    """Whoever was at it when it failed is told that nothing is lost."""
    try:
        yield
    except EipclaimError:
        typer.echo("what is done stays done: run it again, and it goes on", err=True)
        raise
