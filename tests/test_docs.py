"""What the documents say is so: links lead somewhere, settings are those of the code, examples do what they promise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from eipctl.demo.stage import EXAMPLES, Stage
from shared.adapters.events import Manual, parse
from shared.core.pod import Pod
from shared.core.policy import Request, read
from shared.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "deploy/cam/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """A first reader follows them."""
    broken = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]

    assert broken == []


def test_the_design_lists_exactly_the_settings_that_there_are() -> None:
    """A setting that is not documented is found by nobody, and one that is gone misleads."""
    section = (ROOT / "docs/design.md").read_text(encoding="utf-8").split("## Settings", 1)[1]

    documented = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", section)) - {PREFIX}

    assert documented == {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_pods_of_every_example_get_their_addresses(path: Path) -> None:
    """Copied as they are, by somebody who trusts them."""
    stage = Stage()
    manifests = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))

    stage.apply(path)
    served = [stage.until_served(stage.until_pod_of(manifest["metadata"]["name"])) for manifest in manifests]

    assert all(served)
    for pod in stage.sees.pods():
        assert isinstance(read(Pod.model_validate(pod.model_dump(by_alias=True)), None, stage.policy), Request)


def test_the_example_of_an_invocation_names_a_claim() -> None:
    """It is the event that the documents tell people to send."""
    event = json.loads((EXAMPLES / "claims.json").read_text(encoding="utf-8"))

    assert parse(event) == Manual((("default", "busybox-1"),), dry_run=False)
