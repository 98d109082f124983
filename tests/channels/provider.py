"""A provider over HTTP that misbehaves on request: it refuses, falls silent, drops, answers a byte at a time or late.

Threads and plain sockets of the standard library, as a real server. What it took is in `taken`; what it was about to
answer when the client had gone is in `late`.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SILENT = "silent"
DROP = "drop"
DRIP = "drip"


@dataclass(frozen=True)
class Taken:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, read as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Provider:
    """`script`: what to answer next, one entry a request: a status, SILENT, DROP or DRIP; empty: 200."""

    port: int
    script: list[int | str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/messages"


class _Handler(http.server.BaseHTTPRequestHandler):
    provider: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        provider = self.provider
        provider.taken.append(Taken(self.path, dict(self.headers), body))
        answer = provider.script.pop(0) if provider.script else 200
        if answer == DROP:
            self.close_connection = True
        elif answer == SILENT:
            # Until the test is over: no test waits for it, only the client does.
            provider.release.wait(60)
            self.close_connection = True
        elif answer == DRIP:
            self._drip()
        else:
            self.send_response(int(answer))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    def _drip(self) -> None:
        try:
            for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000:
                self.connection.send(bytes([letter]))
                if self.provider.release.wait(0.05):
                    return
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Do nothing."""


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider on a free port of this machine."""
    made = Provider(0)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": made})
    )
    server.daemon_threads = True
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.release.set()
        server.shutdown()
        server.server_close()
