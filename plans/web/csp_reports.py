"""What browsers report of the content policy: that something on a page of ours was refused, in one line of the log.

Somebody who managed to write into a page would be seen here first. A report is anybody's word: it changes nothing, and
of what it says only names that we know are logged, never an address.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from plans.services import limits
from plans.web.gate import public_page

log = logging.getLogger(__name__)

PATH: Final = "csp"
_LARGEST: Final = 16_000
_MOST_AT_ONCE: Final = 5
_BURST: Final = 30
_EVERY: Final = timedelta(seconds=30)
_WORD: Final = re.compile(r"inline|eval|wasm-eval|data|blob|self|trusted-types-policy|trusted-types-sink")
_HOST: Final = re.compile(r"[a-z0-9.-]{1,100}")


@csrf_exempt
@require_POST
@public_page
def csp_reports(request: HttpRequest) -> HttpResponse:
    """Take a report. What cannot be read is passed over: a browser has no use for an answer."""
    if len(request.body) <= _LARGEST:
        for report in _reports(request.body):
            if limits.take("csp", burst=_BURST, every=_EVERY) == limits.NO_WAIT:
                log.warning("a browser refused something on a page of ours", extra=_said(report))
    return HttpResponse(status=204)


# Any: what anybody may have sent.
def _reports(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return
    for one in found[:_MOST_AT_ONCE] if isinstance(found, list) else [found]:
        report = (one.get("csp-report") or one.get("body")) if isinstance(one, dict) else None
        if isinstance(report, dict):
            yield report


# Any: as above.
def _said(report: dict[str, Any]) -> dict[str, str]:
    directive = str(report.get("effective-directive") or report.get("effectiveDirective") or "")
    return {
        "event": directive if directive in _directives() else "other",
        "kind": _blocked(str(report.get("blocked-uri") or report.get("blockedURL") or "")),
        "route": _route(str(report.get("document-uri") or report.get("documentURL") or "")),
    }


def _directives() -> frozenset[str]:
    ours = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return frozenset(ours) | {
        f"{name}-{part}" for name in ("script-src", "style-src") for part in ("elem", "attr")
    }


def _blocked(address: str) -> str:
    """What was refused: a word of the policy, or the host it would have come from."""
    if _WORD.fullmatch(address):
        return address
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return "other"
    return host if _HOST.fullmatch(host) else "other"


def _route(address: str) -> str:
    """The route of the page: its address may hold a token."""
    try:
        return str(resolve(urlsplit(address).path).route)
    except (Resolver404, ValueError):
        return "none"
