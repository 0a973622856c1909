"""What every test runs under: asyncio alone as the event loop, and properties that draw the same examples each time."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests import control_planes

settings.register_profile("deterministic", derandomize=True, database=None, deadline=None)
settings.load_profile("deterministic")


def pytest_report_header() -> list[str]:
    """Says loudly what a run leaves out, so that nobody takes it for more than it is."""
    return control_planes.described()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the functions run on; anyio would try each test on trio as well."""
    return "asyncio"
