"""The bundle's parts that need no package index: what is refused, what is dropped, and that a zip has no time."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from eipctl import bundle, sbom
from shared.core.errors import InputRejected


def test_without_a_python_3_10_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match=r"no Python 3\.10"):
        bundle.build(None, tmp_path, print)

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="does not run"):
        bundle.build(str(tmp_path / "python3.10"), tmp_path, print)


def test_another_python_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho 3 12\n")
    other.chmod(0o755)

    with pytest.raises(InputRejected, match=r"is Python 3\.12, SCF runs 3\.10"):
        bundle.build(str(other), tmp_path, print)


def test_a_zip_is_the_same_whenever_and_in_whatever_order_its_files_were_made(tmp_path: Path) -> None:
    for number, order in enumerate((["a.py", "b/c.py"], ["b/c.py", "a.py"])):
        for name in order:
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            os.utime(path, (number * 1e9, number * 1e9))

    first, second = [bundle.pack(tmp_path / str(n), tmp_path / f"{n}.zip") for n in range(2)]

    assert first.digest == second.digest
    assert (first.files, first.unpacked) == (2, len("a.py") + len("b/c.py"))


def test_what_the_functions_cannot_reach_is_dropped_and_the_rest_stays(tmp_path: Path) -> None:
    client = "kubernetes/aio/client"
    kept = [
        "kubernetes/aio/__init__.py",
        f"{client}/models/__init__.py",
        "aiohttp/client.py",
        "six-1.0.dist-info/METADATA",
    ]
    dropped = [
        "kubernetes/client/rest.py",
        f"{client}/models/v1_pod.py",
        f"{client}/api/core_v1_api.py",
        "aiohttp/_http.pyx",
    ]
    for name in kept + dropped:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import everything", encoding="utf-8")

    bundle.drop(tmp_path)

    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
    assert [name for name in kept if not (tmp_path / name).read_text(encoding="utf-8")] == [
        "kubernetes/aio/__init__.py"
    ]


def wheel(folder: Path, name: str, metadata: str) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}"
        )
        archive.writestr(f"{name}/vendored-2.0.dist-info/METADATA", "Name: another\nVersion: 2.0\n")
    return path


def test_the_list_of_contents_names_what_each_wheel_says_of_itself(tmp_path: Path) -> None:
    classifier = "Classifier: License :: OSI Approved :: MIT License\n"
    metadata = {
        "Type_Extensions": "License-Expression: PSF-2.0\n",
        "classified": f"License: {'long ' * 20}\n{classifier}",
        "written": "License: Apache 2.0\n",
        "silent": "",
    }
    wheels = [wheel(tmp_path, name, told) for name, told in metadata.items()]

    text = sbom.document([sbom.component(one) for one in wheels], "d1gest")

    listed = {one["purl"]: one for one in json.loads(text)["components"]}
    assert {purl: one.get("licenses") for purl, one in listed.items()} == {
        "pkg:pypi/classified@1.0": [{"license": {"name": "MIT License"}}],
        "pkg:pypi/silent@1.0": None,
        "pkg:pypi/type-extensions@1.0": [{"expression": "PSF-2.0"}],
        "pkg:pypi/written@1.0": [{"license": {"name": "Apache 2.0"}}],
    }
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    assert listed["pkg:pypi/type-extensions@1.0"]["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_the_list_of_contents_is_the_same_in_whatever_order_and_its_number_is_that_of_the_zip(tmp_path: Path) -> None:
    components = [sbom.component(wheel(tmp_path, name, "")) for name in ("a", "b")]

    text = sbom.document(components, "d1gest")

    assert sbom.document(components[::-1], "d1gest") == text
    assert json.loads(text)["serialNumber"] != json.loads(sbom.document(components, "another"))["serialNumber"]


def test_a_handler_that_lacks_something_in_the_bundle_is_found(tmp_path: Path) -> None:
    (tmp_path / "allocate.py").write_text("import nowhere\n")

    with pytest.raises(InputRejected, match=r"allocate does not answer from the bundle alone: .*nowhere"):
        bundle.try_handlers(sys.executable, tmp_path)
