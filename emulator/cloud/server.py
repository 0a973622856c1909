"""The emulated cloud on a TCP port of this machine, for clients in other processes."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from emulator.cloud.cloud import Cloud
from emulator.cloud.control import control
from emulator.cloud.gateway import Reply, receive
from emulator.cloud.tc3 import HttpRequest

_CONTROL = "/_emulator/"


class Server:
    """A server of one cloud on 127.0.0.1; a context manager. It prints nothing."""

    def __init__(self, cloud: Cloud, port: int = 0, *, advance: Callable[[float], None] | None = None) -> None:
        """A server that listens at once, on a free port unless one is given, but answers only once started.

        `advance` moves the cloud's clock on behalf of POST /_emulator/time. Raises OSError if the port is taken.
        """
        self._http = _HttpServer(("127.0.0.1", port), _Handler)
        self._http.cloud = cloud
        self._http.advance = advance
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint(self) -> str:
        """Where it listens, as `127.0.0.1:PORT`: what the SDK's HttpProfile takes as endpoint."""
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def silences(self) -> int:
        """How many requests were left without an answer so far, on connections that stay open."""
        return self._http.silences

    def start(self) -> None:
        """Answer, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection, and wait until the last thread has ended."""
        self._http.stopping.set()
        if self._thread.ident is not None:
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up()
        self._http.server_close()

    def __enter__(self) -> Server:  # noqa: PYI034 - Python 3.10 has no Self, and nothing inherits from this
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    cloud: Cloud
    advance: Callable[[float], None] | None
    daemon_threads = True  # a program that forgets to stop must still end, whoever keeps a connection open
    request_queue_size = 128
    silences = 0

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.stopping = threading.Event()
        self.connections: dict[socket.socket, threading.Thread] = {}

    def hang_up(self) -> None:
        """End every connection, and wait for its thread."""
        for connection, thread in list(self.connections.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A reply in one piece: with Nagle's algorithm, headers and body apart cost 40 ms on a connection that is kept.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _HttpServer

    def setup(self) -> None:
        super().setup()
        self.server.connections[self.connection] = threading.current_thread()

    def finish(self) -> None:
        self.server.connections.pop(self.connection, None)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Print nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        url = urlsplit(self.path)
        if url.path.startswith(_CONTROL):
            with self.server.cloud.lock:
                what = f"{self.command} {url.path[len(_CONTROL) :]}"
                query = dict(parse_qsl(url.query))
                status, content = control(self.server.cloud, what, query, body, self.server.advance)
            self._send(Reply(json.dumps(content).encode(), status))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.cloud.lock:
            visit = receive(self.server.cloud, HttpRequest(self.command, url.query, headers, body))
        if visit.before and self.server.stopping.wait(visit.before):
            self.close_connection = True
            return
        with self.server.cloud.lock:
            reply = visit.serve()
        self._send(reply.finished())

    def _send(self, reply: Reply) -> None:
        if reply.ending == "never":
            with self.server.cloud.lock:
                self.server.silences += 1
            self.connection.recv(1)  # returns when the client hangs up, or the server does
        elif reply.wait:
            self.server.stopping.wait(reply.wait)
        self.close_connection = self.close_connection or reply.ending not in ("whole", "short")
        if reply.ending in ("never", "closed"):
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.ending == "cut" else reply.body)
        self.wfile.flush()
