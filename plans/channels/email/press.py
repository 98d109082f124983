"""Letters by the thousand: what is the same for all is written once, what is a person's own is put in between.

A pattern is made from marks in place of everything personal, so nothing of one person can stand in another's letter:
no person's data is there when it is made. It is used only after its first letter was taken apart and compared with the
same letter written the long way; a pattern that differs in anything is never used. Each letter is looked at once more
before it leaves: it must hold its own canary (the key of its row and its own link) and no mark.
"""

from __future__ import annotations

import binascii
import dataclasses
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

from django.utils.html import escape

from plans.channels.email import headers
from plans.channels.email import rendering as pen
from plans.channels.email.rendering import Letter, Sheet
from plans.domain.messages import LetterFacts

log = logging.getLogger(__name__)

# What is a person's own among the words of a template.
OWN: Final = ("name", "link", "mail_link", "deadline", "act_by")
# Plain letters, which no template, escaping or encoding changes; and a word that nothing else contains.
_MARKS: Final = {name: f"Zq{name.replace('_', 'q')}qxZqXwjZq" for name in OWN}
_BY_MARK: Final = {mark: name for name, mark in _MARKS.items()}
# Looked for whole: a few letters of one may stand by chance in a link's token.
_MARKS_IN_BYTES: Final = tuple(mark.encode() for mark in _BY_MARK)
_ANY_MARK: Final = re.compile("|".join(_MARKS.values()))
_SOFT_BREAK: Final = b"=\r\n"
_MOST_PATTERNS: Final = 500
# The words that letters with one pattern share need not be found anew: they hang on these facts alone.
_SHARED: Final = (
    "notice", "language", "country", "clinic_name", "clinic_phone", "emergency", "sender_name", "sender_address",
    "repeat", "also", "minutes", "items",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Bytes and names in turn: bytes that all share, then the name of what comes next."""

    head: bytes
    text: tuple[bytes | str, ...]
    page: tuple[bytes | str, ...]

    def fill(self, facts: LetterFacts, own: Mapping[str, str]) -> bytes:
        boundary = b"\r\n--=_" + facts.work_id.hex.encode()
        plain = {name: _quoted(value) for name, value in own.items()}
        escaped = {
            name: plain[name] if value.isalnum() else _quoted(escape(value)) for name, value in own.items()
        }
        return b"".join(
            (
                self.head,
                _own_headers(facts),
                boundary,
                _PART % b"plain",
                *(plain[part] if isinstance(part, str) else part for part in self.text),
                boundary,
                _PART % b"html",
                *(escaped[part] if isinstance(part, str) else part for part in self.page),
                boundary,
                b"--\r\n",
            )
        )


_PART: Final = (
    b'\r\nContent-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)


def _quoted(text: str) -> bytes:
    """A person's own word in quoted-printable, on lines of its own: soft breaks before and after do not show."""
    return binascii.b2a_qp(text.encode(), istext=False).replace(b"\n", b"\r\n") + _SOFT_BREAK


def _chunks(text: str) -> tuple[bytes | str, ...]:
    found: list[bytes | str] = []
    last = 0
    for match in _ANY_MARK.finditer(text):
        found += [_shared(text[last : match.start()], ends=False), _BY_MARK[match[0]]]
        last = match.end()
    return (*found, _shared(text[last:], ends=True))


def _shared(text: str, *, ends: bool) -> bytes:
    coded = b"\r\n".join(
        binascii.b2a_qp(line.encode(), istext=False).replace(b"\n", b"\r\n") for line in text.split("\n")
    )
    return coded if ends or not coded else coded + _SOFT_BREAK


def _own_headers(facts: LetterFacts) -> bytes:
    """The headers that are a letter's own. All were checked to be one line of plain ASCII."""
    lines = [
        f"To: {headers.one_address(facts.to_address)}",
        f"Date: {format_datetime(facts.written_at.astimezone(UTC))}",
        f"Message-ID: {_one_line(facts.message_id)}",
    ]
    if facts.answers_message and facts.answers_message != facts.message_id:
        first = _one_line(facts.answers_message)
        lines += [f"In-Reply-To: {first}", f"References: {first}"]
    if facts.mail_link:
        lines += [
            f"List-Unsubscribe: <{_one_line(facts.mail_link)}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    lines.append(f'Content-Type: multipart/alternative; boundary="=_{facts.work_id.hex}"')
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"


def _one_line(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("a header's value is not one word of plain ASCII")
    return value


class Press:
    """Patterns of one process. `write` gives the same letter as `letters.write`, many times faster."""

    def __init__(self, slowly: Callable[[LetterFacts], Letter] = pen.write) -> None:
        self._slowly = slowly
        # None: this kind of letter cannot be patterned and is written the long way.
        self._patterns: dict[tuple[Any, ...], _Pattern | None] = {}

    def write(self, facts: LetterFacts) -> Letter:
        """The letter for these facts. Raises BadAddress, and KeyError for an unknown notice."""
        headers.one_address(facts.to_address)
        own = _own_words(facts)
        key = (
            *(getattr(facts, name) for name in _SHARED),
            _frozen(facts.clinic_hours),
            *(bool(value) for value in own.values()),
        )
        if key not in self._patterns:
            return self._first(key, facts, own)
        pattern = self._patterns[key]
        if pattern is None:
            return self._slowly(facts)
        payload = pattern.fill(facts, own)
        if not _is_own(payload, facts):
            log.error("letter from a pattern does not hold its canary", extra={"row_id": str(facts.work_id)})
            self._patterns[key] = None
            return self._slowly(facts)
        return Letter(facts.envelope_from, facts.to_address, facts.message_id, payload, facts.to_phone)

    def _first(self, key: tuple[Any, ...], facts: LetterFacts, own: Mapping[str, str]) -> Letter:
        """Write the first of its kind the long way, and keep the pattern if it says exactly the same."""
        letter = self._slowly(facts)
        if len(self._patterns) >= _MOST_PATTERNS:
            self._patterns.clear()
        pattern = _pattern(facts, own)
        if pattern is not None:
            payload = pattern.fill(facts, own)
            same = _is_own(payload, facts) and _same(letter, dataclasses.replace(letter, payload=payload))
            pattern = pattern if same else None
        if pattern is None:
            log.warning("letters of this kind are written the long way", extra={"kind": facts.notice})
        self._patterns[key] = pattern
        return letter


def _own_words(facts: LetterFacts) -> dict[str, str]:
    """A person's own words alone; the shared ones are in the pattern."""
    own = dict.fromkeys(OWN, "")
    own["name"] = headers.clean(facts.first_name)
    own["link"] = facts.link
    own["mail_link"] = facts.mail_link if facts.mail_link != facts.link else ""
    if facts.deadline is not None:
        if facts.notice.startswith("item_"):
            # Only alerts say it, and they depend on the hour they are written in.
            own["act_by"] = str(pen.words(facts)["act_by"])
        own["deadline"] = pen.deadline_words(facts.deadline, facts.zone, facts.country, facts.language)
    return own


def _frozen(hours: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((day, tuple(span)) for day, span in hours.items())


def _pattern(facts: LetterFacts, own: Mapping[str, str]) -> _Pattern | None:
    """The pattern of all letters that differ from this one in a person's own words alone; None if there is none."""
    given = {**pen.words(facts), **{name: _MARKS[name] if value else "" for name, value in own.items()}}
    sheet = pen.fill_in(facts.notice, given)
    if _ANY_MARK.search(sheet.subject):
        return None
    return _Pattern(_head(facts, sheet), _chunks(sheet.text), _chunks(sheet.html))


def _head(facts: LetterFacts, sheet: Sheet) -> bytes:
    """The headers that all share, as the library writes them."""
    message = EmailMessage(policy=SMTP)
    headers.fill(message, facts, sheet.subject)
    for name in (
        "To", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post",
    ):  # fmt: skip
        del message[name]
    message["MIME-Version"] = "1.0"
    return message.as_bytes().rstrip(b"\r\n") + b"\r\n"


def _is_own(payload: bytes, facts: LetterFacts) -> bool:
    """Whether a letter holds its own canary, and no mark was left in it."""
    return (
        facts.work_id.hex.encode() in payload
        and f"\r\nMessage-ID: {facts.message_id}\r\n".encode() in payload
        and f"\r\nTo: {facts.to_address}\r\n".encode() in b"\r\n" + payload
        and not any(mark in payload for mark in _MARKS_IN_BYTES)
    )


def _same(one: Letter, other: Letter) -> bool:
    """Whether a mail program sees no difference: headers, text and page."""
    return _headers(one) == _headers(other) and one.text == other.text and one.html == other.html


def _headers(letter: Letter) -> list[tuple[str, str]]:
    """Names and values, folded or not."""
    return sorted((name.lower(), " ".join(str(value).split())) for name, value in letter.parsed.items())
