"""A store that speaks as much S3 as documents need, on loopback: PUT, GET, HEAD and DELETE of objects in one bucket."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Store:
    """What is kept, by path; with `away` every request is answered as by a store that is down."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    unsigned: int = 0
    away: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin(self) -> str | None:
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size)
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256"):
            self.store.unsigned += 1
        if self.store.away:
            self._answer(503)
            return None
        return unquote(urlsplit(self.path).path)

    def do_PUT(self) -> None:
        """Keep an object."""
        path = self._begin()
        if path is not None:
            self.store.objects[path] = self.body
            self.store.headers = dict(self.headers)
            self._answer(200, ETag=f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"')

    def do_GET(self) -> None:
        """Give an object."""
        path = self._begin()
        if path is None:
            return
        content = self.store.objects.get(path)
        if content is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        else:
            self._answer(200, content, **_about(content))

    def do_HEAD(self) -> None:
        """Say whether there is one."""
        path = self._begin()
        if path is None:
            return
        content = self.store.objects.get(path)
        if content is None:
            self._answer(404)
        else:
            self._answer(200, b"", Content_Length=str(len(content)), **_about(content))

    def do_DELETE(self) -> None:
        """Forget one."""
        path = self._begin()
        if path is not None:
            self.store.objects.pop(path, None)
            self._answer(204)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _about(content: bytes) -> dict[str, str]:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"ETag": f'"{digest}"', "Last_Modified": "Mon, 23 Nov 2026 13:00:00 GMT"}


@contextmanager
def running() -> Iterator[Store]:
    """A store for the length of a test."""
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
