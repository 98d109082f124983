"""Pages of the list of calls, one call's page, and what was recorded today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from plans.domain.checkins.states import OccasionState
from plans.domain.json import JsonObject
from plans.domain.review import calls
from plans.domain.review.calls import CallNeed, CallReason, CallResult, Stand, Worry
from plans.models import Call, CallClaim, Clinic, Occasion, Patient
from plans.services import caseload, clock, paging
from plans.services.access import check_may, get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.caseload import facts, standing
from plans.services.checkins import duration
from plans.services.paging import Page
from plans.services.patient_cards import PatientCard, card_of
from plans.services.plans.taken import DoseTaken
from plans.services.review.holding import opening_of
from plans.services.review.of_patient import open_items
from plans.services.review.queries import QueueRow

PAGE: Final = 25
_SHOWN: Final = 10
"""The newest calls on a call's page."""


@dataclass(frozen=True, slots=True)
class CallLine:
    """What came of one call. `reasons` are what it was about."""

    patient_id: UUID
    patient: str
    at: datetime
    by: str
    result: CallResult
    reasons: tuple[str, ...]
    again_at: datetime | None
    why: str
    until: date | None
    note: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """A patient of the list. `closes` is when the open check-in closes that no message brings, `missed` how many were
    missed in a row; `caller` who is calling now, `until` through when that counts, on the clinic's clock."""

    patient_id: UUID
    name: str
    record_no: str
    phone: str
    local_now: datetime
    contact_when: str
    reasons: tuple[CallReason, ...]
    worry: Worry
    since: datetime
    at: datetime
    missed: int
    closes: datetime | None
    item_id: UUID | None
    last: CallLine | None
    off: CallLine | None
    caller: str
    mine: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CallsPage:
    """A page of a part of the list, with how many each part holds."""

    page: Page[CallRow]
    counts: Mapping[Stand, int]
    behind: bool


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call: who, why, what to say and what came of earlier ones.

    `again_on` is when to try again after no answer, `tomorrow` after a word was left. `minutes`: about how long the
    check-in takes, 0 if none can be asked for. Times are UTC.
    """

    patient: PatientCard
    clinic: str
    clinic_phone: str
    clinic_zone: str
    row: CallRow | None
    stand: Stand | None
    items: tuple[QueueRow, ...]
    earlier: tuple[CallLine, ...]
    again_on: datetime
    tomorrow: datetime
    minutes: int
    caller: str
    mine: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Found:
    patient: Patient
    facts: JsonObject
    need: CallNeed
    now: datetime


def _found(patient: Patient, known: JsonObject, now: datetime, _taken: DoseTaken | None) -> _Found | None:
    # Read at this moment: whoever has just answered is in the list's rows a blink longer.
    need = standing.call_need(known, now)
    return _Found(patient, known, need, now) if need is not None else None


def calls_page(
    actor: Actor, *, stand: Stand, q: str = "", key: str | None = None, size: int = PAGE
) -> CallsPage:
    """A page of those to be called now, later, or not at all."""
    view = caseload.calls_view(actor, _found, stand=stand, q=q, key=key, size=size)
    found = view.page
    rows = _rows(actor, [one for one in found.rows if one is not None])
    page = Page(rows, found.next_key, found.total_capped, found.more, found.seen, found.exact)
    return CallsPage(page, view.counts, view.behind)


def need_of(patient: Patient, now: datetime) -> CallNeed | None:
    """Whether a patient is to be called, from the rows that are the truth; for services."""
    return standing.call_need(facts.facts_of([patient])[patient.pk], now)


def _rows(actor: Actor, found: Collection[_Found]) -> tuple[CallRow, ...]:
    keys = [one.patient.pk for one in found]
    last = _lines(Call.objects.filter(patient__in=keys, result__in=_ATTEMPTS))
    off = _lines(Call.objects.filter(patient__in=keys, result=CallResult.DO_NOT_CALL))
    claims = _claims(keys)
    return tuple(_row(actor, one, last, off, claims) for one in found)


_ATTEMPTS: Final = tuple(
    one.value for one in CallResult if one not in (CallResult.DO_NOT_CALL, CallResult.MAY_CALL)
)


def _lines(rows: QuerySet[Call]) -> dict[UUID, CallLine]:
    """The newest of each patient."""
    newest = rows.select_related("by", "patient").order_by("patient_id", "-at", "-id").distinct("patient_id")
    return {row.patient_id: _line(row) for row in newest}


def _line(row: Call) -> CallLine:
    return CallLine(
        patient_id=row.patient_id,
        patient=row.patient.name,
        at=row.at,
        by=row.by.name,
        result=CallResult(row.result),
        reasons=tuple(row.reasons),
        again_at=row.again_at,
        why=row.why,
        until=row.until,
        note=row.note,
    )


def _claims(keys: Collection[UUID]) -> dict[UUID, CallClaim]:
    live = CallClaim.objects.filter(patient__in=keys, lease_until__gt=clock.real_now())
    return {row.patient_id: row for row in live.select_related("user")}


def _row(
    actor: Actor,
    one: _Found,
    last: Mapping[UUID, CallLine],
    off: Mapping[UUID, CallLine],
    claims: Mapping[UUID, CallClaim],
) -> CallRow:
    patient, claim = one.patient, claims.get(one.patient.pk)
    items = one.facts["items"]
    return CallRow(
        patient_id=patient.pk,
        name=patient.name,
        record_no=patient.record_no,
        phone=patient.phone,
        local_now=one.now.astimezone(clock.zone_of(patient.zone)),
        contact_when=patient.contact_when,
        reasons=one.need.reasons,
        worry=one.need.worry,
        since=one.need.since,
        at=one.need.at,
        missed=one.facts["missed"],
        closes=standing.phone_by(one.facts, one.now),
        item_id=UUID(items[0][1]) if items else None,
        last=last.get(patient.pk),
        off=off.get(patient.pk) if one.need.stand is Stand.OFF else None,
        caller=claim.user.name if claim is not None else "",
        mine=claim is not None and claim.user_id == actor.user_id,
        until=claim.lease_until + clock.offset() if claim is not None else None,
    )


def call_page(actor: Actor, patient_id: UUID) -> CallPage:
    """One patient to call, on the list or not. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    clinic, now = get_clinic_for(actor), clock.now()
    known = facts.facts_of([patient])[patient.pk]
    found = _found(patient, known, now, None)
    rows = _rows(actor, [found]) if found is not None else ()
    claim = _claims([patient.pk]).get(patient.pk)
    opening = opening_of(clinic)
    earlier = Call.objects.filter(patient=patient).select_related("by", "patient").order_by("-at", "-id")
    return CallPage(
        patient=card_of(patient),
        clinic=clinic.name,
        clinic_phone=clinic.phone,
        clinic_zone=clinic.zone,
        row=rows[0] if rows else None,
        stand=found.need.stand if found is not None else None,
        items=open_items(actor, patient.pk),
        earlier=tuple(_line(row) for row in earlier[:_SHOWN]),
        again_on=calls.again_suggested(now, opening),
        tomorrow=calls.next_opening_day(now, opening),
        minutes=duration.minutes_for(clinic.pk, _form(patient, now)) if known["planned"] else 0,
        caller=claim.user.name if claim is not None else "",
        mine=claim is not None and claim.user_id == actor.user_id,
        until=claim.lease_until + clock.offset() if claim is not None else None,
    )


def _form(patient: Patient, now: datetime) -> str:
    """The form that would be asked on the phone now."""
    waiting = Occasion.objects.filter(
        patient=patient, state=OccasionState.INVITED, due_at__lte=now, closes_at__gt=now
    )
    return waiting.order_by("-due_at").values_list("form", flat=True).first() or "weekly"


def made_today(actor: Actor, *, key: str | None = None, size: int = PAGE) -> Page[CallLine]:
    """What was recorded today on the clinic's calendar, the latest first."""
    check_may(actor, May.LOOK)
    every = Call.objects.filter(clinic_id=actor.home)
    zone = ZoneInfo(Clinic.objects.values_list("zone", flat=True).get(pk=actor.home))
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time.min, tzinfo=zone)
    return paging.page_of(
        every.filter(at__gte=midnight).select_related("by", "patient"),
        ("-at", "-id"),
        lambda rows: [_line(row) for row in rows],
        every=every,
        key=key,
        size=size,
    )
