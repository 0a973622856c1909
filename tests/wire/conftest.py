"""The faults of the apiserver's wire need a real one: without its programs they are not run, which is said loudly."""

from __future__ import annotations

from tests.control_planes import BINARIES

collect_ignore = [] if BINARIES else ["test_apiserver_calls.py"]


def pytest_report_header() -> str:
    """What is left out."""
    return "wire: " + ("a spoiling proxy before a real apiserver" if BINARIES else "!!! NO APISERVER TO SPOIL !!!")
