"""The audit trail of a clinic as its lead reads it: by person, patient, day and kind, and as a file.

trail.acts(lead, TrailQuery(person=…, first=date(2026, 12, 1)))      # what was done
trail.looked(lead, TrailQuery(patient=…))                             # who opened whose record
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model, QuerySet

from plans.domain.audit import AuditPart
from plans.models import AuditEvent, Membership, Patient, RecordLook
from plans.services import audit, clock, looks
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.audit import AuditPage
from plans.services.looks import LookPage
from plans.services.plans.export import Export, Row, as_csv

MOST: Final = 50_000
"""The most rows of a file; of more, the newest."""
_SIZE: Final = 50
RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """Which rows: of one person, one patient, from one day of the clinic through another, of a part of the trail."""

    person: UUID | None = None
    patient: UUID | None = None
    first: date | None = None
    last: date | None = None
    part: AuditPart | None = None


def people(actor: Actor) -> tuple[tuple[UUID, str], ...]:
    """Everybody who is or was a member of the clinic, as (key, name), by name."""
    clinic = get_clinic_for(actor, May.MANAGE)
    rows = Membership.objects.filter(clinic=clinic).order_by("user__name", "user_id")
    return tuple(rows.values_list("user_id", "user__name"))


def names(actor: Actor, keys: set[UUID]) -> dict[UUID, str]:
    """The names of patients of the clinic; one who is no longer here has none."""
    clinic = get_clinic_for(actor, May.MANAGE)
    return dict(Patient.objects.filter(clinic=clinic, pk__in=keys).values_list("pk", "name"))


def acts(actor: Actor, wanted: TrailQuery, *, before: int | None = None, size: int = _SIZE) -> AuditPage:
    """What was done, newest first."""
    return audit.page_of(_acts(actor, wanted), before, size)


def looked(actor: Actor, wanted: TrailQuery, *, before: int | None = None, size: int = _SIZE) -> LookPage:
    """Who opened whose record, one row for each person, patient and session, latest first."""
    return looks.folded(_looks(actor, wanted), before, size)


@transaction.atomic
def export_acts(*, by: Actor, wanted: TrailQuery) -> Export:
    """What was done as CSV, newest first, in codes; the export itself is kept in the trail."""
    rows = [*_acts(by, wanted).order_by("-id")[:MOST]]
    return _file(by, "acts", _ACT_COLUMNS, rows)


@transaction.atomic
def export_looks(*, by: Actor, wanted: TrailQuery) -> Export:
    """Who opened whose record as CSV, every time, newest first; the export itself is kept in the trail."""
    rows = [*_looks(by, wanted).order_by("-id")[:MOST]]
    return _file(by, "looks", _LOOK_COLUMNS, rows)


_ACT_COLUMNS: Final = (
    "id", "real_at", "actor_kind", "actor_id", "actor_name", "act", "subject_kind", "subject_id", "patient_id",
    "plan_id", "version",
)  # fmt: skip
_LOOK_COLUMNS: Final = (
    "id", "real_at", "actor_id", "actor_name", "patient_id", "session", "subject_kind", "subject_id",
)  # fmt: skip


# Any: rows of either table.
def _file(by: Actor, name: str, columns: tuple[str, ...], rows: list[Any]) -> Export:
    clinic = get_clinic_for(by, May.MANAGE)
    audit.record(
        by=by,
        act="trail.exported",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"what": name, "number": len(rows)},
    )
    return Export(
        f"{clock.today(clinic.zone).isoformat()}-{name}.csv",
        "text/csv",
        as_csv(columns, _cells(columns, rows)),
    )


# Any: as above.
def _cells(columns: tuple[str, ...], rows: list[Any]) -> Iterator[Row]:
    for row in rows:
        found = {name: getattr(row, name) for name in columns}
        yield {
            name: value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
            for name, value in found.items()
        }


def _acts(actor: Actor, wanted: TrailQuery) -> QuerySet[AuditEvent]:
    rows = _wanted(AuditEvent.objects.all(), actor, wanted)
    return rows.filter(audit.in_part(wanted.part)) if wanted.part is not None else rows


def _looks(actor: Actor, wanted: TrailQuery) -> QuerySet[RecordLook]:
    return _wanted(RecordLook.objects.all(), actor, wanted)


def _wanted(rows: QuerySet[RowT], actor: Actor, wanted: TrailQuery) -> QuerySet[RowT]:
    clinic = get_clinic_for(actor, May.MANAGE)
    zone = ZoneInfo(clinic.zone)
    rows = rows.filter(clinic_id=clinic.pk)
    if wanted.person is not None:
        rows = rows.filter(actor_id=wanted.person)
    if wanted.patient is not None:
        rows = rows.filter(patient_id=wanted.patient)
    if wanted.first is not None:
        rows = rows.filter(at__gte=datetime.combine(wanted.first, time.min, tzinfo=zone))
    if wanted.last is not None:
        rows = rows.filter(at__lt=datetime.combine(wanted.last + timedelta(days=1), time.min, tzinfo=zone))
    return rows
