"""TKE's own CRD beside ours, with the same plural and short name: what kubectl takes the names for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from eipctl.dev import control_plane
from eipctl.dev.binaries import ROOT
from eipctl.dev.control_plane import ControlPlane, ControlPlaneError
from tests.control_planes import BINARIES

pytestmark = pytest.mark.laptop
OURS, THEIRS = "eipclaims.eipclaim.io", "eipclaims.networking.tke.cloud.tencent.com"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": THEIRS},
    "spec": {
        "group": "networking.tke.cloud.tencent.com",
        "scope": "Namespaced",
        "names": {"kind": "EIPClaim", "plural": "eipclaims", "singular": "eipclaim", "shortNames": ["eipc"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    assert BINARIES
    with control_plane.running(BINARIES, whole=False) as running:
        yield running


def install(plane: ControlPlane, *, ours_last: bool) -> None:
    """Install both anew, in that order, each with a claim of the name `web`."""
    theirs = plane.home / "theirs.json"
    theirs.write_text(json.dumps(CRD))
    files = {THEIRS: theirs, OURS: ROOT / "deploy" / "crd.yaml"}
    plane.kubectl("delete", "crd", OURS, THEIRS, "--ignore-not-found")
    for name in (THEIRS, OURS) if ours_last else (OURS, THEIRS):
        plane.kubectl("apply", "--server-side", f"--filename={files[name]}")
        plane.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=300s")
    for api in ("eipclaim.io/v1alpha1", "networking.tke.cloud.tencent.com/v1"):
        claim = plane.home / "claim.json"
        metadata = {"name": "web", "namespace": "default"}
        claim.write_text(json.dumps({"apiVersion": api, "kind": "EIPClaim", "metadata": metadata, "spec": {}}))
        plane.kubectl("apply", f"--filename={claim}")


def explained(plane: ControlPlane, name: str, cache: str) -> str:
    """What kubectl has to say of it, once the apiserver has made its description, a while after the kind is served."""
    deadline = time.monotonic() + control_plane.PATIENCE_SECONDS
    while True:
        try:
            return plane.kubectl("explain", name, cache)
        except ControlPlaneError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("ours_last", [True, False], ids=["theirs first", "ours first"])
def test_the_bare_names_mean_ours_and_the_full_ones_what_they_say(plane: ControlPlane, *, ours_last: bool) -> None:
    """By a kubectl that has cached nothing, and by one that has seen both come and go."""
    install(plane, ours_last=ours_last)

    for cache in (f"--cache-dir={plane.home}/new-{ours_last}", "--cache-dir=/nonexistent"):
        for name in ("eipc", "eipclaim", "eipclaims", OURS):
            assert plane.kubectl("get", name, "--output=name", cache) == "eipclaim.eipclaim.io/web\n"
            assert explained(plane, name, cache).startswith("GROUP:      eipclaim.io\n")
    plane.kubectl("delete", "eipc", "web")

    left = "eipclaim.networking.tke.cloud.tencent.com/web\n"
    assert plane.kubectl("get", OURS, "--output=name") == ""
    assert plane.kubectl("get", THEIRS, "--output=name") == left
