"""The list of what is in the bundle has the form of CycloneDX 1.6, and names what is locked."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from eipctl import sbom
from eipctl.bundle import LOCK
from tests.eipctl.cyclonedx import Document, purl

BUILT = Path(__file__).parents[2] / "build"
DIGEST = hashlib.sha256(b"").hexdigest()
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)((?:.*\\\n)+.*)", re.MULTILINE)
COMPONENTS = [
    sbom.Component("typing_extensions", "4.16.0", DIGEST, "PSF-2.0", ()),
    sbom.Component("PyYAML", "6.0.3", DIGEST, None, ("MIT License", "BSD License")),
    sbom.Component("six", "1.17.0", DIGEST, None, ()),
]


def locked() -> dict[str, frozenset[str]]:
    """By package, the hashes of the wheels that may be installed."""
    found = LOCKED.findall(LOCK.read_text(encoding="utf-8"))
    return {purl(name, version): frozenset(re.findall(r"sha256:([0-9a-f]{64})", rest)) for name, version, rest in found}


def test_it_has_what_the_schema_requires_and_nothing_else() -> None:
    read = Document.model_validate_json(sbom.document(COMPONENTS, DIGEST))

    assert [one.purl for one in read.components] == [
        "pkg:pypi/pyyaml@6.0.3",
        "pkg:pypi/six@1.17.0",
        "pkg:pypi/typing-extensions@4.16.0",
    ]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"specVersion": "1.5"},
        {"serialNumber": "urn:uuid:1"},
        {"components": [{"type": "library", "bom-ref": "a", "name": "a", "version": "1", "purl": "pkg:pypi/a@1"}]},
        {"dependencies": [{"ref": "eipclaim", "dependsOn": ["pkg:pypi/other@1"]}]},
        {"timestamp": "2026-11-26T12:00:00Z"},
    ],
)
def test_the_form_that_is_asked_for_refuses_what_is_not_of_it(spoilt: dict[str, Any]) -> None:
    document = json.loads(sbom.document(COMPONENTS, DIGEST))

    with pytest.raises(ValidationError):
        Document.model_validate_json(json.dumps(document | spoilt))


@pytest.mark.skipif(not (BUILT / "eipclaim.cdx.json").exists(), reason="there is no bundle: make bundle")
def test_that_of_the_bundle_names_every_locked_package_by_a_wheel_that_is_locked() -> None:
    read = Document.model_validate_json((BUILT / "eipclaim.cdx.json").read_text(encoding="utf-8"))
    digests = {str(one.purl): one.hashes[0].content for one in read.components}
    wheels = locked()

    assert digests.keys() == wheels.keys()
    assert [name for name, digest in digests.items() if digest not in wheels[name]] == []
    zipped = hashlib.sha256((BUILT / "eipclaim.zip").read_bytes()).hexdigest()
    assert [one.content for one in read.metadata.component.hashes] == [zipped]
