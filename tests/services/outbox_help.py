"""Putting work for a patient into the outbox, and reading what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from plans.models import Patient, Work
from plans.services import clock, outbox
from tests.makers import ClinicMade, make_patient

HOUR = timedelta(hours=1)


def put(patient: Patient, key: str = "k", notice: str = "opt_out_done", **more: Any) -> bool:
    with transaction.atomic():
        return outbox.put(
            notice=notice,
            key=key,
            clinic_id=patient.clinic_id,
            now=more.pop("now", clock.now()),
            patient=patient,
            **more,
        )


def only() -> Work:
    return Work.objects.get()


def overdue_lease() -> None:
    Work.objects.update(lease_until=clock.real_now() - HOUR)


def patient_without_work(clinic: ClinicMade) -> Patient:
    made = make_patient(clinic.lead)
    Work.objects.all().delete()
    return made
