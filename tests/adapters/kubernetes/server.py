"""An HTTP server that answers as it is told, in turn: the faults of the wire that no apiserver makes on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

DATE = "Tue, 24 Nov 2026 05:00:00 GMT"


@dataclass(frozen=True)
class Request:
    """What was asked; the path as it stood on the wire, with the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    text: bytes
    connection: int

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body


@dataclass(frozen=True)
class Reply:
    """An answer, or one that lacks `missing` bytes; instead of any it may `hang_up`, or `stall`."""

    code: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Date": DATE})
    missing: int = 0
    hang_up: bool = False
    stall: bool = False

    def on_the_wire(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body) + self.missing), **self.headers}
        lines = [f"HTTP/1.1 {self.code} Reason", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


HANG_UP = Reply(hang_up=True)
STALL = Reply(stall=True)


def status(code: int, reason: str = "", message: str = "", details: Mapping[str, object] | None = None) -> Reply:
    """A refusal as the apiserver words it."""
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}
    return Reply(code, {**told, "details": details or {}, "code": code})


class Server:
    """What it was asked, and the replies that are left."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.replies = list(replies)
        self._connections: list[asyncio.Task[None]] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.append(task)
        number = len(self._connections)
        try:
            while await self._answer(number, reader, writer):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        text = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Request(method, path, headers, text, number))
        reply = self.replies.pop(0)
        if reply.stall:
            await asyncio.Event().wait()
        if reply.hang_up:
            return False
        writer.write(reply.on_the_wire())
        await writer.drain()
        return not reply.missing

    async def end(self) -> None:
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections)


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[Server]:
    """A server on a free port of 127.0.0.1 that gives these replies and ends with the context."""
    server = Server(replies)
    listener = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    server.url = "http://{}:{}".format(*listener.sockets[0].getsockname())
    try:
        yield server
    finally:
        listener.close()
        await server.end()
