"""The downtime list of a clinic: made every night, encrypted, and read without the service.

    code = set_key(by=lead)          # shown once; whoever has it opens every list made from now on
    facts, sealed, keep              # for plans.dispatch.downtime, which makes the file
    latest(actor).made_at, fetch     # for pages

The server keeps the key that is made of the code, sealed under its own; the code is kept by the clinic alone.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from django.db import transaction
from django.utils import translation

from plans.domain.checkins.help_lines import help_for
from plans.domain.errors import Refused
from plans.domain.people import CareState
from plans.domain.rights.downtime import (
    AT_HOUR,
    DAYS,
    EVERY,
    ITERATIONS,
    KEPT,
    STALE,
    DowntimeFacts,
    DowntimePatient,
    SealedList,
    new_code,
    typed,
)
from plans.domain.taper import dose_records
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, Clinic, DowntimeKey, DowntimeList, Patient, Plan
from plans.services import audit, clock, sealing
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.plans import taken, versions
from plans.services.review.review_items import open_item
from plans.wording import downtime as words
from plans.wording.documents import help_rows
from plans.wording.plans import long_day, weekday_day
from plans.wording.taken import regimen_words

_PURPOSE: Final = "downtime key"
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class DowntimeView:
    """How a clinic's list stands. `code_set_at` is None while lists are not made; `stale`: none was made lately."""

    code_set_at: datetime | None
    code_set_by: str
    made_at: datetime | None
    patients: int
    stale: bool


@transaction.atomic
def set_key(*, by: Actor) -> str:
    """Make a new code and return it; lists made from now on open with it. Raises NotAllowed."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    code, salt = new_code(), secrets.token_bytes(16)
    now = clock.now()
    DowntimeKey.objects.update_or_create(
        clinic=clinic,
        defaults={
            "salt": salt,
            "iterations": ITERATIONS,
            "sealed": sealing.seal(_key(code, salt, ITERATIONS), purpose=_PURPOSE, context=str(clinic.pk)),
            "set_at": now,
            "set_by_id": by.member_id,
        },
    )
    audit.record(by=by, act="clinic.downtime_code_set", subject_kind="clinic", subject_id=clinic.pk, at=now)
    return code


def _key(code: str, salt: bytes, iterations: int) -> bytes:
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=iterations)
    return kdf.derive(typed(code).encode())


def latest(actor: Actor) -> DowntimeView:
    """How the list of the actor's clinic stands. Raises NotAllowed."""
    clinic = get_clinic_for(actor, May.LOOK)
    key = DowntimeKey.objects.filter(clinic=clinic).select_related("set_by").first()
    made = _newest(clinic)
    return DowntimeView(
        key.set_at if key else None,
        key.set_by.name if key else "",
        made.made_at if made else None,
        made.patients if made else 0,
        stale=key is not None and _is_stale(key, made, clock.now()),
    )


def fetch(*, by: Actor) -> tuple[str, datetime]:
    """The newest list as a file, and when it was made; that it was taken along is kept. Raises NotAllowed and
    Refused(no_list)."""
    clinic = get_clinic_for(by, May.EDIT_PATIENT)
    made = _newest(clinic)
    if made is None:
        raise Refused(reason="no_list")
    with transaction.atomic():
        audit.record(
            by=by,
            act="downtime.fetched",
            subject_kind="clinic",
            subject_id=clinic.pk,
            facts={"number": made.patients},
        )
    return made.page, made.made_at


def _newest(clinic: Clinic) -> DowntimeList | None:
    return DowntimeList.objects.filter(clinic=clinic).order_by("-made_at").first()


def _is_stale(key: DowntimeKey, made: DowntimeList | None, now: datetime) -> bool:
    last = max(key.set_at, made.made_at) if made is not None else key.set_at
    return last < now - STALE


def due(now: datetime) -> tuple[UUID, ...]:
    """The clinics whose list is to be made: at night by their clock, or at once after a new code."""
    found = []
    for key in DowntimeKey.objects.select_related("clinic"):
        made = _newest(key.clinic)
        here = now.astimezone(clock.zone_of(key.clinic.zone))
        if made is None or made.made_at < key.set_at or (made.made_at < now - EVERY and here.hour >= AT_HOUR):
            found.append(key.clinic_id)
    return tuple(found)


def tell_stale(now: datetime) -> int:
    """Open an item for each clinic whose list is stale, for the lead to act on; returns how many are."""
    count = 0
    for key in DowntimeKey.objects.select_related("clinic__lead"):
        if not _is_stale(key, _newest(key.clinic), now):
            continue
        count += 1
        with transaction.atomic():
            source = f"downtime:{key.clinic_id}"
            Clinic.objects.select_for_update(no_key=True).get(pk=key.clinic_id)
            if key.clinic.items.filter(source_key=source, resolved_at=None).exists():
                continue
            open_item(
                clinic_id=key.clinic_id,
                patient=None,
                plan=None,
                source="rights",
                source_key=source,
                priority="high",
                facts={"code": "downtime_stale"},
                also=[key.clinic.lead] if key.clinic.lead else [],
                now=now,
            )
    return count


def facts(clinic_id: UUID, now: datetime) -> DowntimeFacts:
    """What the list of a clinic says now, in its language: everybody in care with a running plan, by name."""
    clinic = Clinic.objects.get(pk=clinic_id)
    today = now.astimezone(clock.zone_of(clinic.zone)).date()
    with translation.override(clinic.language):
        heads = words.heads(
            clinic.name, long_day(today), f"{now.astimezone(clock.zone_of(clinic.zone)):%H:%M}"
        )
        emergency = (str(words.EMERGENCY), help_for(clinic.country).emergency)
        lines = [
            (name, f"{number} {note}".strip())
            for name, number, note in help_rows(clinic.country, clinic.language)
        ]
        return DowntimeFacts(
            title=heads.title,
            sentences=heads.sentences,
            heads=heads.columns,
            phones=((clinic.name, clinic.phone), emergency, *lines),
            patients=tuple(_patients(clinic, today)),
            language=clinic.language,
        )


def _patients(clinic: Clinic, today: date) -> Iterator[DowntimePatient]:
    rows = Plan.objects.filter(clinic=clinic, state__in=LIVE_STATES).exclude(
        patient__care_state=CareState.DIED.value
    )
    keys = list(rows.order_by("patient__sort_key", "id").values_list("pk", flat=True))
    for begin in range(0, len(keys), _PAGE):
        related = Plan.objects.select_related("patient", "active_version")
        plans = related.in_bulk(keys[begin : begin + _PAGE])
        others = taken.current_of(plans.values())
        for key in keys[begin : begin + _PAGE]:
            if key in plans:
                yield _patient(plans[key], others.get(key), today)


def _patient(plan: Plan, other: taken.DoseTaken | None, today: date) -> DowntimePatient:
    patient = plan.patient
    return DowntimePatient(
        name=patient.name,
        born=long_day(patient.born),
        record_no=patient.record_no,
        phones=tuple(_phones(patient)),
        doses=tuple(_doses(plan, other, today)),
        notes=tuple(_notes(patient, plan, other)),
    )


def _phones(patient: Patient) -> Iterator[tuple[str, str]]:
    if patient.phone:
        yield str(words.PATIENT), " ".join(filter(None, (patient.phone, patient.contact_when)))
    person = patient.person_to_call or {}
    if person.get("phone"):
        yield str(words.PERSON), f"{person['name']} ({person.get('relation', '')}), {person['phone']}"
    if patient.pharmacy:
        yield str(words.PHARMACY), patient.pharmacy


def _doses(plan: Plan, other: taken.DoseTaken | None, today: date) -> Iterator[tuple[str, str]]:
    """The days from today on with each dose of every drug; nothing for a plan that a ward's decision has paused."""
    if other is not None and other.differs:
        yield str(words.TAKES_NOW), regimen_words(other.regimen)
    if plan.active_version is None or plan.state == PlanState.PAUSED.value:
        return
    schedule = versions.read(plan.active_version).schedule
    days = [today + timedelta(days=n) for n in range(DAYS)]
    said = [
        (day, regimen_words(dose_records.regimen_on(schedule, day))) for day in days if schedule.step_on(day)
    ]
    for dose, run in groupby(said, key=lambda one: one[1]):
        found = [day for day, _ in run]
        last = f" – {weekday_day(found[-1])}" if len(found) > 1 else ""
        yield f"{weekday_day(found[0])}{last}", dose


def _notes(patient: Patient, plan: Plan, other: taken.DoseTaken | None) -> Iterator[str]:
    if plan.state == PlanState.PAUSED.value:
        yield str(words.PAUSED)
    if plan.state == PlanState.HELD.value:
        yield str(words.HELD)
    if other is not None and other.differs:
        yield str(words.DIFFERS)
    if patient.close_watch:
        yield str(words.CLOSE_WATCH)
    if patient.crisis_plan:
        yield f"{words.CRISIS_PLAN} {patient.crisis_plan}"


def seal(clinic_id: UUID, content: str, now: datetime) -> SealedList:
    """Encrypt a list with the clinic's key. Raises Refused(no_key) if it does not open under the installation's."""
    row = DowntimeKey.objects.select_related("clinic").get(clinic_id=clinic_id)
    key = sealing.unseal(bytes(row.sealed), purpose=_PURPOSE, context=str(clinic_id))
    if key is None:
        raise Refused(reason="no_key")
    here = now.astimezone(clock.zone_of(row.clinic.zone))
    about = f"{row.clinic.name}, {here:%Y-%m-%d %H:%M}"
    iv = secrets.token_bytes(12)
    data = AESGCM(key).encrypt(iv, content.encode(), about.encode())
    return SealedList(about, _text(bytes(row.salt)), row.iterations, _text(iv), _text(data))


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


@transaction.atomic
def keep(clinic_id: UUID, page: str, patients: int, now: datetime) -> None:
    """Keep a list; older ones than the last two go."""
    DowntimeList.objects.create(clinic_id=clinic_id, made_at=now, patients=patients, page=page)
    rows = DowntimeList.objects.filter(clinic_id=clinic_id).order_by("-made_at", "-id")
    DowntimeList.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[KEPT:])).delete()
