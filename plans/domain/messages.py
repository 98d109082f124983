"""The facts that a message is rendered from. Sentences are made later, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from plans.domain.reaching import ChannelKind


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """Who is on duty at a clinic from a moment on, first and second; nobody in both: alerts go to everybody.
    `covered`: an outside service has these hours."""

    since: datetime
    first: tuple[str, ...]
    second: tuple[str, ...]
    covered: bool = False


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """A clinic's morning in counts: open items and how many of them are urgent, late, due today and about missed
    check-ins; plans that change until Sunday; records opened outside somebody's own list since yesterday; who is on
    duty until tomorrow."""

    open: int = 0
    urgent: int = 0
    late: int = 0
    due_today: int = 0
    missed: int = 0
    changes: int = 0
    opened: int = 0
    duty: tuple[DutyFacts, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.open or self.missed or self.changes)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message to one person, true at the moment it was composed. Times are aware.

    `clinic_hours` is {"mon": ["08:00", "17:00"], …}. `mail_link` leads to the choices page, empty for staff. `deadline`
    is shown in `zone`. `answers_message` is the first message of the same occasion. `repeat` counts how often an alert
    of unknown fate was sent before. `also`: plan_ready or plan_changed, bundled into this message. `to_phone` is for
    providers that send no e-mail. `minutes`: how long its check-in takes, 0 without one. `discreet`: its patient asked
    for messages that name neither the clinic nor what waits.
    To staff: `items`: how many items an alert is about; `urgent`: one of them is, so that it may make a noise at night;
    `holder`: who has the item and did nothing with it; `covered`: an outside service has these hours, and nobody of the
    clinic is on duty. `digest` is what a digest tells. `channel` says by what
    `to_address` is reached; `code` and `code_link` are its reply code, which may be sent back where `may_reply`;
    `about` and `whom` are what a message about a channel speaks of; `reply_to` is where a reply by e-mail arrives.
    """

    work_id: UUID
    notice: str
    language: str
    country: str
    zone: str
    to_address: str
    sender_name: str
    sender_address: str
    envelope_from: str
    message_id: str
    written_at: datetime
    clinic_name: str
    link: str
    clinic_phone: str = ""
    clinic_hours: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first_name: str = ""
    emergency: str = ""
    mail_link: str = ""
    deadline: datetime | None = None
    answers_message: str = ""
    repeat: int = 0
    also: str = ""
    to_phone: str = ""
    minutes: int = 0
    items: int = 1
    channel: ChannelKind = ChannelKind.EMAIL
    code: str = ""
    code_link: str = ""
    may_reply: bool = False
    about: str = ""
    whom: str = ""
    urgent: bool = False
    reply_to: str = ""
    holder: str = ""
    covered: bool = False
    digest: DigestFacts | None = None
    discreet: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """The message must not be sent any more; `reason` is stored on its row."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postpone:
    """The message may be sent, but not before `until` (clinic time)."""

    until: datetime
    reason: str


# Word stems that would give a patient away to somebody reading over their shoulder, in every language of messages.
# "Taperplan" is the staff's name for the system; patients' messages do not contain it.
HEALTH_STEMS: Final = (
    "taper", "benzo", "drug", "dose", "dosis", "dosage", "medic", "medik", "tablet", "pill", "pastilla", "comprimido",
    "wafer", "withdraw", "abstinenc", "detox", "addict", "adicci", "depend", "substance", "sustancia", "opio", "opiat",
    "anxi", "ansiedad", "depress", "depresi", "suicid", "self-harm", "phq", "gad-", "symptom", "sintom", "síntoma",
    "diagnos", "psych", "psiq", "psico", "mental", "sleep", "sueño", "seiz", "treat", "tratam", "therap", "terap",
    "prescri", "pharm", "farmac", "score", "puntuaci", "health", "salud", "recover", "rehab",
    "azepam", "azolam",
)  # fmt: skip
_AMOUNT: Final = re.compile(r"\d\s*(mg|mcg|µg|ml)\b", re.IGNORECASE)


def health_words(text: str) -> tuple[str, ...]:
    """The health-related stems in a text, in the order of the list; empty for a neutral text."""
    low = text.casefold()
    found = tuple(stem for stem in HEALTH_STEMS if stem in low)
    return found + (("amount",) if _AMOUNT.search(text) else ())


def neutral(name: str, otherwise: str) -> str:
    """`name` as a sender if it does not hint at health ("Harbour Clinic"), else `otherwise`."""
    return otherwise if health_words(name) else name
