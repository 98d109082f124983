"""Writing a letter: three templates (subject, text, html) in the reader's language become one MIME message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

from plans.domain.letters import LetterFacts
from plans.domain.notices import NOTICES
from plans.mail import headers
from plans.wording import times

_GAPS: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to go: one recipient, and the bytes that are sent."""

    envelope_from: str
    to_address: str
    message_id: str
    subject: str
    text: str
    html: str
    payload: bytes


def write(facts: LetterFacts) -> Letter:
    """The letter for these facts.

    Raises BadAddress for an address that is not exactly one, KeyError for an unknown notice.
    """
    with translation.override(facts.language):
        folder = f"mail/{NOTICES[facts.notice].template}"
        words = _words(facts)
        subject = " ".join(render_to_string(f"{folder}/subject.txt", words).split())
        text = _GAPS.sub("\n\n", render_to_string(f"{folder}/body.txt", words)).strip() + "\n"
        html = render_to_string(f"{folder}/body.html", words).strip() + "\n"
    message = EmailMessage(policy=SMTP)
    headers.fill(message, facts, subject)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # Not by chance, so that the same letter is the same bytes.
    message.set_boundary(f"=_{facts.work_id.hex}")
    return Letter(
        facts.envelope_from, facts.to_address, facts.message_id, subject, text, html, message.as_bytes()
    )


def _words(facts: LetterFacts) -> dict[str, Any]:
    """What the templates may use; everything is escaped there as the format asks."""
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
        "deadline": times.moment_words(deadline, facts.zone, facts.country) if deadline else "",
        "act_by": times.short_moment_words(deadline, facts.written_at, facts.zone) if deadline else "",
        "repeat": facts.repeat,
    }
