"""What a browser says that it refused: one line that names no patient, and nothing else happens."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

TOKEN = "a-token-that-opens-something-1234567890abcdef"
REPORT = {
    "document-uri": f"https://taper.example.org/p/{TOKEN}",
    "blocked-uri": "https://evil.example.com/steal?name=Bramble",
    "effective-directive": "script-src-elem",
}


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    found = [line for line in caplog.records if line.name == "plans.web.csp_reports"]
    return [(line.event, line.kind, line.route) for line in found]  # type: ignore[attr-defined]


def send(body: Any) -> int:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (
        Client(enforce_csrf_checks=True).post("/csp", text, content_type="application/csp-report").status_code
    )


def test_pages_say_where_refusals_are_reported(client: Client) -> None:
    assert "report-uri /csp" in client.get("/healthz").headers["Content-Security-Policy"]


def test_a_report_is_a_line_with_the_route_and_the_host_and_no_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    assert send({"csp-report": REPORT}) == 204
    newer = {"documentURL": "https://x/queue", "blockedURL": "inline", "effectiveDirective": "style-src-attr"}
    assert send([{"type": "csp-violation", "body": newer}]) == 204
    assert said(caplog) == [
        ("script-src-elem", "evil.example.com", "p/<str:token>"),
        ("style-src-attr", "inline", "queue"),
    ]
    assert TOKEN not in caplog.text
    assert "Bramble" not in caplog.text


def test_whatever_is_sent_is_answered_the_same_and_says_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    for body in (b"", b"\xff", b"[" * 9000, b"1", [1, None], {"csp-report": 7}, b"{" + b" " * 20_000 + b"}"):
        assert send(body) == 204
    assert (
        send(
            {
                "csp-report": {
                    "effective-directive": "drink",
                    "blocked-uri": "http://[",
                    "document-uri": "\n\0",
                }
            }
        )
        == 204
    )
    assert said(caplog) == [("other", "other", "none")]


@pytest.mark.slow
def test_a_flood_of_reports_is_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(10):
        send([{"body": REPORT}] * 50)
    assert len(said(caplog)) == 30
