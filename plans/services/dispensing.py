"""What a pharmacist sees and confirms: who has a running plan, what is taken, the fills, and that one was handed out.

It reads neither notes nor answers nor review items.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from plans.domain import text
from plans.domain.documents.kinds import PHARMACY
from plans.domain.documents.states import DocumentState
from plans.domain.errors import NotFound, Refused
from plans.domain.people import CareState
from plans.domain.regimen import DayDose
from plans.domain.taper import supply
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.products import Product
from plans.domain.text import fold
from plans.models import LIVE_STATES, Dispensing, Document, Plan
from plans.services import audit, clock, documents, paging
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.paging import Page
from plans.services.plan_summaries import PlanSummary, plan_summaries
from plans.services.plans import taken, versions

PAGE: Final = 25
NOTE_MOST: Final = 300
BACK: Final = timedelta(days=60)
"""How long ago a fill may have been handed out that is confirmed now."""
_FILLS_AHEAD: Final = 3
_ORDER: Final = ("patient__sort_key", "id")


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """A patient with a running plan, in the pharmacist's list. `next_fill`: the first day of the next fill that nobody
    has confirmed; None if no further fill is planned."""

    patient_id: UUID
    name: str
    record_no: str
    born: date
    plan: PlanSummary
    country: str
    next_fill: date | None
    due: bool


@dataclass(frozen=True, slots=True)
class PlannedFill:
    """A fill of the version in force: the days it is for, whole units of each product, and whether it is confirmed."""

    first: date
    last: date
    products: tuple[tuple[Product, int], ...]
    confirmed: bool
    due: bool


@dataclass(frozen=True, slots=True)
class DispensedRow:
    """A fill that was handed out, or said to be and withdrawn."""

    id: UUID
    first: date
    last: date
    on: date
    counts: tuple[tuple[str, int], ...]
    note: str
    by: str
    version: int
    withdrawn_by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class SupplyPage:
    """One patient's plan and supply. `stage` are the coming days of change with the dose of each; `other_dose` is what
    is really taken, where that differs from the plan; `at_home` are whole units (mL of a liquid) that should be at home
    today, reckoned from what was counted on `counted_on`, else from the fills so far; `sheet_id` a pharmacy sheet that
    can be opened."""

    patient_id: UUID
    name: str
    record_no: str
    born: date
    pharmacy: str
    today: date
    plan: PlanSummary
    version: int
    country: str
    stage: tuple[tuple[date, DayDose], ...]
    other_dose: bool
    fills: tuple[PlannedFill, ...]
    at_home: tuple[tuple[Product, int], ...]
    counted_on: date | None
    dispensed: tuple[DispensedRow, ...]
    sheet_id: UUID | None


def patients(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[SupplyRow]:
    """A page of the patients with a running plan, by name. `q` searches name and record number."""
    clinic = get_clinic_for(actor, May.SEE_SUPPLY)
    every = _running().filter(clinic=clinic)
    wanted = every
    for word in fold(q).split()[:6]:
        wanted = wanted.filter(Q(patient__sort_key__contains=word) | Q(patient__record_no__icontains=word))
    return paging.page_of(wanted, _ORDER, _rows, every=every, key=key, size=size)


def page(actor: Actor, patient_id: UUID) -> SupplyPage:
    """One patient's plan and supply. Raises NotFound, also for a patient without a running plan."""
    patient = get_patient_for(actor, patient_id, May.SEE_SUPPLY)
    plan = _running().filter(patient=patient).first()
    if plan is None or plan.active_version is None:
        raise NotFound(what="Plan")
    summary, today = plan_summaries([plan])[plan.pk], clock.today(patient.zone)
    schedule = versions.written_out(plan, versions.read(plan.active_version).schedule, today)
    standing, home = taken.current(plan), versions.at_home(plan.active_version, today)
    sheet = Document.objects.filter(
        plan=plan, version=plan.active_version, kind=PHARMACY.code, state=DocumentState.READY.value
    )
    return SupplyPage(
        patient_id=patient.pk,
        name=patient.name,
        record_no=patient.record_no,
        born=patient.born,
        pharmacy=patient.pharmacy,
        today=today,
        plan=summary,
        version=plan.active_version.number,
        country=versions.read(plan.active_version).request.country,
        stage=()
        if plan.state == PlanState.PAUSED
        else tuple((step.start, step.day) for step in schedule.steps if step.end >= today),
        other_dose=bool(standing and standing.differs),
        fills=_fills(plan, today),
        at_home=supply.whole_units(home.stock),
        counted_on=home.counted_on,
        dispensed=tuple(
            _dispensed(row)
            for row in Dispensing.objects.filter(patient=patient, clinic_id=patient.clinic_id)
            .select_related("by", "withdrawn_by", "version")
            .order_by("-first", "-at")[:PAGE]
        ),
        sheet_id=sheet.order_by("-layout").values_list("pk", flat=True).first(),
    )


def open_sheet(actor: Actor, patient_id: UUID) -> documents.OpenFile:
    """The pharmacy sheet of the version in force. Raises NotFound, Refused as `documents.open_row`."""
    sheet_id = page(actor, patient_id).sheet_id
    if sheet_id is None:
        raise NotFound(what="Document")
    return documents.open_row(Document.objects.select_related("version").get(pk=sheet_id))


@transaction.atomic
def confirm(*, by: Actor, patient_id: UUID, version: int, first: date, on: date, note: str = "") -> UUID:
    """Record that the fill that begins on `first` was handed out `on` a day.

    Raises BadText and Refused: "not_current" where the plan has another version now than the one shown; "no_fill";
    "already"; "day_ahead"; "day_too_far_back".
    """
    patient = get_patient_for(by, patient_id, May.DISPENSE, lock=True)
    plan = _running().filter(patient=patient).first()
    if plan is None or plan.active_version is None or plan.active_version.number != version:
        raise Refused(reason="not_current", where="on")
    today = clock.today(patient.zone)
    if on > today:
        raise Refused(reason="day_ahead", where="on")
    if on < today - BACK:
        raise Refused(reason="day_too_far_back", where="on", earliest=(today - BACK).isoformat())
    fill = next((one for one in _fills(plan, today) if one.first == first), None)
    if fill is None:
        raise Refused(reason="no_fill", where="on")
    said = text.clean_line(note, where="note", most=NOTE_MOST, required=False)
    if fill.confirmed:
        raise Refused(reason="already", where="on")
    row = Dispensing.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=plan,
        version=plan.active_version,
        first=fill.first,
        last=fill.last,
        counts=[[product.name, units] for product, units in fill.products],
        dispensed_on=on,
        note=said,
        by_id=by.member_id,
        at=clock.now(),
    )
    _record(by, row, "supply.dispensed")
    return row.pk


@transaction.atomic
def withdraw(*, by: Actor, patient_id: UUID, dispensing_id: UUID) -> bool:
    """Withdraw a confirmation made by mistake; it stays on the record. False if it was withdrawn already."""
    patient = get_patient_for(by, patient_id, May.DISPENSE, lock=True)
    rows = Dispensing.objects.filter(pk=dispensing_id, patient=patient, clinic_id=patient.clinic_id)
    row = rows.select_related("version").first()
    if row is None:
        raise NotFound(what="Dispensing")
    if not rows.filter(withdrawn_at=None).update(withdrawn_at=clock.now(), withdrawn_by_id=by.member_id):
        return False
    _record(by, row, "supply.dispensing_withdrawn")
    return True


def _record(by: Actor, row: Dispensing, act: str) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="dispensing",
        subject_id=row.pk,
        patient_id=row.patient_id,
        plan_id=row.plan_id,
        version=row.version.number,
        facts={"from_day": row.first.isoformat(), "on": row.dispensed_on.isoformat()},
    )


def _running() -> QuerySet[Plan]:
    """The running plans of patients in care, with a version; one a patient."""
    return Plan.objects.select_related("patient", "active_version").filter(
        state__in=LIVE_STATES, patient__care_state=CareState.IN_CARE.value, active_version__isnull=False
    )


def _rows(plans: list[Plan]) -> list[SupplyRow]:
    summaries = plan_summaries(plans)
    return [_row(plan, summaries[plan.pk]) for plan in plans]


def _row(plan: Plan, summary: PlanSummary) -> SupplyRow:
    waiting = next((one for one in _fills(plan, summary.today) if not one.confirmed), None)
    return SupplyRow(
        patient_id=plan.patient_id,
        name=plan.patient.name,
        record_no=plan.patient.record_no,
        born=plan.patient.born,
        plan=summary,
        country=plan.patient.country,
        next_fill=waiting.first if waiting else None,
        due=waiting is not None and waiting.due,
    )


def _fills(plan: Plan, today: date) -> tuple[PlannedFill, ...]:
    """The fills of the version in force from the present one on, as its pharmacy sheet counts them."""
    version = plan.active_version
    if version is None:
        return ()
    days = versions.read(version).request.dispense_days
    planned = versions.fills(version, today + timedelta(days=days * (_FILLS_AHEAD - 1)))
    # A fill of an earlier version that was handed out is at home, and taken off these.
    given = Dispensing.objects.filter(version=version, withdrawn_at=None)
    confirmed = set(given.values_list("first", flat=True))
    found: dict[tuple[date, date], list[tuple[Product, int]]] = {}
    for fill in planned.fills:
        if fill.last >= today - BACK and fill.whole_units:
            found.setdefault((fill.first, fill.last), []).append((fill.product, fill.whole_units))
    rows = [
        PlannedFill(first, last, tuple(products), first in confirmed, first <= today + timedelta(days=3))
        for (first, last), products in sorted(found.items())
    ]
    ahead = [row for row in rows if row.last >= today][:_FILLS_AHEAD]
    return tuple([row for row in rows if row.last < today and not row.confirmed] + ahead)


def _dispensed(row: Dispensing) -> DispensedRow:
    return DispensedRow(
        id=row.pk,
        first=row.first,
        last=row.last,
        on=row.dispensed_on,
        counts=tuple((name, units) for name, units in row.counts),
        note=row.note,
        by=row.by.name,
        version=row.version.number,
        withdrawn_by=row.withdrawn_by.name if row.withdrawn_by else "",
        withdrawn_at=row.withdrawn_at,
    )
