"""Replies by e-mail to our alerts, as data: whose message it answers, from whom, and what it says.

Only the signed address that one message had (Reply-To) is answered to; automatic answers are none.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from plans.channels.email import bounce_reports

_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that a person wrote; `text` is what stands above the quoted message."""

    work_id: UUID
    sender: str
    text: str


def read(raw: bytes, key: bytes) -> Reply | None:
    """The reply in a message; None for anything else: a report, an automatic answer, a stray message.

    `key` is the one that our addresses are signed with. However old the message is: its reply code says how long it may
    be answered.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or _is_automatic(message):
        return None
    signed = bounce_reports.addressed(message, key)
    sender = parseaddr(str(message.get("From", "")))[1]
    if signed is None or not sender:
        return None
    part = message.get_body(("plain",))
    text = str(part.get_content())[:_MOST] if part is not None else ""
    return Reply(signed.work_id, sender, _above_the_quote(text))


def _is_automatic(message: EmailMessage) -> bool:
    """Whether a machine wrote it (RFC 3834), or it is a list's."""
    if message.get_content_type() == "multipart/report":
        return True
    if str(message.get("Auto-Submitted", "no")).strip().lower() != "no":
        return True
    if str(message.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    return any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "List-Id"))


def _above_the_quote(text: str) -> str:
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith((">", "-----")):
            break
        lines.append(line)
    return "\n".join(lines).strip()
