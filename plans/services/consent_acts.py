"""Recording what a patient says to a purpose, on their page or to staff, with what follows from it.

tell(by=assistant, patient_id=…, purpose=ConsentPurpose.PHARMACY, given=False, how=ConsentHow.PHONE)
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.domain.rights.consents import BY_STAFF, CONSENTS, SIGNED, ConsentHow, ConsentPurpose
from plans.models import Consent, Patient
from plans.services import audit, clock, links, mail_choices
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.consents import PART2, newest, state_of, under_part2
from plans.services.links import LinkView
from plans.services.review.review_items import open_item


@transaction.atomic
def tell(
    *, by: Actor, patient_id: UUID, purpose: ConsentPurpose, given: bool, how: ConsentHow, note: str = ""
) -> None:
    """Record what a patient told a member of staff, with what follows from it.

    Raises NotFound, NotAllowed, and Refused: bad_choice, needs_signature, nothing_changed.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if how not in BY_STAFF:
        raise Refused(reason="bad_choice", where="how")
    if given and CONSENTS[purpose].signed and how not in SIGNED:
        raise Refused(reason="needs_signature", where="how")
    _record(patient, purpose, given=given, how=how, by=by, note=note)


@transaction.atomic
def say(link: LinkView, *, purpose: ConsentPurpose, given: bool, device: str) -> None:
    """Record what the patient said on their page, and tell the clinic if it was taken back.

    Raises what `links.check` raises, and Refused: needs_signature, nothing_changed.
    """
    links.check(link, LinkAct.CONSENT, device=device)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    if given and CONSENTS[purpose].signed:
        raise Refused(reason="needs_signature")
    actor = patient_actor(patient.pk, patient.clinic_id)
    _record(patient, purpose, given=given, how=ConsentHow.PAGE, by=actor, note="")
    if not given and purpose is not ConsentPurpose.MESSAGES:
        # Of messages its own item says so.
        open_item(
            clinic_id=patient.clinic_id,
            patient=patient,
            plan=None,
            source="rights",
            source_key=f"consent:{purpose.value}:{patient.pk}",
            priority="routine",
            facts={"code": f"consent_{purpose.value}"},
            now=clock.now(),
        )


def _record(
    patient: Patient, purpose: ConsentPurpose, *, given: bool, how: ConsentHow, by: Actor, note: str
) -> None:
    spec, said = CONSENTS[purpose], newest(patient, purpose)
    standing = state_of(patient, spec, said)
    if standing.version == spec.version and standing.given == given:
        raise Refused(reason="nothing_changed")
    now = clock.now()
    # The newest counts, also of two that were said in the same instant.
    at = max(now, said.at + timedelta(microseconds=1)) if said is not None else now
    Consent.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        purpose=purpose.value,
        version=spec.version,
        language=patient.language,
        given=given,
        how=how.value,
        at=at,
        by_id=by.user_id,
        note=note,
    )
    if purpose is ConsentPurpose.MESSAGES:
        if given:
            mail_choices.start_for(patient, by=by, now=now)
        else:
            mail_choices.stop_for(patient, by=by, now=now)
    audit.record(
        by=by,
        act="patient.consent_given" if given else "patient.consent_withdrawn",
        subject_kind="patient",
        subject_id=patient.pk,
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
        facts={"consent": purpose.value, "number": spec.version, "how": how.value},
        at=now,
    )


@transaction.atomic
def set_part2(*, by: Actor, on: bool) -> bool:
    """Say whether the clinic's records are under 42 CFR Part 2; False if nothing changed. Raises NotAllowed."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if under_part2(clinic) == on:
        return False
    clinic.settings = {**clinic.settings, PART2: on}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by, act="clinic.part_two_set", subject_kind="clinic", subject_id=clinic.pk, facts={"on_off": on}
    )
    return True
