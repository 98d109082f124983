"""Devices that a patient's second fact was given on and that they wanted remembered."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from plans.domain.links import DEVICE_LASTS
from plans.models import BirthYearTry, Patient, PatientDevice
from plans.services import clock
from plans.services.from_row import from_row

DEVICES: Final = 20
"""The most known devices per patient; the one that gave the second fact longest ago is asked again."""
TRIES_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A known device. `kind` is what its browser says of itself; `this`: the one that asks."""

    id: UUID
    kind: str
    confirmed_at: datetime
    expires_at: datetime
    this: bool


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def knows(patient_id: UUID, key: str) -> bool:
    """Whether the second fact of the patient was given on the device with this key."""
    if not key:
        return False
    return PatientDevice.objects.filter(
        patient_id=patient_id, key_hash=_hash(key), expires_at__gt=clock.real_now()
    ).exists()


def remember(patient: Patient, kind: str) -> str:
    """Remember a device and return its key. The patient's row is locked."""
    key, real = secrets.token_urlsafe(32), clock.real_now()
    this = PatientDevice.objects.create(
        patient=patient,
        kind=kind,
        key_hash=_hash(key),
        confirmed_at=real,
        expires_at=real + DEVICE_LASTS,
    )
    # Never this one, even if several were confirmed in the same instant.
    others = PatientDevice.objects.filter(patient=patient).exclude(pk=this.pk).order_by("-confirmed_at")
    oldest = list(others.values_list("pk", flat=True)[DEVICES - 1 :])
    PatientDevice.objects.filter(pk__in=oldest).delete()
    return key


def of_patient(patient_id: UUID, key: str = "") -> Sequence[DeviceView]:
    """The known devices of a patient, the newest first. The caller has checked access."""
    rows = PatientDevice.objects.filter(patient_id=patient_id, expires_at__gt=clock.real_now())
    mine = _hash(key) if key else ""
    return [
        from_row(DeviceView, row, this=row.key_hash == mine) for row in rows.order_by("-confirmed_at", "-id")
    ]


def end(patient_id: UUID, device_id: UUID) -> bool:
    """End a device of a patient, so that it has to give the second fact again; False if it had ended."""
    return bool(PatientDevice.objects.filter(patient_id=patient_id, pk=device_id).delete()[0])


def end_all(patient_id: UUID) -> int:
    """End every device of a patient; returns how many."""
    return PatientDevice.objects.filter(patient_id=patient_id).delete()[0]


def forget(real: datetime) -> int:
    """Delete expired devices, and wrong tries after a day; returns how many."""
    gone, _ = PatientDevice.objects.filter(expires_at__lt=real).delete()
    tries, _ = BirthYearTry.objects.filter(at__lt=real - TRIES_KEPT).delete()
    return gone + tries
