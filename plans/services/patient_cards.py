"""A patient's record as pages show it, and as screening for cautions reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from plans.domain.json import JsonObject
from plans.domain.people import CareState, ContactHow, EmailState, EmergencyContact, PatientData
from plans.domain.taper.patient_facts import MEDICINES, PatientFacts
from plans.domain.text import fold
from plans.domain.which import which
from plans.models import Patient
from plans.services import clock
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.from_row import from_row


@dataclass(frozen=True, slots=True)
class PatientCard:
    """A patient's record as pages show it. `local_now` is the time where the patient lives."""

    id: UUID
    name: str
    preferred_name: str
    record_no: str
    born: date
    age: int
    email: str
    email_state: str
    email_confirmed_at: datetime | None
    phone: str
    zone: str
    local_now: datetime
    language: str
    country: str
    contact_how: str
    contact_when: str
    person: EmergencyContact
    crisis_plan: str
    pharmacy: str
    indication: str
    conditions: tuple[str, ...]
    substances: tuple[str, ...]
    medicines: tuple[str, ...]
    duration_months: int | None
    to_ask: tuple[str, ...]
    notes: str
    consent_version: str
    consent_on: date | None
    consent_by: str
    mail_state: str
    mail_state_at: datetime | None
    care_state: str
    checkin_weekday: int
    checkin_time: time
    close_watch: bool
    close_watch_until: date | None
    owner: str
    version: int
    created_at: datetime

    @property
    def email_state_is(self) -> Mapping[str, bool]:
        """Which state the address is in, for templates."""
        return which(EmailState, self.email_state)

    @property
    def care_state_is(self) -> Mapping[str, bool]:
        """Which state their care is in, for templates."""
        return which(CareState, self.care_state)


def age_on(born: date, day: date) -> int:
    """Full years of life on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def sort_key(name: str) -> str:
    """The key for sorting and searching: the last word first, folded."""
    words = fold(name).split()
    return " ".join([*words[-1:], *words[:-1]])[:220]


def person_of(raw: JsonObject) -> EmergencyContact:
    """The emergency contact from a row's JSON."""
    return EmergencyContact(**raw) if raw else EmergencyContact()


def facts_of(patient: Patient, on: date) -> PatientFacts:
    """The patient facts that cautions are screened for on a day. Medicines typed as free text are not included."""
    return PatientFacts(
        born_year=patient.born.year,
        age=age_on(patient.born, on),
        duration_months=patient.duration_months,
        indication=patient.indication,
        conditions=frozenset(patient.conditions),
        substances=frozenset(patient.substances),
        medicines=tuple(sorted(code for code in patient.medicines if code in MEDICINES)),
        pregnant="pregnancy" in patient.conditions,
    )


def card_of(patient: Patient) -> PatientCard:
    """The card of a patient's row; for services."""
    local = clock.now().astimezone(clock.zone_of(patient.zone))
    return from_row(
        PatientCard,
        patient,
        age=age_on(patient.born, local.date()),
        local_now=local,
        person=person_of(patient.person_to_call),
        conditions=tuple(patient.conditions),
        substances=tuple(patient.substances),
        medicines=tuple(patient.medicines),
        to_ask=tuple(patient.to_ask),
        consent_by=patient.consent_by.name if patient.consent_by else "",
        mail_state=patient.mail_state,
        mail_state_at=patient.mail_state_at,
        care_state=patient.care_state,
        checkin_weekday=patient.checkin_weekday,
        checkin_time=patient.checkin_time,
        close_watch=patient.close_watch,
        close_watch_until=patient.close_watch_until,
        owner=patient.owner.name if patient.owner else "",
        version=patient.version,
        created_at=patient.created_at,
    )


def patient_card(actor: Actor, patient_id: UUID) -> PatientCard:
    """The record of a patient of the actor's clinic. Raises NotFound."""
    return card_of(get_patient_for(actor, patient_id, May.LOOK))


def data_of(card: PatientCard) -> PatientData:
    """The record as the form's initial data."""
    return PatientData(
        **{
            name: getattr(card, name)
            for name in PatientData.__dataclass_fields__
            if name not in ("person_to_call", "contact_how")
        },
        person_to_call=card.person,
        contact_how=ContactHow(card.contact_how),
    )
