"""The headers of a message. People type none of them but one checked address and the sender's name."""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import UTC
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from plans.domain.messages import MessageFacts

LONGEST_ADDRESS: Final = 254
# One plain ASCII address with a dotted domain: no lists, no quoting, no IP literals.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


class BadAddress(ValueError):
    """Not exactly one usable address. The exception's message does not quote it."""


class BadSender(ValueError):
    """Our own sender address is unusable: a fault in the settings that has nothing to do with any patient."""


def one_address(raw: str) -> str:
    """`raw` if it is exactly one plain address. Raises BadAddress."""
    if len(raw) > LONGEST_ADDRESS or _ADDRESS.fullmatch(raw) is None or len(raw.rpartition("@")[0]) > 64:
        raise BadAddress("not one plain address")
    return raw


@functools.lru_cache(maxsize=2000)
def clean(name: str) -> str:
    """A name on one line, without control, invisible or bidirectional characters."""
    spaced = " ".join(name.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))[
        :100
    ]


def lines(facts: MessageFacts, subject: str) -> str:
    """All headers of a message, one per line. Raises BadAddress, BadSender, and ValueError for a header with a line
    break."""
    user, _, domain = _sender(facts.sender_address).rpartition("@")
    sender = str(Address(clean(facts.sender_name), user, domain))
    found = [
        _folded("From", sender),
        f"To: {one_address(facts.to_address)}\r\n",
        _folded("Subject", subject),
        f"Date: {format_datetime(facts.written_at.astimezone(UTC))}\r\n",
        # Ours, and the same whenever this message is sent, so that a copy is recognised.
        f"Message-ID: {_one_word(facts.message_id)}\r\n",
    ]
    if facts.answers_message and facts.answers_message != facts.message_id:
        first = _one_word(facts.answers_message)
        found += [f"In-Reply-To: {first}\r\n", f"References: {first}\r\n"]
    found += [
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        f"Content-Language: {_one_word(facts.language)}\r\n",
    ]
    if facts.reply_to:
        found.append(f"Reply-To: {one_address(facts.reply_to)}\r\n")
    if facts.mail_link:
        found += [
            f"List-Unsubscribe: <{_one_word(facts.mail_link)}>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        ]
    return "".join(found)


@functools.lru_cache(maxsize=1000)
def _folded(name: str, value: str) -> str:
    """A header as the library encodes and folds it. Cached: the messages of a clinic share most headers."""
    return str(SMTP.fold(*SMTP.header_store_parse(name, value)))


def _one_word(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("a header's value is not one word of plain ASCII")
    return value


def _sender(raw: str) -> str:
    try:
        return one_address(raw)
    except BadAddress as error:
        raise BadSender("MAIL_FROM is not one plain address") from error
