"""`python -m tests.hostile.peak NAME`: this process's memory before and after the worst input of that name, in MiB."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import zlib
from collections.abc import Callable, Mapping

from bench.memory import peak
from shared import runtime
from shared.adapters.kubernetes import Access, connect
from shared.adapters.kubernetes.forms import PODS, read_page
from shared.runtime import seldom_collected
from tests.adapters.kubernetes.objects import pod

MIB = 1024 * 1024
ENVIRON = {
    "EIPCLAIM_CLUSTER_ID": "cls-blue",
    "EIPCLAIM_VPC_ID": "vpc-blue",
    "TENCENTCLOUD_REGION": "ap-guangzhou",
    "TENCENTCLOUD_SECRETID": "AKIDx",
    "TENCENTCLOUD_SECRETKEY": "x",
}


def event(head: bytes, chunk: bytes, times: int) -> dict[str, object]:
    """A batch that unpacks to that, made without ever having it in memory."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    data = pack.compress(head) + b"".join(pack.compress(chunk) for _ in range(times)) + pack.flush()
    return {"clslogs": {"data": base64.b64encode(data).decode()}}


def bind(given: Mapping[str, object]) -> None:
    """A whole invocation, in which there is nothing but the event."""
    runtime.invoke(runtime.BIND, given, {}, runtime.Host(environ=ENVIRON, write=lambda line: None))  # noqa: ARG005


async def _send_fat_pods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As many pods of a megabyte as were asked for, in one page."""
    one = json.dumps(pod("fat", annotations={"a": "x" * 200_000}, managedFields=["y" * 800_000])).encode()
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            number = int(re.findall(rb"limit=([0-9]+)", head)[0])
            start, end = b'{"kind":"PodList","metadata":{},"items":[', b"]}"
            length = len(start) + number * (len(one) + 1) - 1 + len(end)
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + start + one)
            for _ in range(number - 1):
                writer.write(b"," + one)
                await writer.drain()
            writer.write(end)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the client has had enough
    finally:
        writer.close()


async def _list_fat_pods() -> None:
    listener = await asyncio.start_server(_send_fat_pods, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with connect(Access(f"http://127.0.0.1:{port}", token="x")) as cluster:  # noqa: S106 - no secret
        assert (await cluster.list_pods()).items
    listener.close()


def read_quotes() -> None:
    """A page of pods that are all escapes, beside one that is nested deep, so that all of it is gone through twice."""
    quotes = json.dumps(pod("quotes")).replace("node-1", '\\"' * 1_380_000)
    deep = json.dumps(pod("deep", managedFields="@")).replace('"@"', "[" * 400 + "]" * 400)
    text = f'{{"kind":"PodList","metadata":{{}},"items":[{",".join([quotes] * 5 + [deep])}]}}'.encode()
    assert len(read_page(text, PODS)[0]) == 6


SCENES: dict[str, Callable[[], object]] = {
    "a bomb of 200 MiB": lambda: bind(event(b'{"records":[', b"\0" * MIB, 200)),
    "a batch of small values": lambda: bind(event(b'{"records":[0', b",[0]" * (MIB // 4), 7)),
    "a batch of text": lambda: bind(event(b'{"records":[{"content":"', b"x" * MIB, 7)),
    "an event of 6 MiB that is no base64": lambda: bind({"clslogs": {"data": "!" * 6 * MIB}}),
    "a page of 500 pods of 1 MB": lambda: asyncio.run(_list_fat_pods()),
    "a page of quotes, and a deep pod": read_quotes,
}


if __name__ == "__main__":
    before = peak()
    with seldom_collected():
        SCENES[sys.argv[1]]()
    sys.stdout.write(json.dumps({"before": before, "peak": peak()}) + "\n")
