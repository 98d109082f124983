"""Bounces: delivery reports (RFC 3464) and complaints (ARF, RFC 5965), as data.

The message is named by the signed address the report was sent to (each message has its own), or that the returned
message bears. One that is named only by its key, which everybody who was ever shown the message knows, has no
`sent_on`: whoever acts on reports must not believe it.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage, Message
from enum import StrEnum
from typing import Final
from uuid import UUID

from plans.domain import bounce_address
from plans.domain.bounce_address import SignedAddress

_OURS: Final = re.compile(r"bounce\+([0-9a-f]{32})[-@]", re.IGNORECASE)
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
    """A report on one message of ours.

    `status`: the enhanced code ("5.1.1"), empty if none was given. `sent_on`: the day (UTC) in the signed address; None
    if no address with a right signature was found. `recipients`: the addresses that the report is about, in lower case.
    """

    work_id: UUID
    kind: ReportKind
    status: str = ""
    sent_on: date | None = None
    recipients: tuple[str, ...] = ()


def read(raw: bytes, key: bytes) -> Report | None:
    """The report in a message; None for anything else (an auto-reply, a stray message, a message that was not ours).

    `key` is the one that our addresses are signed with.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or message.get_content_type() != "multipart/report":
        return None
    parts = list(_parts(message))
    signed = _signed(key, message, parts)
    work_id = signed.work_id if signed is not None else _which(message, parts)
    if work_id is None:
        return None
    sent_on = signed.day if signed is not None else None
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return Report(work_id, ReportKind.COMPLAINT, sent_on=sent_on)
        if part.get_content_type() == "message/delivery-status":
            return _delivery(work_id, _fields(part), sent_on)
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


def _delivery(work_id: UUID, fields: list[tuple[str, str]], sent_on: date | None) -> Report | None:
    actions = {value.strip().lower() for name, value in fields if name == "action"}
    found = next((_STATUS.search(value) for name, value in fields if name == "status"), None)
    status = found[0] if found else ""
    recipients = tuple(
        dict.fromkeys(
            value.partition(";")[2].strip(" \t<>").lower()
            for name, value in fields
            if name in ("original-recipient", "final-recipient")
        )
    )
    if "failed" in actions:
        kind = ReportKind.HARD if is_hard(status) else ReportKind.SOFT
        return Report(work_id, kind, status, sent_on, recipients)
    if "delayed" in actions:
        return Report(work_id, ReportKind.DELAYED, status, sent_on, recipients)
    return None


def is_hard(said: str) -> bool:
    """Whether a failure is about the address itself, by the enhanced status code in the text; without a code it is."""
    found = _STATUS.search(said)
    parts = found.groups() if found else ()
    return parts[:1] != ("4",) and not any(parts[: len(other)] == other for other in _NOT_THE_ADDRESS)


def addressed(message: Message, key: bytes) -> SignedAddress | None:
    """The signed address of ours that this message was sent to."""
    for value in _sent_to(message):
        if (found := bounce_address.read(key, value)) is not None:
            return found
    return None


def _sent_to(message: Message) -> Iterator[str]:
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        yield from (str(value) for value in message.get_all(name, []))


def _signed(key: bytes, message: Message, parts: list[Message]) -> SignedAddress | None:
    """The signed address, which some servers keep only in what they return."""
    if (found := addressed(message, key)) is not None:
        return found
    for part in parts:
        for name in ("Return-Path", "Original-Mail-From"):
            if (found := bounce_address.read(key, str(part.get(name, "")))) is not None:
                return found
    return None


def _which(message: Message, parts: list[Message]) -> UUID | None:
    """The message that a report names without a signature."""
    for value in _sent_to(message):
        if found := _OURS.search(value):
            return UUID(found[1])
    for part in parts:
        if part is not message and (found := _MESSAGE_ID.search(str(part.get("Message-ID", "")))):
            return UUID(found[1])
        if part.get_content_type() == "text/rfc822-headers" and (
            found := _MESSAGE_ID.search(str(part.get_payload()))
        ):
            return UUID(found[1])
    return None
