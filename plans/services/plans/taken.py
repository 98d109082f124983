"""Records of the dose really taken: kept beside the plan, never edited, ended by whatever follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.documents.kinds import TELLS_OTHER_DOSE
from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.regimen import DayDose
from plans.domain.taper import dose_records
from plans.domain.taper.dose_records import ToldBy
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Recorded
from plans.models import LIVE_STATES, Patient, Plan, ReviewItem, TakenDose
from plans.services import audit, clock, documents
from plans.services.access import get_item_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.plans import versions
from plans.services.plans.locking import patient_and_plan, user_key

LONGEST_NOTE: Final = 2000
BY_A_STAY: Final = "stay"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DoseTaken:
    """One record of the doses really taken, with the plan's dose for today.

    While it is current, `last` is None and `ended_how` ""; then later_record, as_planned, went_on or stay.
    """

    plan_id: UUID
    regimen: tuple[Intake, ...]
    first: date
    last: date | None
    told_by: str
    note: str
    by: str
    at: datetime
    planned: DayDose
    differs: bool
    ended_how: str = ""
    end_note: str = ""
    ended_by: str = ""

    @property
    def day(self) -> DayDose:
        """The day's dose of every drug."""
        return DayDose.total(self.regimen)


def records_of(plan: Plan) -> tuple[Recorded, ...]:
    """The recorded doses of a plan, which limits and cautions prefer to the planned ones."""
    rows = TakenDose.objects.filter(plan=plan).order_by("recorded_at", "id")
    return dose_records.in_force(_recorded(row) for row in rows)


def _recorded(row: TakenDose) -> Recorded:
    return Recorded(row.from_day, row.last_day, dose_records.from_rows(row.regimen))


def current(plan: Plan) -> DoseTaken | None:
    """The current record; None if there is none and the plan counts."""
    return current_of([plan]).get(plan.pk)


def other_dose_on(plan: Plan) -> date | None:
    """The day since which another dose than the plan's is on record; None while the plan is followed."""
    found = current(plan)
    if found is None or not found.differs:
        return None
    return found.at.astimezone(clock.zone_of(plan.patient.zone)).date()


def other_dose_on_record(actor: Actor, plan_id: UUID) -> date | None:
    """Like `other_dose_on`, for staff. Raises NotFound."""
    return other_dose_on(get_plan_for(actor, plan_id, May.LOOK))


def current_of(plans: Iterable[Plan]) -> dict[UUID, DoseTaken]:
    """The current record of each of these live plans, by the plan's key.

    `plan.patient` and `plan.active_version` are read.
    """
    found = {plan.pk: plan for plan in plans if plan.state in LIVE_STATES and plan.active_version_id}
    rows = TakenDose.objects.filter(plan__in=found, ended_at=None).select_related("recorded_by", "ended_by")
    return {row.plan_id: _taken(row, found[row.plan_id]) for row in rows}


def current_by_patient(plan_ids: Iterable[UUID]) -> dict[UUID, DoseTaken]:
    """The current record of each of these plans that is live, by the patient's key: one query."""
    rows = TakenDose.objects.filter(plan__in=plan_ids, ended_at=None, plan__state__in=LIVE_STATES)
    related = ("recorded_by", "ended_by", "plan__patient", "plan__active_version")
    return {row.patient_id: _taken(row, row.plan) for row in rows.select_related(*related)}


def history(actor: Actor, plan_id: UUID) -> tuple[DoseTaken, ...]:
    """Every record of a plan, newest first. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    if plan.active_version is None:
        return ()
    rows = TakenDose.objects.filter(plan=plan).select_related("recorded_by", "ended_by")
    return tuple(_taken(row, plan) for row in rows.order_by("-recorded_at", "-id"))


def of_day(actor: Actor, plan_id: UUID, day: date) -> DoseTaken | None:
    """The record that counts on a day; None if only the plan is known. Raises NotFound."""
    for one in history(actor, plan_id):
        emptied = one.last is not None and one.last < one.first
        if not emptied and one.first <= day:
            return one if one.last is None or day <= one.last else None
    return None


def _taken(row: TakenDose, plan: Plan) -> DoseTaken:
    today = clock.today(plan.patient.zone)
    schedule = _schedule(plan)
    regimen = dose_records.from_rows(row.regimen)
    planned = dose_records.regimen_on(schedule, today)
    return DoseTaken(
        plan_id=row.plan_id,
        regimen=regimen,
        first=row.from_day,
        last=row.last_day,
        told_by=row.told_by,
        note=row.note,
        by=row.recorded_by.name,
        at=row.recorded_at,
        planned=DayDose.total(planned),
        differs=row.ended_at is None and not dose_records.same(regimen, planned),
        ended_how=row.ended_how,
        end_note=row.end_note,
        ended_by=row.ended_by.name if row.ended_by else "",
    )


def _schedule(plan: Plan) -> Schedule:
    version = plan.active_version
    if version is None:
        raise Refused(reason="not_in_this_state", state=plan.state, act="record")
    return versions.read(version).schedule


def planned_on(actor: Actor, plan_id: UUID, day: date) -> tuple[Intake, ...]:
    """Initial values for recording what is taken on a day: the active version's doses (or its first day's if that is
    still to come), or for a paused plan what was last known before the stay. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    known = known_before_stay(plan) if plan.state == PlanState.PAUSED else None
    schedule = _schedule(plan)
    return known if known is not None else dose_records.regimen_on(schedule, max(day, schedule.start))


def check_day(actor: Actor, plan_id: UUID, from_day: date) -> None:
    """Check that a dose may be recorded from a day on. Raises NotFound; Refused: day_ahead, day_before_plan,
    day_too_far_back."""
    _check_day(get_plan_for(actor, plan_id, May.LOOK), from_day)


def _check_day(plan: Plan, from_day: date) -> None:
    first = plan.versions.order_by("number").values_list("from_day", flat=True)[0]
    dose_records.check_day(from_day, today=clock.today(plan.patient.zone), plan_start=first)


@transaction.atomic
def record(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    from_day: date,
    regimen: Sequence[Intake],
    told_by: str,
    note: str = "",
    item_id: UUID | None = None,
) -> UUID:
    """Record what is really taken from a day on; the earlier record counts until the day before.

    `regimen` are the doses by time of day, empty where nothing is taken. Raises Stale; Refused with reason bad_choice,
    text_too_long, not_in_this_state (the plan is not live, or is paused for a hospital stay, where the return asks for
    the dose), day_ahead, day_before_plan, day_too_far_back, or as_planned (equal to the plan: nothing to record).
    """
    patient, plan = _locked(by, plan_id, seen_lock)
    if plan.state not in LIVE_STATES or plan.state == PlanState.PAUSED:
        raise Refused(reason="not_in_this_state", state=plan.state, act="record")
    today = clock.today(patient.zone)
    _check_day(plan, from_day)
    if current(plan) is None and dose_records.says_the_same(_schedule(plan), regimen, from_day, today):
        raise Refused(reason="as_planned", where="regimen")
    item = _item(by, item_id, patient)
    row = keep(
        plan,
        patient,
        by=by,
        from_day=from_day,
        regimen=regimen,
        told_by=told_by,
        note=note,
        item=item,
    )
    _touched(plan, patient)
    return row.pk


def keep(
    plan: Plan,
    patient: Patient,
    *,
    by: Actor,
    from_day: date,
    regimen: Sequence[Intake],
    told_by: str,
    note: str,
    item: ReviewItem | None = None,
) -> TakenDose:
    """Write the row and its audit event; the caller has locked the rows and checked the day."""
    if told_by not in {one.value for one in ToldBy}:
        raise Refused(reason="bad_choice", where="told_by")
    now, words = clock.now(), _note(note)
    end(plan, by=by, last=from_day - _DAY, how="later_record")
    row = TakenDose.objects.create(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        regimen=dose_records.to_rows(regimen),
        from_day=from_day,
        told_by=told_by,
        note=words,
        item=item,
        recorded_at=now,
        recorded_by_id=user_key(by),
    )
    _audit(plan, by, "plan.taken_recorded", {"from_day": from_day.isoformat(), "told_by": told_by})
    return row


@transaction.atomic
def as_planned(*, by: Actor, plan_id: UUID, seen_lock: int, from_day: date, note: str) -> None:
    """Record that from a day on all is taken as planned again: the current record ends the day before.

    Raises Stale; Refused: note_missing, text_too_long, nothing_recorded, day_ahead, or day_before_record (`earliest`).
    """
    patient, plan = _locked(by, plan_id, seen_lock)
    open_row = TakenDose.objects.filter(plan=plan, ended_at=None).first()
    if open_row is None:
        raise Refused(reason="nothing_recorded")
    if not note.strip():
        raise Refused(reason="note_missing", where="note")
    if from_day > clock.today(patient.zone):
        raise Refused(reason="day_ahead", where="from_day")
    if from_day < open_row.from_day:
        raise Refused(reason="day_before_record", where="from_day", earliest=open_row.from_day.isoformat())
    end(plan, by=by, last=from_day - _DAY, how="as_planned", note=_note(note))
    _audit(plan, by, "plan.as_planned_again", {"from_day": from_day.isoformat(), "note": _note(note)})
    _touched(plan, patient)


def end(plan: Plan, *, by: Actor, last: date, how: str, note: str = "") -> bool:
    """End the current record, in the caller's transaction; False if there was none.

    A `last` before its first day leaves it without any day.
    """
    rows = TakenDose.objects.filter(plan=plan, ended_at=None)
    return bool(
        rows.update(
            last_day=last, ended_how=how, ended_at=clock.now(), ended_by_id=user_key(by), end_note=note
        )
    )


def stands_again(plan: Plan) -> None:
    """Make the record current again that a hospital stay ended, because there was no such stay; in the caller's
    transaction, which audits it."""
    row = _ended_by_stays([plan]).get(plan.pk)
    if row is not None and not TakenDose.objects.filter(plan=plan, ended_at=None).exists():
        row.last_day = row.ended_at = row.ended_by = None
        row.ended_how = row.end_note = ""
        row.save()


def known_before_stay(plan: Plan) -> tuple[Intake, ...] | None:
    """The record that was current when the present hospital stay began; None if there was none.

    `plan` is paused.
    """
    return known_before_stays([plan]).get(plan.pk)


def known_before_stays(plans: Iterable[Plan]) -> dict[UUID, tuple[Intake, ...]]:
    """Like `known_before_stay`, for many plans, by the plan's key."""
    return {key: dose_records.from_rows(row.regimen) for key, row in _ended_by_stays(plans).items()}


def _ended_by_stays(plans: Iterable[Plan]) -> dict[UUID, TakenDose]:
    """The record that each plan's last hospital stay ended, by the plan's key."""
    before = {plan.pk: plan.paused_on - _DAY for plan in plans if plan.paused_on is not None}
    rows = TakenDose.objects.filter(plan__in=before).order_by("plan_id", "-recorded_at", "-id")
    return {
        row.plan_id: row
        for row in rows.distinct("plan_id")
        if row.ended_how == BY_A_STAY and row.last_day == before[row.plan_id]
    }


def _locked(by: Actor, plan_id: UUID, seen_lock: int) -> tuple[Patient, Plan]:
    patient, plan = patient_and_plan(by, plan_id)
    if plan.lock != seen_lock:
        raise Stale(what="plan", who=versions.last_hand(plan))
    return patient, plan


def _item(by: Actor, item_id: UUID | None, patient: Patient) -> ReviewItem | None:
    item = get_item_for(by, item_id, May.REVIEW) if item_id else None
    if item is not None and item.patient_id != patient.pk:
        raise NotFound(what="ReviewItem")
    return item


def _note(raw: str) -> str:
    words = raw.strip()
    if len(words) > LONGEST_NOTE:
        raise Refused(reason="text_too_long", where="note")
    return words


def _touched(plan: Plan, patient: Patient) -> None:
    """Raise the plan's lock number, so that open pages turn stale, and redraw the pharmacy sheet."""
    plan.lock += 1
    plan.save(update_fields=["lock"])
    documents.redraw(patient, clock.now(), kinds=TELLS_OTHER_DOSE)


def _audit(plan: Plan, by: Actor, act: str, facts: dict[str, str]) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        version=plan.active_version.number if plan.active_version else None,
        facts=dict(facts),
    )
