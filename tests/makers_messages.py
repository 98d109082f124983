"""Messages by the thousand: patients, plans, check-ins and their invitations, all due at once.

Written in bulk, since a thousand plans issued through services take minutes; each row looks as services leave it.
Every patient's name is a canary, a word that may appear in their own messages only.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from plans.domain.checkins import occasions as when
from plans.models import Link, Occasion, Patient, Plan, PlanVersion, Work
from plans.services import clock, links
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import issue_story_plan

_LETTERS = "abcdefghijklmnopqrst"


def canary(number: int) -> str:
    """A name of letters alone; no two numbers have the same, none is part of another."""
    digits = f"{number:07d}"
    return "Canary" + "".join(_LETTERS[int(digit)] for digit in digits) + "z"


def where_it_is_noon(now: datetime) -> str:
    """A zone whose people may get a message now, whatever the hour of the test."""
    ahead = (12 - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


def make_invitations(clinic: ClinicMade, count: int, *, first: int = 0, whole: bool = True) -> list[Any]:
    """`count` patients whose check-in is due now; the keys of their messages.

    `first` numbers the canaries. Not `whole`: plans without their text, where many are wanted and none is read.
    """
    model = _model(clinic)
    now = clock.now()
    made = _rows(model, count, first, now, whole)
    # A plan names its version and a version its plan: the database looks when the transaction ends.
    with transaction.atomic():
        for kind, rows in made.items():
            kind._default_manager.bulk_create(rows, batch_size=500)
    return [row.pk for row in made[Work]]


def _model(clinic: ClinicMade) -> Plan:
    """A plan issued through services, of which the others are copies; its own messages are taken away."""
    standing = Plan.objects.filter(clinic_id=clinic.id, state="active").select_related(
        "patient", "active_version"
    )
    found = standing.order_by("created_at", "id").first()
    if found is None:
        found = issue_story_plan(clinic.primary, make_patient(clinic.primary))
        Work.objects.filter(clinic_id=clinic.id).delete()
    return found


def _rows(model: Plan, count: int, first: int, now: Any, complete: bool) -> dict[type[Model], list[Any]]:
    whole: dict[type[Model], list[Any]] = {
        Patient: [],
        Plan: [],
        PlanVersion: [],
        Occasion: [],
        Link: [],
        Work: [],
    }
    version = model.active_version
    assert version is not None
    fixed = {field.attname: getattr(model.patient, field.attname) for field in Patient._meta.concrete_fields}
    for number in range(first, first + count):
        name = canary(number)
        patient = Patient(
            **{
                **fixed,
                "id": uuid.uuid4(),
                "name": f"{name} Testcase",
                "preferred_name": name,
                "sort_key": name.lower(),
                "record_no": f"C-{number:07}",
                "email": f"{name.lower()}@mail.example.org",
                "zone": where_it_is_noon(now),
            }
        )
        plan = Plan(
            clinic_id=model.clinic_id,
            patient=patient,
            state="active",
            state_at=now,
            drugs=model.drugs,
            last_day=model.last_day,
            ends_at_zero=True,
            created_at=now,
            created_by_id=model.created_by_id,
        )
        copy = PlanVersion(
            clinic_id=model.clinic_id,
            plan=plan,
            number=1,
            kind="issued",
            canonical=version.canonical if complete else "{}",
            schema=version.schema,
            sha256=version.sha256,
            from_day=version.from_day,
            made_on=version.made_on,
            last_day=version.last_day,
            issued_at=now,
            issued_by_id=version.issued_by_id,
        )
        plan.active_version = copy
        occasion = Occasion(
            clinic_id=model.clinic_id,
            patient=patient,
            plan=plan,
            purpose="weekly",
            form="weekly",
            local_date=when.local_date(now, patient.zone),
            local_time=patient.checkin_time,
            zone=patient.zone,
            due_at=now,
            closes_at=now + timedelta(hours=72),
            state="invited",
            invited_at=now,
            created_at=now,
        )
        whole[Patient].append(patient)
        whole[Plan].append(plan)
        whole[PlanVersion].append(copy)
        whole[Occasion].append(occasion)
        whole[Link] += [
            _link(links.LinkPurpose.CHECKIN, patient, now, occasion=occasion, plan=plan),
            _link(links.LinkPurpose.MAIL, patient, now),
        ]
        whole[Work].append(
            Work(
                clinic_id=model.clinic_id,
                queue="messages",
                notice="checkin_invitation",
                key=f"occasion:{occasion.pk}:0",
                patient=patient,
                plan=plan,
                occasion=occasion,
                due_at=now,
                not_after=now + timedelta(hours=72),
                created_at=now,
            )
        )
    return whole


def _link(purpose: links.LinkPurpose, patient: Patient, now: Any, **of: Any) -> Link:
    nonce = secrets.token_bytes(16)
    return Link(
        clinic_id=patient.clinic_id,
        patient=patient,
        purpose=purpose.value,
        nonce=nonce,
        token_hash=links._hash(links._token(nonce, purpose)),
        created_at=now,
        **of,
    )
