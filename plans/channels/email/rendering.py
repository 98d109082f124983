"""Rendering: three templates (subject, text, html) in the reader's language become one MIME message."""

from __future__ import annotations

import binascii
import email
import email.policy
import functools
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final

from django.template.loader import get_template
from django.utils import translation

from plans.channels.email import headers
from plans.domain.json import Facts, JsonObject
from plans.domain.messages import DigestFacts, MessageFacts
from plans.domain.notices import AUDIT_HEADS, DIGEST, MESSAGES, Audience
from plans.wording import reaching, signing_in, times

_GAPS: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message ready to send: one recipient, and the bytes that are sent.

    `to_phone` is for providers that send no e-mail; empty where none is known.
    """

    envelope_from: str
    to_address: str
    message_id: str
    payload: bytes
    to_phone: str = ""

    @property
    def subject(self) -> str:
        """The subject as a reader sees it."""
        return str(self.parsed["Subject"])

    @property
    def text(self) -> str:
        """The plain text."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML."""
        return self._part("html")

    @property
    def parsed(self) -> EmailMessage:
        """The message as a mail program parses it."""
        message = email.message_from_bytes(self.payload, policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what policy.default makes
        return message

    def _part(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The three texts of a message."""

    subject: str
    text: str
    html: str


def write(facts: MessageFacts) -> OutgoingMessage:
    """Render the message for these facts.

    Raises BadAddress for an address that is not exactly one, KeyError for an unknown notice.
    """
    rendered = render(DISCREET if facts.discreet else MESSAGES[facts.notice].code, words(facts))
    # Not random, so that the same message has the same bytes.
    boundary = f"=_{facts.work_id.hex}"
    payload = b"".join(
        (
            headers.lines(facts, rendered.subject).encode("ascii"),
            _MULTIPART % boundary.encode(),
            _part(boundary, b"plain", rendered.text),
            _part(boundary, b"html", rendered.html),
            b"--" + boundary.encode() + b"--\r\n",
        )
    )
    return OutgoingMessage(facts.envelope_from, facts.to_address, facts.message_id, payload, facts.to_phone)


_MULTIPART: Final = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%s"\r\n\r\n'
_PART: Final = (
    b"--%s\r\n"
    b'Content-Type: text/%s; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"%s\r\n"
)


def _part(boundary: str, kind: bytes, text: str) -> bytes:
    """One of the two MIME parts. The library would write the same at thirty times the cost."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    quoted = binascii.b2a_qp(plain.encode(), istext=True).replace(b"\n", b"\r\n")
    return _PART % (boundary.encode(), kind, quoted)


def render(notice: str, given: Facts) -> RenderedMessage:
    """Fill the templates of a notice, or DISCREET; `given["language"]` is the reader's language."""
    subject, text, html = _templates(notice)
    with translation.override(given["language"]):
        return RenderedMessage(
            subject=" ".join(subject.render(dict(given)).split()),
            text=_GAPS.sub("\n\n", text.render(dict(given))).strip() + "\n",
            html=html.render(dict(given)).strip() + "\n",
        )


TEMPLATES: Final = ("subject.txt", "body.txt", "body.html")
DISCREET: Final = "discreet"
"""Templates for a patient who asked for messages that say less, whatever they are about."""


@functools.cache
# Any: compiled templates, whose class the stubs do not export.
def _templates(code: str) -> tuple[Any, ...]:
    """The compiled templates of a notice, loaded once per process."""
    return tuple(get_template(f"messages/{code}/{name}") for name in TEMPLATES)


def words(facts: MessageFacts) -> JsonObject:
    """The templates' context. Templates escape everything as their format requires."""
    with translation.override(facts.language):
        deadline = facts.deadline
        return {
            "language": facts.language,
            "name": headers.clean(facts.first_name),
            "clinic": headers.clean(facts.clinic_name),
            "phone": headers.clean(facts.clinic_phone),
            "dial": re.sub(r"[^0-9+]", "", facts.clinic_phone),
            "hours": _opening_words(
                tuple((day, tuple(span)) for day, span in facts.clinic_hours.items()),
                facts.country,
                facts.language,
            ),
            "emergency": facts.emergency,
            "link": facts.link,
            "mail_link": facts.mail_link if facts.mail_link != facts.link else "",
            "deadline": deadline_words(deadline, facts.zone, facts.country, facts.language)
            if deadline
            else "",
            "act_by": times.short_moment_words(deadline, facts.written_at, facts.zone)
            if deadline and MESSAGES[facts.notice].audience is Audience.STAFF
            else "",
            "repeat": facts.repeat,
            "also": facts.also,
            "minutes": facts.minutes,
            "items": facts.items if facts.items > 1 else 0,
            "code": facts.code,
            "code_link": facts.code_link,
            "may_reply": facts.may_reply,
            "urgent": facts.urgent,
            "whom": headers.clean(facts.whom),
            "kind": reaching.kind_words(facts.about),
            "answer": reaching.answer_words(facts.about),
            "changed": signing_in.change_words(facts.about),
            "holder": headers.clean(facts.holder),
            "covered": facts.covered,
            "heads": facts.about.split("\n") if facts.notice == AUDIT_HEADS else [],
            **(_digest_words(facts.digest or DigestFacts(), facts) if facts.notice == DIGEST else {}),
        }


def _digest_words(digest: DigestFacts, facts: MessageFacts) -> JsonObject:
    """A clinic's morning: its day, counts, and who is on duty from when."""
    duty = [
        {
            "since": times.short_moment_words(one.since, facts.written_at, facts.zone) if number else "",
            "first": headers.clean(", ".join(one.first)),
            "second": headers.clean(", ".join(one.second)),
            "covered": one.covered,
        }
        for number, one in enumerate(digest.duty)
    ]
    return {"day": times.day_words(facts.written_at, facts.zone), "digest": digest, "duty": duty}


@functools.lru_cache(maxsize=2000)
def _opening_words(hours: tuple[tuple[str, tuple[str, ...]], ...], country: str, language: str) -> str:
    """A clinic's hours; the same in all its messages."""
    with translation.override(language):
        return times.opening_words(dict(hours), country)


@functools.lru_cache(maxsize=2000)
def deadline_words(deadline: datetime, zone: str, country: str, language: str) -> str:
    """A deadline as an absolute local time with its zone. Cached: everybody asked at one moment has the same."""
    with translation.override(language):
        return times.moment_words(deadline, zone, country)
