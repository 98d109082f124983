"""Adding a patient together with the draft of a plan."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from plans.domain.people import PatientData
from plans.services import people
from plans.services.actors import Actor
from plans.services.plans import drafts
from plans.services.plans.drafts import Form


@transaction.atomic
def add(*, by: Actor, data: PatientData, form: Form | None = None) -> UUID:
    """Add a patient, and with a form begin the draft of a plan: both or neither.

    Raises what `people.create_patient` raises, and NotAllowed for a draft of somebody who may not plan.
    """
    patient_id = people.create_patient(by=by, data=data)
    if form is not None:
        drafts.save(by=by, patient_id=patient_id, form=form, seen_lock=None)
    return patient_id
