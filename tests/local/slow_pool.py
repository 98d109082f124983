"""A stand-in for the pages: lists take a while, as a caseload of a large clinic does; all else answers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

LIST_SECONDS = 0.5


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """`/queue` waits, as for the database; a posted body comes back."""
    if environ["PATH_INFO"] == "/queue":
        threading.Event().wait(LIST_SECONDS)
    said = (
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or environ["PATH_INFO"].encode()
    )
    start_response("200 OK", [("Content-Length", str(len(said))), ("X-Host", environ.get("HTTP_HOST", ""))])
    return [said]
