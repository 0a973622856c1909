"""How the rights used are compared with those granted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from eipctl.dev.binaries import ROOT
from tests.dev.rights import Right, granted, ungranted, unused, used

LEASE = ("eipclaim-take", "update", "leases.coordination.k8s.io", "eipclaim-system")
MAY_UPDATE = Right(*LEASE, "eipclaim-reclaim")
USERNAME = "system:serviceaccount:eipclaim-system:eipclaim-take"


def test_the_grants_are_those_of_the_manifest_down_to_names_and_subresources() -> None:
    grants = granted()

    assert MAY_UPDATE in grants
    assert Right("eipclaim-give", "patch", "pods/status", None, None) in grants
    assert {one.account for one in grants} == {"eipclaim-give", "eipclaim-take"}


def test_a_record_tells_a_use_if_it_is_ours_and_was_allowed() -> None:
    target = {"resource": "pods", "subresource": "status", "namespace": "default", "name": "busybox-0"}
    allowed = {"verb": "patch", "objectRef": target, "annotations": {"authorization.k8s.io/decision": "allow"}}
    ours = {**allowed, "user": {"username": USERNAME}}
    others = {**allowed, "user": {"username": "system:admin"}}
    forbidden = {**ours, "annotations": {"authorization.k8s.io/decision": "forbid"}}

    uses = list(used([ours, others, forbidden]))

    assert uses == [Right("eipclaim-take", "patch", "pods/status", "default", "busybox-0")]


def test_each_difference_is_named() -> None:
    other = Right(*LEASE, "another")

    assert unused({MAY_UPDATE}, {MAY_UPDATE}) == ungranted({MAY_UPDATE}, {MAY_UPDATE}) == []
    assert unused({MAY_UPDATE}, {other}) == [MAY_UPDATE]
    assert ungranted({MAY_UPDATE}, {other}) == [other]
    assert str(other) == "eipclaim-take: update leases.coordination.k8s.io another in eipclaim-system"


@pytest.mark.laptop
def test_a_run_that_leaves_rights_unused_fails_and_says_which() -> None:
    """A run of one test that has no world."""
    command = [sys.executable, "-m", "pytest", "-q", "--rights", "-k", "a_record_tells", __file__]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves

    assert done.returncode == 1, done.stdout
    assert "granted, but no scenario has used it: eipclaim-take: delete eipclaims.eipclaim.io" in done.stdout
    assert "1 passed, 3 deselected, 1 error" in done.stdout
