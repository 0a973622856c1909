"""A virtual clock, and an emulated cloud that runs by it."""

from __future__ import annotations

import pytest

from emulator.cloud import Cloud
from emulator.timeline import Timeline


@pytest.fixture
def timeline() -> Timeline:
    """Virtual time from 2026-11-24 on."""
    return Timeline(1_795_478_400.0)


@pytest.fixture
def cloud(timeline: Timeline) -> Cloud:
    """An empty account whose only tag is team=blue."""
    cloud = Cloud(timeline.now)
    cloud.console.create_tag("team", "blue")
    return cloud
