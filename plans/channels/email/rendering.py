"""Writing a letter: three templates (subject, text, html) in the reader's language become one MIME message."""

from __future__ import annotations

import email
import email.policy
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

from plans.channels.email import headers
from plans.domain.messages import LetterFacts
from plans.domain.notices import NOTICES
from plans.wording import times

_GAPS: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to go: one recipient, and the bytes that are sent.

    `to_phone` is for providers that send no e-mail; empty where none is known.
    """

    envelope_from: str
    to_address: str
    message_id: str
    payload: bytes
    to_phone: str = ""

    @property
    def subject(self) -> str:
        """Its subject, as a reader sees it."""
        return str(self.parsed["Subject"])

    @property
    def text(self) -> str:
        """Its plain text."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """Its page."""
        return self._part("html")

    @property
    def parsed(self) -> EmailMessage:
        """The message as a mail program takes it apart."""
        message = email.message_from_bytes(self.payload, policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what policy.default makes
        return message

    def _part(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The three texts of a letter."""

    subject: str
    text: str
    html: str


def write(facts: LetterFacts) -> Letter:
    """The letter for these facts.

    Raises BadAddress for an address that is not exactly one, KeyError for an unknown notice.
    """
    sheet = fill_in(facts.notice, words(facts))
    message = EmailMessage(policy=SMTP)
    message.set_content(sheet.text)
    message.add_alternative(sheet.html, subtype="html")
    # Last: setting the content takes away what headers speak of content, such as its language.
    headers.fill(message, facts, sheet.subject)
    # Not by chance, so that the same letter is the same bytes.
    message.set_boundary(f"=_{facts.work_id.hex}")
    return Letter(facts.envelope_from, facts.to_address, facts.message_id, message.as_bytes(), facts.to_phone)


def fill_in(notice: str, given: Mapping[str, Any]) -> Sheet:
    """The templates of a notice filled with words; `given["language"]` is the reader's."""
    with translation.override(given["language"]):
        folder = f"messages/{NOTICES[notice].template}"
        words = dict(given)
        subject = " ".join(render_to_string(f"{folder}/subject.txt", words).split())
        text = _GAPS.sub("\n\n", render_to_string(f"{folder}/body.txt", words)).strip() + "\n"
        html = render_to_string(f"{folder}/body.html", words).strip() + "\n"
    return Sheet(subject, text, html)


def words(facts: LetterFacts) -> dict[str, Any]:
    """What the templates may use; everything is escaped there as the format asks."""
    with translation.override(facts.language):
        deadline = facts.deadline
        return {
            "language": facts.language,
            "name": headers.clean(facts.first_name),
            "clinic": headers.clean(facts.clinic_name),
            "phone": headers.clean(facts.clinic_phone),
            "dial": re.sub(r"[^0-9+]", "", facts.clinic_phone),
            "hours": times.opening_words(facts.clinic_hours, facts.country),
            "emergency": facts.emergency,
            "link": facts.link,
            "mail_link": facts.mail_link if facts.mail_link != facts.link else "",
            "deadline": deadline_words(deadline, facts.zone, facts.country, facts.language)
            if deadline
            else "",
            "act_by": times.short_moment_words(deadline, facts.written_at, facts.zone) if deadline else "",
            "repeat": facts.repeat,
            "also": facts.also,
            "minutes": facts.minutes,
            "items": facts.items if facts.items > 1 else 0,
        }


@functools.lru_cache(maxsize=2000)
def deadline_words(deadline: datetime, zone: str, country: str, language: str) -> str:
    """A deadline as an absolute local time with its zone; the same for all who were asked at one moment."""
    with translation.override(language):
        return times.moment_words(deadline, zone, country)
