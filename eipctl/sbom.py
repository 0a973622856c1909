"""What a bundle holds that others have made, in CycloneDX 1.6: names, versions, hashes and licences, and no times."""

from __future__ import annotations

import hashlib
import json
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

CLASSIFIER = "License :: OSI Approved :: "
MAX_LICENCE = 64
"""Characters: what is longer is a text, not a name."""


@dataclass(frozen=True)
class Component:
    """A package: `digest` is the SHA-256 of the wheel that was installed, `expression` an SPDX one where it has one."""

    name: str
    version: str
    digest: str
    expression: str | None
    licences: tuple[str, ...]


def component(wheel: Path) -> Component:
    """What a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        told = HeaderParser().parsestr(archive.read(name).decode())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Component(told["Name"], told["Version"], digest, told["License-Expression"], _licences(told))


def _licences(told: Message) -> tuple[str, ...]:
    classified = [one for one in told.get_all("Classifier", []) if one.startswith(CLASSIFIER)]
    if classified:
        return tuple(one.removeprefix(CLASSIFIER) for one in classified)
    written = (told["License"] or "").strip()
    return (written,) if 0 < len(written) <= MAX_LICENCE and "\n" not in written else ()


def document(components: Sequence[Component], digest: str) -> str:
    """The document about the zip of that SHA-256; its serial number follows from that."""
    own = {"type": "application", "bom-ref": "eipclaim", "name": "eipclaim", "hashes": _hashes(digest)}
    return json.dumps(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
            "version": 1,
            "metadata": {"component": {**own, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
            "components": [_described(one) for one in sorted(components, key=_purl)],
            "dependencies": [{"ref": "eipclaim", "dependsOn": sorted(_purl(one) for one in components)}],
        },
        indent=1,
    )


def _described(one: Component) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(one),
        "name": one.name,
        "version": one.version,
        "purl": _purl(one),
        "hashes": _hashes(one.digest),
    }
    if one.expression:
        described["licenses"] = [{"expression": one.expression}]
    elif one.licences:
        described["licenses"] = [{"license": {"name": name}} for name in one.licences]
    return described


def _purl(one: Component) -> str:
    """Names in a purl of PyPI are lower case, with dashes."""
    return f"pkg:pypi/{one.name.lower().replace('_', '-')}@{one.version}"


def _hashes(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]
