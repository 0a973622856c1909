"""The logs of a real apiserver: which objects they point to, record by record and as batches."""

from __future__ import annotations

import pytest

from shared.adapters.events import Records, Reference, parse, read_record
from tests.events.shapes import SHAPES, TRACES, cls_event

NEW, OLD = "web-65595f8f97-wh6dh", "web-66db99b965-zgswq"
ONCE = "once-jlrlq"

BY_RECORD: dict[str, dict[int, Reference]] = {
    "01-statefulset-created": {
        9: Reference("Pod", "default", "busybox-0", "pod bound to a node"),
        12: Reference("Pod", "default", "busybox-0", "pod status: podIP"),
        14: Reference("Pod", "default", "busybox-1", "pod bound to a node"),
        18: Reference("Pod", "default", "busybox-1", "pod status: podIP"),
    },
    "04-deployment-created-generate-name": {
        12: Reference("Pod", "default", OLD, "pod bound to a node"),
        15: Reference("Pod", "default", OLD, "pod status: podIP"),
    },
    "05-deployment-rolling-update": {
        6: Reference("Pod", "default", NEW, "pod bound to a node"),
        12: Reference("Pod", "default", NEW, "pod status: podIP"),
        18: Reference("Pod", "default", OLD, "pod deleted"),
        20: Reference("Pod", "default", OLD, "pod deleted"),
    },
    "06-claim-deleted-by-hand": {
        4: Reference("EIPClaim", "default", "busybox-0", "claim created"),
        5: Reference("EIPClaim", "default", "busybox-0", "claim deleted"),
        8: Reference("EIPClaim", "default", "busybox-0", "claim changed"),
    },
    "07-workloads-deleted": {
        9: Reference("Pod", "default", NEW, "pod deleted"),
        10: Reference("Pod", "default", NEW, "pod deleted"),
        16: Reference("Pod", "default", "busybox-0", "pod deleted"),
        17: Reference("Pod", "default", "busybox-0", "pod deleted"),
    },
    "08-job-completed": {
        10: Reference("Pod", "default", ONCE, "pod bound to a node"),
        13: Reference("Pod", "default", ONCE, "pod status: podIP"),
        17: Reference("Pod", "default", ONCE, "pod status: phase Succeeded"),
        19: Reference("Pod", "default", ONCE, "pod changed"),
    },
}

OBJECTS: dict[str, tuple[Reference, ...]] = {
    "01-statefulset-created": (
        Reference("Pod", "default", "busybox-0", "pod bound to a node"),
        Reference("Pod", "default", "busybox-1", "pod bound to a node"),
    ),
    "04-deployment-created-generate-name": (Reference("Pod", "default", OLD, "pod bound to a node"),),
    "05-deployment-rolling-update": (
        Reference("Pod", "default", NEW, "pod bound to a node"),
        Reference("Pod", "default", OLD, "pod deleted"),
    ),
    "06-claim-deleted-by-hand": (Reference("EIPClaim", "default", "busybox-0", "claim created"),),
    "07-workloads-deleted": (
        Reference("Pod", "default", NEW, "pod deleted"),
        Reference("Pod", "default", "busybox-0", "pod deleted"),
    ),
    "08-job-completed": (Reference("Pod", "default", ONCE, "pod bound to a node"),),
}


def test_every_trace_is_expected_to_point_to_something() -> None:
    assert TRACES.keys() == OBJECTS.keys() == BY_RECORD.keys()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TRACES)
def test_each_record_of_a_trace_points_where_its_reader_would_say(name: str, shape: str) -> None:
    found = {index: read_record(SHAPES[shape](fields)) for index, fields in enumerate(TRACES[name], start=1)}

    assert {index: reference for index, reference in found.items() if reference} == BY_RECORD[name]


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("timestamp", ["1605578090000000", 1605578090000000, None], ids=["string", "number", "none"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TRACES)
def test_a_batch_names_each_object_once_in_the_order_of_first_mention(
    name: str, shape: str, timestamp: object, *, thorough: bool
) -> None:
    event = cls_event(map(SHAPES[shape], TRACES[name]), timestamp)

    assert parse(event, thorough=thorough) == Records(OBJECTS[name], ())
