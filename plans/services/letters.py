"""Letters about a patient: from the clinic's templates, looked at before they are kept, and never changed after.

    drafted = draft(doctor, patient_id, template="To the GP: the plan")      # filled in from record and plan
    keep(by=doctor, patient_id=…, letter=edited, shown=edited.digest, way=LetterWay.PRINTED, item_id=item.pk)

One to the patient goes by message only if the address is confirmed and there is a page to read it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import translation

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.letters import (
    TEMPLATES_MOST,
    Field,
    LetterTemplate,
    LetterText,
    LetterTo,
    LetterWay,
    check_template,
    fill,
    unfilled,
)
from plans.domain.notices import LETTER_READY
from plans.domain.people import CareState, EmailState, MailState
from plans.domain.review.item_states import OPEN, Act, ItemState, Priority, after
from plans.models import LIVE_STATES, Clinic, Letter, Patient, Plan, ReviewItem
from plans.services import audit, clock, consents, outbox, paging
from plans.services.access import get_clinic_for, get_item_for, get_letter_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.from_row import from_row
from plans.services.paging import Page
from plans.services.plan_summaries import plan_summaries
from plans.services.review import holding
from plans.wording.consents import REDISCLOSURE
from plans.wording.doses import day_dose_words, drugs_words
from plans.wording.letters import first_templates
from plans.wording.plans import long_day

PAGE: Final = 25
_KEY: Final = "letters"
_ORDER: Final = ("-made_at", "id")


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter with the clinic's head and its patient."""

    id: UUID
    patient_id: UUID
    patient: str
    item_id: UUID | None
    to: str
    way: str
    to_name: str
    subject: str
    text: str
    made_at: datetime
    made_by: str
    clinic: str
    clinic_phone: str
    clinic_address: str


def of_clinic(clinic: Clinic) -> tuple[LetterTemplate, ...]:
    """The templates of a clinic; those shipped, in its language, as long as it keeps none of its own."""
    kept = clinic.settings.get(_KEY)
    if kept is None:
        with translation.override(clinic.language):
            return first_templates()
    return tuple(
        LetterTemplate(one["name"], LetterTo(one["to"]), one["subject"], one["text"]) for one in kept
    )


def templates(actor: Actor) -> tuple[LetterTemplate, ...]:
    """The templates of the actor's own clinic."""
    return of_clinic(get_clinic_for(actor))


def _save(clinic: Clinic, kept: Sequence[LetterTemplate]) -> None:
    clinic.settings = {**clinic.settings, _KEY: [asdict(one) for one in kept]}
    clinic.save(update_fields=["settings"])


@transaction.atomic
def keep_template(*, by: Actor, template: LetterTemplate, instead_of: str = "") -> None:
    """Keep a template under its name, instead of the one named `instead_of` if that is given.

    Raises NotAllowed, Stale if that one is gone, and Refused: unknown_field, stray_brace, name_taken,
    too_many_templates.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    check_template(template.subject)
    check_template(template.text)
    standing = of_clinic(clinic)
    if instead_of and all(one.name != instead_of for one in standing):
        raise Stale(what="letter_template")
    others = [one for one in standing if one.name != instead_of]
    if any(one.name.casefold() == template.name.casefold() for one in others):
        raise Refused(reason="name_taken", where="name")
    if not instead_of and len(standing) >= TEMPLATES_MOST:
        raise Refused(reason="too_many_templates", most=TEMPLATES_MOST)
    kept = [template if one.name == instead_of else one for one in standing]
    _save(clinic, kept if instead_of else [*kept, template])
    _audit_template(by, clinic, "clinic.letter_template_kept", template.name)


@transaction.atomic
def remove_template(*, by: Actor, name: str) -> None:
    """Remove a template; letters made from it stay. Raises NotAllowed, and NotFound if it is gone."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = of_clinic(clinic)
    left = [one for one in standing if one.name != name]
    if len(left) == len(standing):
        raise NotFound(what="letter_template")
    _save(clinic, left)
    _audit_template(by, clinic, "clinic.letter_template_removed", name)


def _audit_template(by: Actor, clinic: Clinic, act: str, name: str) -> None:
    audit.record(by=by, act=act, subject_kind="clinic", subject_id=clinic.pk, facts={"name": name})


def draft(actor: Actor, patient_id: UUID, template: str) -> LetterText:
    """A letter filled in from a template, the record and the plan; what is not known stays in square brackets.

    In the patient's language if it is for the patient, else in the clinic's. Raises NotFound.
    """
    patient = get_patient_for(actor, patient_id, May.REVIEW)
    found = next((one for one in of_clinic(patient.clinic) if one.name == template), None)
    if found is None:
        raise NotFound(what="letter_template")
    if found.to is LetterTo.PATIENT and patient.language != patient.clinic.language:
        found = _in_their_language(found, patient)
    language = patient.language if found.to is LetterTo.PATIENT else patient.clinic.language
    to_name = {LetterTo.PATIENT: patient.name, LetterTo.PHARMACY: patient.pharmacy}.get(found.to, "")
    with translation.override(language):
        values = _values(actor, patient, found.to)
        values[Field.ADDRESSEE] = to_name
        return LetterText(found.to, to_name, fill(found.subject, values), fill(found.text, values))


def _in_their_language(template: LetterTemplate, patient: Patient) -> LetterTemplate:
    """A template of ours in the patient's language; one of the clinic's own as it is."""
    with translation.override(patient.clinic.language):
        names = [one.name for one in first_templates()]
        ours = template in first_templates()
    with translation.override(patient.language):
        return replace(first_templates()[names.index(template.name)]) if ours else template


def _values(actor: Actor, patient: Patient, to: LetterTo) -> dict[Field, str]:
    clinic, today = patient.clinic, clock.today(patient.zone)
    plan = Plan.objects.select_related("patient", "active_version").filter(
        patient=patient, state__in=LIVE_STATES
    )
    stand = next(iter(plan_summaries(plan).values()), None)
    clinician = to is not LetterTo.PATIENT
    values = {
        Field.PATIENT: patient.name,
        Field.PREFERRED_NAME: patient.preferred_name or patient.name,
        Field.BORN: long_day(patient.born),
        Field.RECORD_NO: patient.record_no,
        Field.PHARMACY: patient.pharmacy,
        Field.TODAY: long_day(today),
        Field.CLINICIAN: actor.name,
        Field.CLINIC: clinic.name,
        Field.CLINIC_PHONE: clinic.phone,
        Field.CLINIC_ADDRESS: clinic.address,
    }
    if stand is None:
        return values
    values[Field.DRUGS] = drugs_words(stand.drugs, clinician=clinician)
    if stand.dose is not None:
        values[Field.DOSE] = day_dose_words(stand.dose, clinician=clinician)
    if stand.next_change_on is not None and stand.next_dose is not None:
        dose = day_dose_words(stand.next_dose, clinician=clinician)
        values[Field.NEXT_CHANGE] = f"{long_day(stand.next_change_on)}, {dose}"
    if stand.last_day is not None:
        values[Field.LAST_DOSE] = long_day(stand.last_day)
    return values


def why_not_by_message(patient: Patient) -> str:
    """Why a letter cannot reach the patient by message: "unconfirmed", "no_page", or "" if it can."""
    if patient.email_state != EmailState.CONFIRMED or patient.mail_state == MailState.OPTED_OUT:
        return "unconfirmed"
    if patient.care_state != CareState.IN_CARE or _page_of(patient) is None:
        return "no_page"
    return ""


def goes_by_message(actor: Actor, patient_id: UUID) -> bool:
    """Whether a letter can reach the patient by message. Raises NotFound."""
    return not why_not_by_message(get_patient_for(actor, patient_id, May.LOOK))


def _page_of(patient: Patient) -> Plan | None:
    return Plan.objects.filter(patient=patient, state__in=LIVE_STATES).exclude(active_version=None).first()


@transaction.atomic
def keep(
    *,
    by: Actor,
    patient_id: UUID,
    letter: LetterText,
    shown: str,
    way: LetterWay,
    item_id: UUID | None = None,
) -> UUID:
    """Keep a letter that was looked at, and send it on if it goes by message. Returns its key.

    `shown` is the digest of what was shown. `item_id`: the item that it answers; it stands in that item's record too.
    Under 42 CFR Part 2 a letter to somebody else ends with the notice that it may not be passed on. Raises NotFound,
    NotAllowed, and Refused: not_shown, still_to_fill, not_by_message, unconfirmed, no_page, not_this_patient,
    no_consent_pharmacy, no_consent_part2.
    """
    patient = get_patient_for(by, patient_id, May.REVIEW, lock=True)
    _check_consent(patient, letter.to)
    if missing := unfilled(f"{letter.subject} {letter.text}"):
        raise Refused(reason="still_to_fill", where="text", fields=", ".join(missing))
    if letter.digest != shown:
        raise Refused(reason="not_shown", where="text")
    plan = _sent_through(patient, letter, way)
    item = _answered(by, patient, item_id)
    now = clock.now()
    row = Letter.objects.create(
        clinic_id=patient.clinic_id, patient=patient, plan=plan, item=item, to=letter.to.value, way=way.value,
        to_name=letter.to_name, subject=letter.subject, text=_with_notice(patient, letter), made_at=now,
        made_by_id=by.member_id,
    )  # fmt: skip
    if plan is not None:
        outbox.put(
            notice=LETTER_READY, key=f"letter:{row.pk}", clinic_id=patient.clinic_id, now=now, patient=patient,
            plan=plan, facts={"letter": str(row.pk)},
        )  # fmt: skip
    facts = {"letter_to": letter.to.value, "way": way.value, "letter": str(row.pk)}
    audit.record(
        by=by,
        act="letter.kept",
        subject_kind="letter",
        subject_id=row.pk,
        patient_id=patient.pk,
        facts=facts,
        at=now,
    )
    if item is not None:
        mine = holding.holds(item, by)
        item.state = after(
            ItemState(item.state), Act.ACT if mine else Act.WORK, Priority(item.severity)
        ).value
        if mine:
            holding.renew(item)
        holding.write(item, by=by, kind="letter_made", now=now, facts=facts)
    return row.pk


def _check_consent(patient: Patient, to: LetterTo) -> None:
    if to is LetterTo.PHARMACY:
        consents.check_pharmacy(patient)
    elif to is not LetterTo.PATIENT:
        consents.check_disclosure(patient)


def _with_notice(patient: Patient, letter: LetterText) -> str:
    told_others = letter.to is not LetterTo.PATIENT and consents.under_part2(patient.clinic)
    return f"{letter.text}\n\n{REDISCLOSURE}" if told_others else letter.text


def _sent_through(patient: Patient, letter: LetterText, way: LetterWay) -> Plan | None:
    """The plan on whose page the letter is read; None if it is printed."""
    if way is LetterWay.PRINTED:
        return None
    if letter.to is not LetterTo.PATIENT:
        raise Refused(reason="not_by_message")
    if why := why_not_by_message(patient):
        raise Refused(reason=why)
    return _page_of(patient)


def _answered(by: Actor, patient: Patient, item_id: UUID | None) -> ReviewItem | None:
    """The open item that a letter answers; None if it answers none, or the item has been resolved meanwhile."""
    if item_id is None:
        return None
    item = get_item_for(by, item_id, May.REVIEW, lock=True)
    if item.patient_id != patient.pk:
        raise Refused(reason="not_this_patient")
    return item if ItemState(item.state) in OPEN else None


def _view(row: Letter) -> LetterView:
    return from_row(
        LetterView,
        row,
        patient=row.patient.name,
        made_by=row.made_by.name,
        clinic=row.clinic.name,
        clinic_phone=row.clinic.phone,
        clinic_address=row.clinic.address,
    )


def letter(actor: Actor, letter_id: UUID) -> LetterView:
    """A letter that was kept. Raises NotFound."""
    return _view(get_letter_for(actor, letter_id))


def of_patient(actor: Actor, patient_id: UUID, *, q: str = "", key: str | None = None) -> Page[LetterView]:
    """A page of the letters about a patient, newest first; `q`: in subject, addressee or text. Raises NotFound."""
    every = Letter.objects.filter(patient=get_patient_for(actor, patient_id, May.LOOK))
    wanted = every
    for word in q.split()[:6]:
        wanted = (
            wanted.filter(text__icontains=word)
            | wanted.filter(subject__icontains=word)
            | wanted.filter(to_name__icontains=word)
        )
    related = wanted.select_related("patient", "made_by", "clinic")
    return paging.page_of(
        related, _ORDER, lambda rows: [_view(row) for row in rows], every=every, key=key, size=PAGE
    )


@dataclass(frozen=True, slots=True)
class LetterToRead:
    """A letter as its patient reads it."""

    on: date
    subject: str
    text: str
    by: str


def to_read(plan: Plan) -> tuple[LetterToRead, ...]:
    """The letters that went to a patient by message, newest first; for services."""
    rows = Letter.objects.filter(
        patient_id=plan.patient_id, to=LetterTo.PATIENT.value, way=LetterWay.MESSAGE.value
    )
    zone = clock.zone_of(plan.patient.zone)
    return tuple(
        LetterToRead(row.made_at.astimezone(zone).date(), row.subject, row.text, row.made_by.name)
        for row in rows.select_related("made_by").order_by("-made_at")[:20]
    )
