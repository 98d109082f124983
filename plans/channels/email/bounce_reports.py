"""Bounces: delivery reports (RFC 3464) and complaints (ARF, RFC 5965), as data.

The message is named by the address the report was sent to (each message has its own), else by the returned headers.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from enum import StrEnum
from typing import Final
from uuid import UUID

_OURS: Final = re.compile(r"bounce\+([0-9a-f]{32})@", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\.\d+)?@")
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# A full mailbox (5.2.2) may have room tomorrow; a policy refusal (5.7) is about our server, not about the address.
_NOT_THE_ADDRESS: Final = (("5", "2", "2"), ("5", "3"), ("5", "4"), ("5", "7"))


class ReportKind(StrEnum):
    """What a report says happened."""

    # The address accepts no messages.
    HARD = "hard"
    # This message did not arrive; the next one may.
    SOFT = "soft"
    # Delayed, not failed.
    DELAYED = "delayed"
    # The recipient marked it as spam.
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one message of ours; `status` is the enhanced code ("5.1.1"), empty if none was given."""

    work_id: UUID
    kind: ReportKind
    status: str = ""


def read(raw: bytes) -> Report | None:
    """The report in a message; None for anything else (an auto-reply, a stray message, a message that was not ours)."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or message.get_content_type() != "multipart/report":
        return None
    parts = list(_parts(message))
    work_id = _which(message, parts)
    if work_id is None:
        return None
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return Report(work_id, ReportKind.COMPLAINT)
        if part.get_content_type() == "message/delivery-status":
            return _delivery(work_id, _fields(part))
    return None


def _parts(message: Message) -> Iterator[Message]:
    yield from message.walk()


def _fields(part: Message) -> list[tuple[str, str]]:
    """The fields of a report from all its groups; the parser returns each group as a message."""
    payload = part.get_payload()
    groups = payload if isinstance(payload, list) else []
    return [
        (name.lower(), str(value))
        for group in groups
        if isinstance(group, Message)
        for name, value in group.items()
    ]


def _delivery(work_id: UUID, fields: list[tuple[str, str]]) -> Report | None:
    actions = {value.strip().lower() for name, value in fields if name == "action"}
    found = next((_STATUS.search(value) for name, value in fields if name == "status"), None)
    status = found[0] if found else ""
    if "failed" in actions:
        return Report(work_id, ReportKind.HARD if is_hard(status) else ReportKind.SOFT, status)
    if "delayed" in actions:
        return Report(work_id, ReportKind.DELAYED, status)
    return None


def is_hard(said: str) -> bool:
    """Whether a failure is about the address itself, by the enhanced status code in the text; without a code it is."""
    found = _STATUS.search(said)
    parts = found.groups() if found else ()
    return parts[:1] != ("4",) and not any(parts[: len(other)] == other for other in _NOT_THE_ADDRESS)


def addressed(message: Message) -> UUID | None:
    """The message of ours whose own address this one was sent to."""
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        for value in message.get_all(name, []):
            if found := _OURS.search(str(value)):
                return UUID(found[1])
    return None


def _which(message: Message, parts: list[Message]) -> UUID | None:
    if (ours := addressed(message)) is not None:
        return ours
    for part in parts:
        for name in ("Return-Path", "Original-Mail-From"):
            if found := _OURS.search(str(part.get(name, ""))):
                return UUID(found[1])
        if part is not message and (found := _MESSAGE_ID.search(str(part.get("Message-ID", "")))):
            return UUID(found[1])
        if part.get_content_type() == "text/rfc822-headers" and (
            found := _MESSAGE_ID.search(str(part.get_payload()))
        ):
            return UUID(found[1])
    return None
