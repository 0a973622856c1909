"""The filter of `bind`: batches of a busy cluster's audit log, against parsing all of them.

Records that cannot matter are told by a search of their text; the floor inflates a batch and gives it, and the content
of every record, to `json.loads`, with nothing decided.
"""

from __future__ import annotations

import base64
import gzip
import json
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.table import RUNS, Figure, Row, main
from shared.adapters.events import parse

STEP = 200
BATCH = 128 * 1024
"""Bytes of gzip at which CLS cuts a batch."""

TRACES = Path(__file__).parents[1] / "tests" / "data"
SHARE_OF_OURS = 10
"""One record of so many is from a recorded trace of pods and claims; the others are a cluster's own housekeeping."""

REPEAT = 5


def measure(size: int = BATCH) -> Figure:
    """CPU time of both on the same batches, in turn."""
    rows = []
    for what, share in (("a busy cluster's log", SHARE_OF_OURS), ("pods alone", 1)):
        event, records = batch(share, size)
        filtered, floor = [], []
        for _ in range(RUNS):
            filtered.append(_seconds(partial(parse, event)))
            floor.append(_seconds(partial(_parse_all, event)))
        mark = 1.0 if share > 1 else None
        rows.append(
            Row(f"{what}: {records:,} records a batch", _ms(filtered), "ms", _ms(floor), mark),
        )
    definition = f"CPU time of a batch of {size // 1024} KB gzip, the median of {RUNS} runs of {REPEAT}."
    return Figure("The audit log's filter", definition, rows)


def _ms(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds) / REPEAT


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(REPEAT):
        work()
    return time.process_time() - start


def _parse_all(event: Mapping[str, Any]) -> None:
    """What knows of no record whether it matters."""
    packed = base64.b64decode(event["clslogs"]["data"])
    for record in json.loads(zlib.decompress(packed, 16 + zlib.MAX_WBITS))["records"]:
        json.loads(record["content"])


def batch(share: int, size: int) -> tuple[Mapping[str, Any], int]:
    """An event of so many bytes of gzip, and how many records it holds."""
    traces = [line for trace in sorted(TRACES.glob("*.jsonl")) for line in trace.read_text("utf-8").splitlines()]
    contents: list[str] = []
    packed = b""
    while len(packed) < size:
        for _ in range(STEP):
            number = len(contents)
            ours = number % share == 0
            contents.append(traces[number // share % len(traces)] if ours else json.dumps(noise(number)))
        packed = pack(contents)
    return delivery(packed), len(contents)


def pack(contents: Iterable[str]) -> bytes:
    """Records of the log as CLS packs them."""
    records = [{"timestamp": "1790000000000000", "content": content} for content in contents]
    return gzip.compress(json.dumps({"topic_id": "t", "topic_name": "audit", "records": records}).encode())


def delivery(packed: bytes) -> Mapping[str, Any]:
    """The event in which CLS delivers them."""
    return {"clslogs": {"data": base64.b64encode(packed).decode()}}


def noise(number: int) -> Mapping[str, Any]:
    """Leases, events' endpoints, nodes' heartbeats, token requests: two thirds and more of what is written."""
    verb, resource, group = (
        ("update", "leases", "coordination.k8s.io"),
        ("patch", "nodes", ""),
        ("get", "configmaps", ""),
        ("update", "endpointslices", "discovery.k8s.io"),
        ("create", "tokenreviews", "authentication.k8s.io"),
        ("list", "pods", ""),
    )[number % 6]
    name = f"{resource}-{number * 7919 % 1000}"
    body = {
        "kind": resource,
        "metadata": {"name": name, "namespace": "kube-system", "labels": {"app": name, "zone": str(number % 3)}},
        "spec": {"holderIdentity": name, "renewTime": f"2026-01-01T00:00:{number % 60:02d}.000000Z"},
        "status": {"conditions": [{"type": "Ready", "status": "True", "reason": f"r{number}"}] * 4},
    }
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": f"{number * 2654435761 % 2**32:08x}-4e5f-8a9b",
        "stage": "ResponseComplete",
        "requestURI": f"/apis/{group}/v1/namespaces/kube-system/{resource}/{name}",
        "verb": verb,
        "user": {"username": f"system:node:node-{number % 50}", "groups": ["system:nodes", "system:authenticated"]},
        "sourceIPs": [f"10.0.0.{number % 250}"],
        "objectRef": {"resource": resource, "namespace": "kube-system", "name": name, "apiGroup": group},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestObject": body,
        "responseObject": body,
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
    }


if __name__ == "__main__":
    sys.exit(main(measure))
