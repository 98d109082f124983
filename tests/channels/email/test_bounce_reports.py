"""Reports on bounces: which message, and what it means for the address."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from plans.channels.email import bounce_reports
from plans.channels.email.bounce_reports import Report, ReportKind
from plans.domain import bounce_address

WORK = UUID("0192f0c1-2222-4333-8444-555566667777")
OTHER = UUID("0192f0c1-2222-4333-8444-555566668888")
KEY = b"a key of this installation, long enough"
DAY = date(2026, 12, 1)
OURS = bounce_address.write(KEY, WORK, DAY, "mail.example.org")
QUILL = ("quill@mail.example.org",)
RETURNED = f"Content-Type: message/rfc822\r\n\r\nFrom: a@b.c\r\nMessage-ID: <{WORK}@mail.example.org>\r\n\r\nhello\r\n"
HEADERS = f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{WORK}@mail.example.org>\r\n"


def report(
    body: str,
    *,
    to: str = OURS,
    kind: str = "delivery-status",
    returned: str = "",
) -> bytes:
    lines = [
        "From: MAILER-DAEMON@mx.example.net",
        f"To: {to}",
        "Subject: Undelivered Mail",
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"',
        "MIME-Version: 1.0",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "It did not work.",
        "--b",
        f"Content-Type: message/{kind}",
        "",
        body,
        *(["--b", returned] if returned else []),
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def read(raw: bytes) -> Report | None:
    return bounce_reports.read(raw, KEY)


def status(code: str, action: str = "failed", recipient: str = "quill@mail.example.org") -> str:
    return (
        f"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n"
        f"Action: {action}\r\nStatus: {code}\r\nDiagnostic-Code: smtp; 550 {code} no\r\n"
    )


@pytest.mark.parametrize(
    ("code", "action", "kind"),
    [
        ("5.1.1", "failed", ReportKind.HARD),
        ("5.2.1", "failed", ReportKind.HARD),
        ("5.0.0", "failed", ReportKind.HARD),
        ("5.2.2", "failed", ReportKind.SOFT),
        ("5.7.26", "failed", ReportKind.SOFT),
        ("5.4.4", "failed", ReportKind.SOFT),
        ("4.4.7", "failed", ReportKind.SOFT),
        ("4.2.2", "delayed", ReportKind.DELAYED),
    ],
)
def test_what_a_delivery_report_means(code: str, action: str, kind: ReportKind) -> None:
    assert read(report(status(code, action))) == Report(WORK, kind, code, DAY, QUILL)


def test_a_complaint_is_known_as_one() -> None:
    body = "Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
    assert read(report(body, kind="feedback-report")) == Report(WORK, ReportKind.COMPLAINT, sent_on=DAY)


def test_the_address_is_found_in_the_returned_message_where_a_server_rewrote_the_other() -> None:
    returned = RETURNED.replace("From: a@b.c", f"Return-Path: <{OURS.upper()}>\r\nFrom: a@b.c")
    found = read(report(status("5.1.1"), to="postmaster@mail.example.org", returned=returned))
    assert found == Report(WORK, ReportKind.HARD, "5.1.1", DAY, QUILL)


@pytest.mark.parametrize("returned", [RETURNED, HEADERS])
def test_a_key_in_the_returned_part_names_the_message_and_proves_nothing(returned: str) -> None:
    found = read(report(status("5.1.1"), to="postmaster@mail.example.org", returned=returned))
    assert found == Report(WORK, ReportKind.HARD, "5.1.1", None, QUILL)


@pytest.mark.parametrize(
    "forged",
    [
        f"bounce+{WORK.hex}@mail.example.org",
        bounce_address.write(b"another key", WORK, DAY, "mail.example.org"),
        OURS.replace(WORK.hex, OTHER.hex),
        OURS.replace("-2526-", "-2536-"),
        OURS[:-30] + ("a" if OURS[-30] != "a" else "b") + OURS[-29:],
    ],
    ids=["unsigned", "another key", "another message", "another day", "another signature"],
)
def test_a_forged_address_is_not_believed(forged: str) -> None:
    assert forged != OURS
    found = read(report(status("5.1.1"), to=forged))
    assert found is None or found.sent_on is None


def test_both_recipients_of_a_forwarded_message_are_read() -> None:
    body = status("5.1.1").replace("Final-", "Original-Recipient: rfc822; <Ann@Example.org>\r\nFinal-")
    found = read(report(body))
    assert found is not None
    assert found.recipients == ("ann@example.org", "quill@mail.example.org")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"Subject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n",
        report(status("5.1.1"), to="postmaster@mail.example.org"),
        report(status("2.0.0", "delivered")),
        report("nonsense"),
    ],
)
def test_anything_else_says_nothing(raw: bytes) -> None:
    assert read(raw) is None
