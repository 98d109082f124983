"""The outermost WSGI layer: it answers requests that cannot be read, and logs every unhandled error.

Django parses the media type before any middleware runs: an invalid charset, or one other than UTF-8, would raise
there, and again in the error page. The body is not read here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.template.loader import render_to_string

from plans.web import unreadable
from plans.web.addresses import PATIENT_PATHS
from plans.web.middleware import METHODS
from plans.web.untyped import Context

Environ = Context
# Any: start_response as PEP 3333 describes it.
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("plans.edge")
access_log = logging.getLogger("plans.access")

_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_TYPE: Final = re.compile(rf"{_WORD}/{_WORD}")
_PARAMETER: Final = re.compile(rf'\s*;\s*(?:({_WORD})=({_WORD}|"[^"\\\x00-\x1f\x7f-\xff]*"))?\s*')
_LONGEST: Final = 300
_UTF8: Final = frozenset({"utf-8", "utf8"})
_REASONS: Final = {400: "Bad Request", 415: "Unsupported Media Type", 500: "Internal Server Error"}
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    # The body stays unread, so the connection cannot be used for another request.
    ("Connection", "close"),
)


def trouble_with(content_type: str) -> int:
    """400 for a media type that cannot be parsed, 415 for a charset other than UTF-8, 0 if it is valid or absent.

    Stricter than the standard: no extended parameters (`charset*=`), no escapes in quotes.
    """
    if not content_type:
        return 0
    found = _TYPE.match(content_type) if len(content_type) <= _LONGEST else None
    at = found.end() if found else -1
    while 0 <= at < len(content_type):
        parameter = _PARAMETER.match(content_type, at)
        if parameter is None:
            return 400
        at, name, value = parameter.end(), (parameter[1] or "").lower(), (parameter[2] or "").strip('"')
        if "*" in name:
            return 400
        if name == "charset" and value.lower() not in _UTF8:
            return 415
    return 0 if found else 400


class Edge:
    """A WSGI wrapper that refuses requests that cannot be read and answers unhandled errors."""

    def __init__(self, application: Application) -> None:
        self.application = application

    # Any: as above.
    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The answer of the application; 400, 415 or 500 in its place."""
        if status := trouble_with(environ.get("CONTENT_TYPE") or ""):
            return _answer(environ, start_response, status, _unreadable(environ))
        try:
            return self.application(environ, start_response)
        except Exception:
            log.exception("a fault left the application")
            return _answer(environ, start_response, 500, render_to_string("500.html"))


# Any: as above.
def _answer(environ: Environ, start_response: Callable[..., Any], status: int, page: str) -> list[bytes]:
    method = str(environ.get("REQUEST_METHOD", ""))
    access_log.info(
        "request",
        extra={"method": method if method in METHODS else "other", "route": "none", "status": status},
    )
    body = page.encode()
    length = ("Content-Length", str(len(body)))
    start_response(f"{status} {_REASONS[status]}", [*_HEADERS, length])
    return [] if method == "HEAD" else [body]


def _unreadable(environ: Environ) -> str:
    patient = PATIENT_PATHS.match(str(environ.get("PATH_INFO", ""))) is not None
    return unreadable.page(str(environ.get("HTTP_ACCEPT_LANGUAGE", "")), patient=patient)
