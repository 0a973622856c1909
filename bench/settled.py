"""A cluster and its cloud in which everything is told, however large, as two HTTP servers that only repeat it.

One pod is served by the program itself in the emulated world; the others are that one under other names. So that what
is measured in another process is the functions and not an emulator, every page is ready before it is asked for.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from bench.ends import served
from bench.world import CLUSTER_ID
from shared.core import identity

CLUSTER_PAGE, CLOUD_PAGE = 500, 100
MANAGED_FIELDS = [{"manager": "kubelet", "operation": "Update", "fieldsV1": {f"f:field-{n}": {} for n in range(100)}}]
"""A pod of a real cluster has some 4 KB, most of which nobody reads."""

Answer = Callable[[str, bytes], bytes]


class Settled:
    """So many bound pods on one node."""

    def __init__(self, pods: int) -> None:
        """All objects, as JSON."""
        world = served(1)
        pod, claim = world.cluster.list("Pod")[0], world.cluster.list("EIPClaim")[0]
        pod["metadata"]["managedFields"] = MANAGED_FIELDS
        address = world.cloud.call("vpc", "DescribeAddresses", {})["AddressSet"][0]
        ip = pod["status"]["podIP"]
        asked = [{"Name": "address-ip", "Values": [ip, "10.255.255.255"]}]
        interface = world.cloud.call("vpc", "DescribeNetworkInterfaces", {"Filters": asked})["NetworkInterfaceSet"][0]
        entries = [entry for entry in interface["PrivateIpAddressSet"] if entry["PrivateIpAddress"] == ip]
        self._interface = {**interface, "PrivateIpAddressSet": []}
        names = (pod["metadata"]["uid"], claim["metadata"]["uid"], "p-00000", ip, address["AddressIp"])
        old = (*names, address["AddressId"], address["AddressName"])
        self.nodes = [json.dumps(node) for node in world.cluster.list("Node")]
        self.pods = list(_copies(json.dumps(pod), old, pods))
        self.claims = list(_copies(json.dumps(claim), old, pods))
        self.addresses = list(_copies(json.dumps(address), old, pods))
        self.ips = {f"{_ip(number)}": text for number, text in enumerate(_copies(json.dumps(entries[0]), old, pods))}
        self._lists = {
            "/api/v1/pods": ("PodList", self.pods),
            "/api/v1/nodes": ("NodeList", self.nodes),
            f"/apis/{identity.API_VERSION}/{identity.PLURAL}": (f"{identity.KIND}List", self.claims),
        }
        self.writes: list[str] = []

    def cluster(self, line: str, body: bytes) -> bytes:
        """What the apiserver says to a request line."""
        del body
        method, target, _ = line.split(" ")
        parts = urlsplit(target)
        if "/leases" in parts.path:
            self.writes += [method] if method != "GET" else []
            meta = {"name": identity.LEASE, "namespace": "kube-system", "uid": "u", "resourceVersion": "1"}
            return json.dumps({"kind": "Lease", "metadata": meta, "spec": {}}).encode()
        if method != "GET":
            self.writes.append(line)
        if parts.path.startswith("/api/v1/nodes/"):
            return self.nodes[0].encode()
        kind, items = self._lists[parts.path]
        start = int(parse_qs(parts.query).get("continue", ["0"])[0])
        following = start + CLUSTER_PAGE if start + CLUSTER_PAGE < len(items) else ""
        page = ",".join(items[start : start + CLUSTER_PAGE])
        return f'{{"kind":"{kind}","metadata":{{"continue":"{following}"}},"items":[{page}]}}'.encode()

    def cloud(self, line: str, body: bytes) -> bytes:
        """What the API says to a call."""
        del line
        asked = json.loads(body)
        filters: Mapping[str, Sequence[str]] = {one["Name"]: one["Values"] for one in asked["Filters"]}
        if "address-ip" in filters:
            entries = ",".join(self.ips[ip] for ip in filters["address-ip"])
            interface = json.dumps(self._interface).replace(
                '"PrivateIpAddressSet": []', f'"PrivateIpAddressSet":[{entries}]'
            )
            return f'{{"Response":{{"TotalCount":1,"NetworkInterfaceSet":[{interface}],"RequestId":"r"}}}}'.encode()
        page = ",".join(self.addresses[asked["Offset"] : asked["Offset"] + CLOUD_PAGE])
        total = len(self.addresses)
        return f'{{"Response":{{"TotalCount":{total},"AddressSet":[{page}],"RequestId":"r"}}}}'.encode()


def _copies(text: str, old: Sequence[str], number: int) -> Iterator[str]:
    for index in range(number):
        copy = text
        for before, after in zip(old, _names(index), strict=True):
            copy = copy.replace(before, after)
        yield copy


def _names(index: int) -> Sequence[str]:
    claim = f"claim-{index}"
    public = f"203.{index >> 16}.{index >> 8 & 255}.{index & 255}"
    return (
        f"pod-{index}",
        claim,
        f"p-{index:05d}",
        _ip(index),
        public,
        f"eip-{index:08d}",
        identity.mark(CLUSTER_ID, claim),
    )


def _ip(index: int) -> str:
    return f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}"


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[int]:
    """A server on a free port of 127.0.0.1."""
    server = await asyncio.start_server(_connected(answer), "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def _connected(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                length = next((int(one[15:]) for one in head if one.lower().startswith("content-length:")), 0)
                reply = answer(head[0], await reader.readexactly(length))
                headers = (
                    f"Content-Type: application/json\r\nContent-Length: {len(reply)}\r\nDate: {formatdate(usegmt=True)}"
                )
                writer.write(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return connected


async def _serve(settled: Settled) -> None:
    """Print the two ports, and serve until standard input ends; then what was written, as JSON."""
    async with listening(settled.cluster) as cluster, listening(settled.cloud) as cloud:
        sys.stdout.write(f"{cluster} {cloud}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    sys.stdout.write(json.dumps(settled.writes) + "\n")


if __name__ == "__main__":
    asyncio.run(_serve(Settled(int(sys.argv[1]))))
