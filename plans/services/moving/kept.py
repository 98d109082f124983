"""What stays with the clinic that gave a patient away: its part of the trail, the versions that it issued, and a copy
of record, plans and answers as they were then. None of it follows the patient, and nothing later is added to it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound
from plans.domain.json import JsonObject
from plans.domain.moving import MoveState
from plans.models import Patient, PatientMove, Plan, PlanVersion
from plans.services import audit, people
from plans.services.access import get_move_for
from plans.services.actors import Actor, May
from plans.services.audit import AuditPage
from plans.services.plans import versions
from plans.services.plans.export import Export, everything
from plans.services.plans.history import full_schedule

SCHEMA: Final = "taperplan-kept/1"


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A version that the clinic issued."""

    number: int
    made_on: date
    by: str
    note: str
    drugs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """The record of a patient who moved: versions issued here, newest first, and a page of the clinic's own trail."""

    issued: tuple[IssuedRow, ...]
    events: AuditPage


def copy_of(patient: Patient) -> JsonObject:
    """Record, plans and answers of a patient as data; for the transaction in which they leave."""
    record = asdict(people.data_of(people.card_of(patient)))
    plans = Plan.objects.filter(patient=patient).exclude(active_version=None).order_by("created_at")
    whole: JsonObject = {
        "schema": SCHEMA,
        "record": json.loads(json.dumps(record, default=str)),
        "plans": [everything(plan, full_schedule(plan)) for plan in plans],
    }
    return whole


def kept_record(actor: Actor, move_id: UUID, *, before: int | None = None) -> KeptRecord:
    """What the actor's clinic keeps of a patient who moved away. Raises NotFound for any other move."""
    row = _given_away(actor, move_id)
    issued = PlanVersion.objects.filter(plan__patient_id=row.patient_id, clinic_id=actor.home)
    return KeptRecord(
        issued=tuple(
            IssuedRow(
                one.number, one.made_on, versions.issuer(one), one.note, versions.read(one).schedule.drugs
            )
            for one in issued.select_related("issued_by").order_by("-issued_at")
        ),
        events=audit.events_kept(actor, patient_id=row.patient_id, before=before),
    )


@transaction.atomic
def export_kept(*, by: Actor, move_id: UUID) -> Export:
    """The copy of plans and answers as a file. Raises NotFound."""
    row = _given_away(by, move_id)
    audit.record(
        by=by,
        act="patient.kept_exported",
        subject_kind="patient",
        subject_id=row.patient_id,
        patient_id=row.patient_id,
    )
    text = json.dumps(row.kept, ensure_ascii=False, indent=2) + "\n"
    settled = row.settled_at or row.offered_at
    return Export(f"{settled.date().isoformat()}-kept.json", "application/json", text)


def _given_away(actor: Actor, move_id: UUID) -> PatientMove:
    row = get_move_for(actor, move_id, May.LOOK)
    if row.from_clinic_id != actor.home or row.state != MoveState.ACCEPTED.value:
        raise NotFound(what="move")
    return row
