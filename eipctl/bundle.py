"""`eipctl bundle`: what SCF runs, as a folder and as a zip that comes out the same, bit for bit, wherever it is built.

Handlers at the root (SCF finds them nowhere else), `shared/` and the locked packages beside them. SCF's code folder is
read-only, so byte code has to be in it: made by a Python 3.10, and never compared with the sources' times.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eipctl import pythons, sbom
from shared.core.errors import InputRejected

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "functions.txt"
INSTALLED_AT = "/var/user"
"""Where SCF unpacks it: what tracebacks name."""

BUDGET = 12 * 2**20
"""Bytes of the zip; SCF takes 500 MB unpacked, but every cold start has to fetch it."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""

# Patterns of what the packages bring and the functions cannot reach.
DROPPED = (
    # All but the asynchronous client (`kubernetes.aio`: client, utils), and of that too the generated models and APIs:
    # the adapter reads JSON itself.
    "kubernetes/[!_a]*",
    "kubernetes/aio/[!_cu]*",
    "kubernetes/aio/config",
    "kubernetes/aio/client/api",
    "kubernetes/aio/client/models/[!_]*",
    "kubernetes/**/*_test.py",
    # Pydantic's first version, and plug-ins of tools.
    "pydantic/v1",
    "pydantic/mypy.py",
    # The world's time zones: the functions know UTC.
    "tzdata",
    # What compilers, type checkers and installers read.
    "bin",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.c",
    "**/*.h",
    "**/*.hash",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
)

EMPTIED = ("kubernetes/__init__.py", "kubernetes/aio/__init__.py")
"""They import all that the package has, and OAuth for it: a tenth of the CPU of a cold start."""


@dataclass(frozen=True)
class Target:
    """What a bundle is for: a Python, and what tells pip which packages fit it."""

    version: tuple[int, int]
    platform: tuple[str, ...] = ()


SCF = Target((3, 10), ("--platform", "manylinux2014_x86_64", "--python-version", "3.10", "--implementation", "cp"))
"""The newest Python that SCF documents, on the C library of CentOS 7 (glibc 2.17)."""


@dataclass(frozen=True)
class Bundle:
    """What was made: `digest` is the SHA-256 of the zip, sizes are in bytes."""

    folder: Path
    zip: Path
    digest: str
    packed: int
    unpacked: int
    files: int


def build(python: str | None, output: Path, say: Callable[[str], None]) -> Bundle:
    """Make `bundle/`, `eipclaim.zip` and its list of contents `eipclaim.cdx.json` in `output`, anew.

    `python` is a Python 3.10. Raises InputRejected where there is none, where a package cannot be had, where a handler
    does not answer from what is in the bundle alone, or where the zip is over its budget.
    """
    compiler = checked(python, SCF)
    folder = output / "bundle"
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output, prefix=".bundle-") as temporary:
        made = Path(temporary, "bundle")
        components = install(compiler, made, SCF, say)
        add_own(compiler, made)
        try_handlers(compiler, made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    bundle = pack(folder, output / "eipclaim.zip")
    if bundle.packed > BUDGET:
        message = f"{bundle.zip} has {_megabytes(bundle.packed)}, {_megabytes(BUDGET)} are allowed: what has grown?"
        raise InputRejected("BundleTooLarge", message)
    (output / "eipclaim.cdx.json").write_text(sbom.document(components, bundle.digest), encoding="utf-8")
    return bundle


def report(bundle: Bundle) -> str:
    """Its figures, in a line."""
    return (
        f"{bundle.zip}: {_megabytes(bundle.packed)} of {_megabytes(BUDGET)}, unpacked {_megabytes(bundle.unpacked)} in "
        f"{bundle.files} files, sha256 {bundle.digest}"
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"


def checked(python: str | None, target: Target) -> str:
    """The Python that makes the byte code: no other version's would be used. Raises InputRejected for another."""
    if not python:
        raise InputRejected("NoPython310", "there is no Python 3.10 to make SCF's byte code with: install one")
    told = pythons.version(python)
    if told is None:
        raise InputRejected("NoPython310", f"{python} does not run")
    if told != target.version:
        message = f"{python} is Python {told[0]}.{told[1]}, SCF runs {target.version[0]}.{target.version[1]}"
        raise InputRejected("NoPython310", message)
    return python


def install(compiler: str, folder: Path, target: Target, say: Callable[[str], None]) -> Sequence[sbom.Component]:
    """The locked packages, each checked by its hash, none built here, as far as the functions can reach them."""
    say(f"packages of {LOCK.relative_to(ROOT)} for Python {target.version[0]}.{target.version[1]}")
    with TemporaryDirectory(prefix="eipclaim-wheels-") as wheels:
        exact = ["--no-deps", "--only-binary=:all:", *target.platform]
        _pip("download", *exact, "--require-hashes", "--dest", wheels, "-r", str(LOCK))
        found = sorted(Path(wheels).glob("*.whl"))
        files = [str(wheel) for wheel in found]
        _pip("install", "--no-index", "--no-compile", *exact, "--target", str(folder), *files)
        components = [sbom.component(wheel) for wheel in found]
    drop(folder)
    say(f"byte code by {compiler}")
    _compile(compiler, folder, [folder])
    return components


def _pip(*arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run([*pip, *arguments], check=False)  # noqa: S603 - all ours
    if done.returncode:
        raise InputRejected("NoPackages", "pip could not install the locked packages: see above")


def drop(folder: Path) -> None:
    """Take away what the functions cannot reach."""
    for pattern in DROPPED:
        for found in sorted(folder.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
    for name in EMPTIED:
        if (module := folder / name).exists():
            module.write_text("", encoding="utf-8")


def add_own(compiler: str, folder: Path) -> None:
    """The handlers, what they share, and the licence."""
    handlers = [handler for handler in sorted((ROOT / "functions").glob("*.py")) if handler.name != "__init__.py"]
    own = [Path(shutil.copyfile(handler, folder / handler.name)) for handler in handlers]
    shared = shutil.copytree(ROOT / "shared", folder / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    _compile(compiler, folder, [*own, Path(shared)])


def _compile(python: str, folder: Path, parts: Sequence[Path]) -> None:
    """Byte code that is used as it is: unpacking changes the times that it would else be compared with.

    One hash seed, since it orders the sets among the constants.
    """
    compileall = [python, "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command = [*compileall, "-s", str(folder), "-p", INSTALLED_AT, *(str(part) for part in parts)]
    done = subprocess.run(command, check=False, env={"PYTHONHASHSEED": "0"})  # noqa: S603 - told by the operator
    if done.returncode:
        raise InputRejected("NotCompiled", "some of the packages do not compile: see above")


def try_handlers(python: str, folder: Path) -> None:
    """Each handler answers a timer from the bundle alone: that no settings are there, but answers."""
    for handler in sorted((ROOT / "functions").glob("[!_]*.py")):
        name = handler.stem
        program = f"import {name}; print({name}.main_handler({{'Type': 'Timer'}}, {{}})['error'])"
        command = [python, "-B", "-S", "-s", "-c", program]
        environ = {"PYTHONPATH": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)  # noqa: S603 - as above
        if done.returncode or "EIPCLAIM_CLUSTER_ID is not set" not in done.stdout:
            told = (done.stderr or done.stdout).strip().rsplit("\n", 1)[-1]
            raise InputRejected("BundleIncomplete", f"{name} does not answer from the bundle alone: {told}")


def pack(folder: Path, file: Path) -> Bundle:
    """The folder as a zip without times, owners or the order of a file system."""
    unpacked = count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.create_system = 3  # Unix: SCF reads the mode below
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = path.read_bytes()
            archive.writestr(entry, content)
            unpacked, count = unpacked + len(content), count + 1
    packed = file.read_bytes()
    return Bundle(folder, file, hashlib.sha256(packed).hexdigest(), len(packed), unpacked, count)


def _files(folder: Path) -> Iterator[Path]:
    found: Sequence[Path] = [path for path in folder.rglob("*") if path.is_file()]
    yield from sorted(found, key=lambda path: path.relative_to(folder).as_posix())
