"""The headers of a letter. Nothing in them was typed by a person, except one checked address and the sender's name."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from plans.domain.messages import LetterFacts

LONGEST_ADDRESS: Final = 254
# One address of plain ASCII with a dotted domain: no lists, no quoting, no IP literals.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


class BadAddress(ValueError):
    """Not exactly one address that can be written to; the address itself is not in the message."""


class BadSender(ValueError):
    """Our own sender's address cannot be written: a fault of the settings, which says nothing of any patient."""


def one_address(raw: str) -> str:
    """`raw` if it is exactly one plain address. Raises BadAddress."""
    if len(raw) > LONGEST_ADDRESS or _ADDRESS.fullmatch(raw) is None or len(raw.rpartition("@")[0]) > 64:
        raise BadAddress("not one plain address")
    return raw


def clean(name: str) -> str:
    """A name on one line, without characters that control, hide or reorder."""
    spaced = " ".join(name.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))[
        :100
    ]


def fill(message: EmailMessage, facts: LetterFacts, subject: str) -> None:
    """Set all headers of a letter. Raises BadAddress, BadSender, ValueError for a subject of more than one line."""
    sender_user, _, sender_domain = _sender(facts.sender_address).rpartition("@")
    message["From"] = Address(clean(facts.sender_name), sender_user, sender_domain)
    user, _, domain = one_address(facts.to_address).rpartition("@")
    message["To"] = Address("", user, domain)
    message["Subject"] = subject
    message["Date"] = format_datetime(facts.written_at.astimezone(UTC))
    # Ours, and the same whenever this letter is sent: a copy can be seen to be one.
    message["Message-ID"] = facts.message_id
    if facts.answers_message and facts.answers_message != facts.message_id:
        message["In-Reply-To"] = facts.answers_message
        message["References"] = facts.answers_message
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = facts.language
    if facts.mail_link:
        message["List-Unsubscribe"] = f"<{facts.mail_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _sender(raw: str) -> str:
    try:
        return one_address(raw)
    except BadAddress as error:
        raise BadSender("MAIL_FROM is not one plain address") from error
