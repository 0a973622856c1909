"""How the programs of the control plane are found and built, with a Go that is a shell script."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from eipctl.dev import binaries, building
from eipctl.dev.binaries import NAMES, VARIABLE
from shared.core.errors import InputRejected

GO = """#!/bin/sh
[ "$1 $2" = "list -m" ] && exit {new_enough}
[ "$1" = list ] && { echo "go: downloading k8s.io/api v1"; echo fmt; echo k8s.io/api; exit; }
while [ "$1" != -o ]; do shift; done
mkdir "$2" && for name in kube-apiserver kube-controller-manager kube-scheduler kubectl server; do
  printf '#!/bin/sh\\n' > "$2$name" && chmod +x "$2$name"
done
echo k8s.io/api
exit {code}
"""


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, and nothing installed but what a shell script needs."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"]))
    (tmp_path / "bin").mkdir()
    return tmp_path / "eipclaim" / "control-plane"


def install_go(tmp_path: Path, *, new_enough: bool = True, code: int = 0) -> None:
    go = tmp_path / "bin" / "go"
    go.write_text(GO.replace("{new_enough}", str(int(not new_enough))).replace("{code}", str(code)))
    go.chmod(0o755)


def test_what_is_nowhere_is_built_and_found_from_then_on(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path)
    terminal = Terminal()

    built = binaries.obtain(terminal)

    assert {path.parent for path in built.values()} == {building.cached()}
    assert [one.name for one in cache.iterdir()] == [building.cached().name]
    assert terminal.getvalue().endswith("1 modules fetched, 1 of 2 packages compiled\n")
    assert binaries.obtain(io.StringIO()) == built


def test_a_build_that_fails_says_why_and_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path, code=1)

    with pytest.raises(InputRejected, match=r"(?s)failed:.*k8s.io/api"):
        binaries.obtain(io.StringIO())

    assert list(cache.iterdir()) == []


def test_a_build_that_another_was_faster_with_is_thrown_away(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path)
    building.build(io.StringIO())
    (first,) = building.cached().glob("etcd")
    made = first.stat().st_ino

    building.build(io.StringIO())

    assert first.stat().st_ino == made
    assert [one.name for one in cache.iterdir()] == [building.cached().name]


@pytest.mark.parametrize("variable", [VARIABLE, "KUBEBUILDER_ASSETS"])
def test_programs_that_are_told_are_taken(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    told = tmp_path / "told"
    told.mkdir()
    monkeypatch.setenv(variable, str(told))
    for name in NAMES:
        (told / name).touch(mode=0o755)

    found = binaries.locate()

    assert found == {name: told / name for name in NAMES}
    assert not cache.exists()


def test_programs_that_are_told_are_preferred_to_those_that_were_built(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_go(tmp_path)
    built = binaries.obtain(io.StringIO())
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    (tmp_path / "etcd").touch(mode=0o755)
    lacking = binaries.locate()
    for name in NAMES:
        (tmp_path / name).touch(mode=0o755)

    told = binaries.locate()

    assert lacking == built, "what lacks one does not count"
    assert told == {name: tmp_path / name for name in NAMES}
    assert cache.exists()


def test_a_folder_that_is_told_and_lacks_one_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    with pytest.raises(InputRejected, match="lacks one of: etcd"):
        binaries.obtain(io.StringIO())
