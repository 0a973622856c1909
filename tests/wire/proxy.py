"""A proxy before a real apiserver that spoils one request: TLS on both sides, one request to a connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from eipctl.dev.certificates import Authority


@dataclass(frozen=True)
class Spoil:
    """What becomes of one request: whether it is forwarded, and what is answered instead of the true reply."""

    what: str
    forwarded: bool
    answer: Literal["closed", "half", "hang", "status"] = "status"
    status: int = 200
    headers: str = ""
    body: bytes = b""

    def on_the_wire(self) -> bytes:
        """A reply of its own."""
        head = f"HTTP/1.1 {self.status} Spoilt\r\nContent-Type: application/json\r\nConnection: close\r\n{self.headers}"
        return f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


class Proxy:
    """Notes what it is asked, and spoils the next request, or the next of the kind `only`, after `skip` others."""

    def __init__(self, upstream: str, trusted: ssl.SSLContext) -> None:
        self._host, self._port = str(urlsplit(upstream).hostname), urlsplit(upstream).port
        self._trusted = trusted
        self.url = ""
        self.asked: list[str] = []
        self.next: Spoil | None = None
        self.skip, self.only = 0, ""
        self._connections: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, and its answer."""
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next((line.split(":")[1] for line in lines if line.lower().startswith("content-length:")), "0")
        body = await reader.readexactly(int(length))
        self.asked.append(lines[0].rsplit(" ", 1)[0])
        spoil = self._take()
        reply = b""
        if spoil is None or spoil.forwarded:
            reply = await self._forward(lines, body)
        if spoil is not None and spoil.answer == "hang":
            await reader.read()  # until the client goes
        writer.write(_answer(spoil, reply))
        await writer.drain()

    def _take(self) -> Spoil | None:
        if self.next is None or self.only not in {"", kind(self.asked[-1])}:
            return None
        if self.skip:
            self.skip -= 1
            return None
        spoil, self.next = self.next, None
        return spoil

    async def _forward(self, lines: list[str], body: bytes) -> bytes:
        kept = [line for line in lines if line and not line.lower().startswith("connection:")]
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._trusted)
        try:
            writer.write("\r\n".join([*kept, "Connection: close", "", ""]).encode() + body)
            return await reader.read()
        finally:
            writer.close()

    async def end(self) -> None:
        """Hang up on everybody."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections)


def kind(request: str) -> str:
    """What is asked for, and how; not for which part of it."""
    return request.split("?", maxsplit=1)[0]


def _answer(spoil: Spoil | None, reply: bytes) -> bytes:
    if spoil is None:
        return reply
    if spoil.answer == "status":
        return spoil.on_the_wire()
    return reply[: len(reply) - 20] if spoil.answer == "half" else b""


@asynccontextmanager
async def spoiling(authority: Authority, upstream: str) -> AsyncIterator[Proxy]:
    """A proxy on a free port of 127.0.0.1, which the authority vouches for."""
    proxy = Proxy(upstream, authority.trusted())
    authority.issue("proxy", "/CN=proxy", "subjectAltName=IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.home / "proxy.crt", authority.home / "proxy.key")
    listener = await asyncio.start_server(proxy.connected, "127.0.0.1", 0, ssl=context)
    proxy.url = "https://{}:{}".format(*listener.sockets[0].getsockname())
    try:
        yield proxy
    finally:
        listener.close()
        await proxy.end()
