"""A plugin of pytest: what the worlds of a run tell at their end, from whichever of its processes, and what follows."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from eipctl.dev import figures
from eipctl.dev.world import World
from tests.control_planes import BINARIES
from tests.dev.rights import Right, granted, ungranted, unused, used

RBAC = "deploy/rbac.yaml"
TOGETHER = {
    "plane": (
        "tests/contract/test_capacity_policy.py",
        "tests/contract/test_schema.py",
        "tests/wire/test_apiserver_calls.py",
    ),
    "another bare plane": (
        "tests/deployment/test_install.py",
        "tests/deployment/test_operator.py",
        "tests/deployment/test_teardown.py",
    ),
    "bare plane": ("tests/deployment/",),
    "scenarios": (
        "tests/dev/test_annotations.py",
        "tests/dev/test_cascade.py",
        "tests/dev/test_deletions.py",
        "tests/dev/test_nodes.py",
        "tests/dev/test_scenarios.py",
    ),
    "outages": (
        "tests/dev/test_names.py",
        "tests/dev/test_platform_faults.py::test_a_burst",
        "tests/dev/test_platform_faults.py::test_the_apiserver_is_killed",
        "tests/dev/test_platform_faults.py::test_two_releases",
    ),
    "disorder": ("tests/dev/test_platform_faults.py",),
    "commands for an end": (
        "tests/dev/test_command.py::test_a_signal",
        "tests/dev/test_command.py::test_the_exit_code",
    ),
    "commands for a life": ("tests/dev/test_command.py",),
    "other surroundings": ("tests/dev/test_surroundings.py",),
    "decided worlds": ("tests/core/test_properties.py",),
    "worlds at rest": ("tests/core/test_rest.py",),
}
"""Whose tests share what is dear to make. The contract's, on the plane too, say so in their names.

The scenarios mostly wait, as do those in worlds of their own: so they are played beside each other, in parts of a few
minutes each. Of two that fit, the first holds.
"""


class ByCluster(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist is published without types
    """What shares an apiserver, or something else that is dear, is played in one process, all else where there is room.

    pytest-xdist 3.8 has marks for this, which pytest 9.2 does not bring to its notice.
    """

    def _split_scope(self, nodeid: str) -> str:
        """With whom the test shares something, or itself."""
        if "[apiserver" in nodeid:
            return "plane"
        return next((scope for scope, files in TOGETHER.items() if nodeid.startswith(files)), nodeid)


class Told:
    """All that was told so far. With `--rights`, rights that no world has used fail the run."""

    def __init__(self, config: pytest.Config) -> None:
        """Nothing."""
        self._config = config
        self._uses: set[Right] = set()
        self._figures: list[str] = []

    def ends(self, world: World) -> None:
        """A world is about to end."""
        self._uses.update(used(figures.audited(world.plane.audit_log)))

    def counted(self, what: str) -> None:
        """Something that the end of the run shows as a line, whichever process has found it."""
        self._figures.append(what)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Without programs there are no scenarios."""
        if BINARIES:
            return
        real = [item for item in items if any(item.get_closest_marker(name) for name in ("laptop", "measured"))]
        self._config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if item not in real]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling:  # noqa: ANN401 - as below
        """Who decides which process plays what."""
        return ByCluster(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist is published without its hooks' types
        """Another process of this run has ended."""
        told = getattr(node, "workeroutput", {})
        self._uses.update(Right(*use) for use in told.get("uses", ()))
        self._figures += told.get("figures", ())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what was told, or judge it."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output.update(uses=[list(use) for use in self._uses], figures=self._figures)
        elif self._config.getoption("--rights") and BINARIES:
            self._judge(session)

    def _judge(self, session: pytest.Session) -> None:
        grants = granted()
        found = [
            *(f"granted, but no scenario has used it: {right}" for right in unused(grants, self._uses)),
            *(f"used, but not granted there: {right}" for right in ungranted(grants, self._uses)),
        ]
        if found:
            place = (RBAC, None, RBAC)
            report = pytest.TestReport(RBAC, place, {}, "failed", "\n".join(found), "teardown")
            self._config.hook.pytest_runtest_logreport(report=report)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The figures, where all can read them."""
        if self._figures:
            terminalreporter.section("figures")
            terminalreporter.write_line("\n".join(self._figures))
