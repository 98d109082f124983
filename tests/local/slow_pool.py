"""A stand-in for the pages: lists and documents take a while, as in a large clinic; all else answers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

SLOW = frozenset({"/queue", "/p/calendar.pdf"})
SLOW_SECONDS = 0.2


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A slow address waits, as for the database; a posted body comes back."""
    if environ["PATH_INFO"] in SLOW:
        threading.Event().wait(SLOW_SECONDS)
    said = (
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or environ["PATH_INFO"].encode()
    )
    start_response("200 OK", [("Content-Length", str(len(said))), ("X-Host", environ.get("HTTP_HOST", ""))])
    return [said]
