"""Consents as they stand: what a patient said to each purpose, when and how, and what it allows.

    check_pharmacy(patient)      # raises Refused("no_consent_pharmacy")

Messages have their own state, which their link changes too. `plans.services.consent_acts` records what is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.domain.people import MailState
from plans.domain.rights.consents import CONSENTS, ConsentHow, ConsentPurpose, ConsentSpec
from plans.models import Clinic, Consent, Patient
from plans.services import links
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.links import LinkView

PART2: Final = "part2"
"""In a clinic's settings: its records are under 42 CFR Part 2."""


@dataclass(frozen=True, slots=True)
class ConsentState:
    """One purpose now. `given`: whether it holds. `version`, `at` and the rest: of what was said last, empty if
    nothing was. `asks_again`: a newer text stands; what was said to the older one holds until it is answered."""

    purpose: ConsentPurpose
    given: bool
    version: int | None
    at: datetime | None
    how: ConsentHow | None
    by: str
    asks_again: bool
    # Whether the patient's page may give it; it can always be taken back there.
    on_page: bool


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One line of the history."""

    purpose: ConsentPurpose
    given: bool
    version: int
    at: datetime
    how: ConsentHow
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Consents:
    """All purposes, and everything that was said, newest first. `part2`: whether the clinic is under it."""

    patient_id: UUID
    states: tuple[ConsentState, ...]
    history: tuple[ConsentLine, ...]
    part2: bool


def under_part2(clinic: Clinic) -> bool:
    """Whether a clinic's records are under 42 CFR Part 2."""
    return clinic.settings.get(PART2) is True


def holds(patient: Patient, purpose: ConsentPurpose) -> bool:
    """Whether a patient's consent to a purpose holds; for services."""
    return state_of(patient, CONSENTS[purpose], newest(patient, purpose)).given


def check_pharmacy(patient: Patient) -> None:
    """Raise Refused unless the pharmacy may be told: no_consent_pharmacy, no_consent_part2."""
    if not holds(patient, ConsentPurpose.PHARMACY):
        raise Refused(reason="no_consent_pharmacy")
    check_disclosure(patient)


def check_disclosure(patient: Patient) -> None:
    """Raise Refused(no_consent_part2) unless others outside the clinic may be told: under 42 CFR Part 2 that there is
    a taper at all is a record of treatment for substance use."""
    if under_part2(patient.clinic) and not holds(patient, ConsentPurpose.SUBSTANCE_USE):
        raise Refused(reason="no_consent_part2")


def newest(patient: Patient, purpose: ConsentPurpose) -> Consent | None:
    rows = Consent.objects.filter(patient=patient, purpose=purpose.value).select_related("by")
    return rows.order_by("-at", "-id").first()


def state_of(patient: Patient, spec: ConsentSpec, said: Consent | None) -> ConsentState:
    if spec.purpose is ConsentPurpose.MESSAGES:
        given = patient.mail_state != MailState.OPTED_OUT.value
    else:
        given = said.given if said is not None else spec.presumed
    return ConsentState(
        spec.purpose,
        given,
        said.version if said else None,
        said.at if said else None,
        ConsentHow(said.how) if said else None,
        said.by.name if said and said.by else "",
        asks_again=said is not None and said.version < spec.version,
        on_page=not spec.signed,
    )


def _whole(patient: Patient) -> Consents:
    part2 = under_part2(patient.clinic)
    specs = [one for one in CONSENTS.values() if part2 or one.purpose is not ConsentPurpose.SUBSTANCE_USE]
    rows = Consent.objects.filter(patient=patient).select_related("by").order_by("-at", "-id")[:100]
    return Consents(
        patient.pk,
        tuple(state_of(patient, one, newest(patient, one.purpose)) for one in specs),
        tuple(_lines(rows)),
        part2,
    )


def _lines(rows: Iterable[Consent]) -> Iterable[ConsentLine]:
    for row in rows:
        by = row.by.name if row.by else ""
        yield ConsentLine(
            ConsentPurpose(row.purpose), row.given, row.version, row.at, ConsentHow(row.how), by, row.note
        )


def of_patient(actor: Actor, patient_id: UUID) -> Consents:
    """A patient's consents. Raises NotFound."""
    return _whole(get_patient_for(actor, patient_id, May.LOOK))


def of_link(link: LinkView, *, device: str) -> Consents:
    """The consents of the patient behind a link. Raises what `links.check` raises."""
    links.check(link, LinkAct.CONSENT, device=device)
    return _whole(Patient.objects.select_related("clinic").get(pk=link.patient_id))


def part2_of(actor: Actor) -> bool:
    """Whether the actor's clinic is under 42 CFR Part 2."""
    return under_part2(get_clinic_for(actor))
