"""A patient's record: its closed sets of values and its consistency rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Final

from plans.domain.errors import Refused


class ContactHow(StrEnum):
    """A patient's preferred contact."""

    EMAIL = "email"
    PHONE = "phone"


class MayBeTold(StrEnum):
    """What the emergency contact may be told."""

    NOTHING = "nothing"
    SAFETY = "safety"
    EVERYTHING = "everything"


class CareState(StrEnum):
    """Whether this clinic still looks after the patient."""

    IN_CARE = "in_care"
    TRANSFERRED = "transferred"
    STOPPED_CARE = "stopped_care"
    ADMITTED = "admitted"
    DIED = "died"


# Ends of care at this clinic. A hospital stay is not one.
ENDS_OF_CARE: Final = frozenset({CareState.TRANSFERRED, CareState.STOPPED_CARE, CareState.DIED})
OUT_OF_CARE: Final = frozenset(CareState) - {CareState.IN_CARE}


class EmailState(StrEnum):
    """The state of an e-mail address."""

    NONE = "none"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    # The recipient said that the message was not for them.
    REFUSED = "refused"


class MailState(StrEnum):
    """Whether a patient gets messages."""

    ON = "on"
    OPTED_OUT = "opted_out"
    SUSPENDED = "suspended"


class StillToAsk(StrEnum):
    """What may be asked after a patient was added; each is named as its field of the record."""

    INDICATION = "indication"
    DURATION = "duration_months"
    CONDITIONS = "conditions"
    SUBSTANCES = "substances"
    MEDICINES = "medicines"
    PERSON = "person_to_call"
    CRISIS_PLAN = "crisis_plan"
    PHARMACY = "pharmacy"


BEFORE_ISSUING: Final = frozenset(StillToAsk) - {StillToAsk.CRISIS_PLAN, StillToAsk.PHARMACY}
"""What a plan's cautions are screened by, and whom to call: asked before a plan is issued."""

LANGUAGES: Final = ("en", "es")
# Versions of the consent text, whose texts are in plans.wording.people. A published version is never edited.
CONSENT_VERSIONS: Final = ("1",)

OLDEST_BIRTH: Final = date(1900, 1, 1)
ADULT_FROM: Final = 18
"""Years of age."""
DURATION_MOST: Final = 960
"""Months of use: eighty years."""


@dataclass(frozen=True, slots=True)
class EmergencyContact:
    """The person to call if the patient cannot be reached."""

    name: str = ""
    relation: str = ""
    phone: str = ""
    may_be_told: MayBeTold = MayBeTold.NOTHING


@dataclass(frozen=True, slots=True)
class PatientData:
    """A patient's record from a form or an import, with every value already cleaned (plans.domain.text)."""

    name: str
    record_no: str
    born: date
    zone: str
    country: str
    indication: str
    duration_months: int | None
    preferred_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"
    contact_how: ContactHow = ContactHow.EMAIL
    contact_when: str = ""
    person_to_call: EmergencyContact = field(default_factory=EmergencyContact)
    crisis_plan: str = ""
    pharmacy: str = ""
    conditions: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    notes: str = ""
    consent_version: str = ""
    consent_on: date | None = None
    checkin_weekday: int = 0
    checkin_time: time = time(9)
    close_watch: bool = False
    close_watch_until: date | None = None
    to_ask: tuple[str, ...] = ()
    """What nobody has asked yet (StillToAsk). `duration_months` is None only while it is among them."""


def check_whole(data: PatientData, today: date) -> None:
    """Check rules over several fields. Raises Refused with `where`, the field to correct.

    Reasons: no_way_to_reach, email_missing, phone_missing, consent_half, consent_ahead, person_half,
    used_longer_than_life, not_an_adult (Taperplan is for adults: docs/intended-use.md).
    """
    if not data.email and not data.phone:
        raise Refused(reason="no_way_to_reach", where="phone")
    if data.contact_how is ContactHow.EMAIL and not data.email:
        raise Refused(reason="email_missing", where="email")
    if data.contact_how is ContactHow.PHONE and not data.phone:
        raise Refused(reason="phone_missing", where="phone")
    if bool(data.consent_version) != (data.consent_on is not None):
        raise Refused(reason="consent_half", where="consent_on")
    if data.consent_on is not None and data.consent_on > today:
        raise Refused(reason="consent_ahead", where="consent_on")
    if bool(data.person_to_call.name) != bool(data.person_to_call.phone):
        raise Refused(
            reason="person_half", where="person_phone" if data.person_to_call.name else "person_name"
        )
    if (today.year - data.born.year, today.month, today.day) < (ADULT_FROM, data.born.month, data.born.day):
        raise Refused(reason="not_an_adult", where="born")
    lived = (today.year - data.born.year) * 12 + today.month - data.born.month + 1
    if data.duration_months is not None and data.duration_months > lived:
        raise Refused(reason="used_longer_than_life", where="duration_months")
