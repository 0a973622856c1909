"""One sweep of a settled world in a process of its own: its CPU time and its memory, as JSON. For `bench.sweep`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from bench.memory import peak
from bench.settled import CLOUD_PAGE, CLUSTER_PAGE
from bench.world import CLUSTER_ID, VPC_ID
from shared import runtime
from shared.adapters.cloud import sdk
from shared.adapters.cloud.vpc import SERVICE, VERSION
from shared.adapters.kubernetes import Access
from shared.adapters.kubernetes.client import Limits, open_client
from shared.adapters.kubernetes.clock import ApiserverClock
from shared.core.identity import API_VERSION, PLURAL, TAG_CLUSTER
from shared.functions import ALLOCATE, RECLAIM

REGION = "ap-guangzhou"
TIMER = {"Type": "Timer", "TriggerName": "t", "Time": "2026-01-01T00:00:00Z", "Message": ""}


async def floor(cluster: str, cloud: str) -> None:
    """The same requests by the same clients, every body through json.loads, and nothing decided."""
    clock = ApiserverClock()
    secret = sdk.Secret("id", "key")
    async with (
        open_client(Access(cluster), Limits(), clock) as client,
        sdk.connect(SERVICE, VERSION, REGION, secret, endpoint=cloud) as call,
    ):
        ips: list[str] = []
        for where in (f"/apis/{API_VERSION}/{PLURAL}", "/api/v1/pods"):
            query: dict[str, object] = {"limit": CLUSTER_PAGE}
            while True:
                page = json.loads(await client.read(where, query))
                ips += [item["status"]["podIP"] for item in page["items"] if "podIP" in item["status"]]
                if not page["metadata"]["continue"]:
                    break
                query["continue"] = page["metadata"]["continue"]
        json.loads(await client.read("/api/v1/nodes/node-0"))
        for start in range(0, len(ips), CLOUD_PAGE):
            tagged = {"Name": f"tag:{TAG_CLUSTER}", "Values": [CLUSTER_ID]}
            await call("DescribeAddresses", {"Filters": [tagged], "Offset": start, "Limit": CLOUD_PAGE})
        for start in range(0, len(ips), CLOUD_PAGE):
            filters = [
                {"Name": "vpc-id", "Values": [VPC_ID]},
                {"Name": "address-ip", "Values": ips[start : start + CLOUD_PAGE]},
                {"Name": "ip-exact-match", "Values": ["true"]},
            ]
            await call("DescribeNetworkInterfaces", {"Filters": filters, "Offset": 0, "Limit": CLOUD_PAGE})


def sweep(name: str, kubeconfig: str, cloud: str) -> dict[str, Any]:
    """One invocation as SCF makes it."""
    environ = {
        "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
        "EIPCLAIM_VPC_ID": VPC_ID,
        "EIPCLAIM_KUBECONFIG": kubeconfig,
        "EIPCLAIM_CLOUD_ENDPOINT": cloud,
        "TENCENTCLOUD_REGION": REGION,
        "TENCENTCLOUD_SECRETID": "id",
        "TENCENTCLOUD_SECRETKEY": "key",
    }
    function = {"allocate": ALLOCATE, "reclaim": RECLAIM}[name]
    return runtime.invoke(function, TIMER, {}, runtime.Host(environ=environ, write=lambda line: None))  # noqa: ARG005


def main() -> None:
    """`python -m bench.invocation floor|allocate|reclaim CLUSTER_URL KUBECONFIG CLOUD_URL`."""
    what, cluster, kubeconfig, cloud = sys.argv[1:]
    before, began = time.process_time(), time.monotonic()
    result: dict[str, Any] = {}
    if what == "floor":
        asyncio.run(floor(cluster, cloud))
    else:
        result = sweep(what, kubeconfig, cloud)
    cpu, seconds = time.process_time() - before, time.monotonic() - began
    sys.stdout.write(json.dumps({"cpu": cpu, "seconds": seconds, "peak": peak(), "result": result}) + "\n")


if __name__ == "__main__":
    main()
