"""Reading plans, for pages and other services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from plans.domain.checkins.help_lines import help_for
from plans.domain.checkins.states import OccasionState
from plans.domain.errors import NotFound
from plans.domain.json import Facts
from plans.domain.people import CareState
from plans.domain.regimen import DayDose
from plans.domain.taper.clinic_limits import NONE, ClinicLimits
from plans.domain.taper.plan_states import TRANSITIONS, PlanAct, PlanState
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.revisions import held_until
from plans.domain.taper.schedule import Schedule, Step
from plans.domain.taper.snapshot import AcceptedReason, Snapshot
from plans.domain.taper.supply import first_fill, plan_supply
from plans.domain.taper.taken import Recorded
from plans.models import LIVE_STATES, Occasion, Patient, Plan, PlanVersion
from plans.services import clock, own_limits
from plans.services.access import get_patient_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.from_row import from_row
from plans.services.patient_cards import age_on
from plans.services.plans import taken, versions
from plans.services.plans.history import full_schedule, schedule_of
from plans.services.plans.pictures import picture, picture_of
from plans.services.visits import upcoming_visits

__all__ = [
    "CalendarPage",
    "PatientSummary",
    "PlanPage",
    "VersionRow",
    "calendar_page",
    "full_schedule",
    "held_until",
    "picture",
    "picture_of",
    "plan_page",
    "schedule_of",
    "subject",
]


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """The patient of a plan page, as far as the page needs them.

    `live_plan_gives_way`: the live plan stays at a dose or is in follow-up, so a new plan may replace it.
    """

    id: UUID
    name: str
    record_no: str
    born: date
    age: int
    zone: str
    clinic_zone: str
    country: str
    language: str
    checkin_weekday: int
    checkin_time: time
    email_state: str
    today: date
    indication: str
    conditions: tuple[str, ...]
    substances: tuple[str, ...]
    medicines: tuple[str, ...]
    duration_months: int | None
    to_ask: tuple[str, ...]
    live_plan_id: UUID | None
    after_cut_days: int
    live_plan_gives_way: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the history. `facts` and `dose` (that of its first day) fill its sentence; `item_id` is the review
    item that it answered, `second` who gave the second signature, `reasons` are those given for it."""

    number: int
    kind: str
    facts: Facts
    dose: DayDose
    note: str
    by: str
    made_on: date
    last_dose: date | None
    replaced_at: datetime | None
    item_id: UUID | None
    second: str = ""
    reasons: tuple[AcceptedReason, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything on the plan page but documents, picture and open items.

    `schedule` is what is valid on every day across versions, `present` the active version's; both extend through the
    pages of a dose that stays. `goal_on` is that dose's first day and `review_on` when it is reviewed. `step` is None
    outside the plan's days. `since`: the day on which the state began. `agreed` are the clinic's own limits.
    """

    id: UUID
    patient: PatientSummary
    state: PlanState
    since: date
    held_until: date | None
    goal_on: date | None
    review_on: date | None
    lock: int
    version: int
    request: TaperRequest
    schedule: Schedule
    present: Schedule
    step: Step | None
    next_change: Step | None
    last_dose: date | None
    first_last_dose: date | None
    run_out: date | None
    answered: int
    asked: int
    next_checkin: date | None
    versions: tuple[VersionRow, ...]
    signed_by: str
    signed_second: str
    in_care: bool = True
    ended_because: str = ""
    ended_on: date | None = None
    recorded: tuple[Recorded, ...] = ()
    agreed: ClinicLimits = NONE


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The printable calendar of a plan: the active version and its text after the last day."""

    plan_id: UUID
    patient: PatientSummary
    version: int
    replaces: int | None
    made_on: date
    schedule: Schedule
    state: PlanState
    review_on: date | None
    after_words: str
    clinician: str
    clinic_name: str
    clinic_phone: str
    hours: dict[str, list[str]]
    clinic_country: str
    country: str
    """Of the products."""
    follow_up: tuple[date, ...]
    emergency: str
    help_checked: date
    followed: bool = True
    """Whether the plan is followed: not while its patient is in hospital, and not after its end."""


def _subject(patient: Patient) -> PatientSummary:
    today = clock.today(patient.zone)
    live = Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first()
    return from_row(
        PatientSummary,
        patient,
        age=age_on(patient.born, today),
        clinic_zone=patient.clinic.zone,
        today=today,
        conditions=tuple(patient.conditions),
        substances=tuple(patient.substances),
        medicines=tuple(str(medicine) for medicine in patient.medicines),
        to_ask=tuple(patient.to_ask),
        live_plan_id=live.pk if live else None,
        live_plan_gives_way=live is not None and (PlanState(live.state), PlanAct.REPLACE) in TRANSITIONS,
        after_cut_days=occasions.cadence_for(patient).after_cut_days,
    )


def subject(actor: Actor, patient_id: UUID) -> PatientSummary:
    """The patient of a plan form. Raises NotFound."""
    return _subject(get_patient_for(actor, patient_id, May.LOOK))


def plan_page(actor: Actor, plan_id: UUID) -> PlanPage:
    """An issued plan as its page shows it. Raises NotFound, also for a draft, which only the form shows."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    if plan.active_version is None:
        raise NotFound(what="Plan")
    who = _subject(plan.patient)
    present = versions.read(plan.active_version)
    schedule = full_schedule(plan)
    rows = tuple(PlanVersion.objects.filter(plan=plan).select_related("issued_by").order_by("-number"))
    first = schedule_of(rows[-1])
    settled = Occasion.objects.filter(plan=plan, state__in=(OccasionState.ANSWERED, OccasionState.MISSED))
    coming = Occasion.objects.filter(
        plan=plan, state=OccasionState.PLANNED, local_date__gte=who.today
    ).order_by("local_date")
    # A schedule cut at its end would read as if its last dose went on.
    over = plan.ended_on is not None and plan.ended_on < who.today
    return PlanPage(
        id=plan.pk,
        patient=who,
        state=PlanState(plan.state),
        since=plan.state_at.astimezone(clock.zone_of(plan.patient.zone)).date(),
        held_until=plan.held_until,
        goal_on=plan.goal_on,
        review_on=plan.review_on,
        lock=plan.lock,
        version=plan.active_version.number,
        request=present.request,
        schedule=schedule,
        present=versions.written_out(plan, present.schedule, who.today),
        step=None if over else schedule.step_on(who.today),
        next_change=schedule.next_change(who.today),
        last_dose=schedule.last_dose_day(),
        first_last_dose=first.last_dose_day(),
        run_out=None if over else _run_out(present, plan.active_version.made_on, schedule, who.today),
        answered=settled.filter(state=OccasionState.ANSWERED).count(),
        asked=settled.count(),
        next_checkin=coming.values_list("local_date", flat=True).first(),
        versions=tuple(
            _version_row(row, before) for row, before in zip(rows, (*rows[1:], None), strict=True)
        ),
        signed_by=str(versions.read(rows[-1]).extra.get("by", "")),
        signed_second=versions.second_name(versions.read(rows[-1])),
        in_care=plan.patient.care_state == CareState.IN_CARE,
        ended_because=plan.ended_because,
        ended_on=plan.ended_on,
        recorded=taken.records_of(plan),
        agreed=own_limits.of_clinic(plan.patient.clinic),
    )


def _run_out(present: Snapshot, made_on: date, schedule: Schedule, today: date) -> date | None:
    """The last day of the current fill, as the active version's pharmacy sheet counts them; None outside every fill."""
    days = present.request.dispense_days
    fills = plan_supply(
        schedule.through(today + timedelta(days=days)),
        days,
        from_day=first_fill(present.schedule, made_on),
    ).fills
    return next((fill.last for fill in fills if fill.first <= today <= fill.last), None)


def _version_row(row: PlanVersion, before: PlanVersion | None) -> VersionRow:
    said = versions.read(row)
    first = said.schedule.step_at(row.from_day)
    return from_row(
        VersionRow,
        row,
        facts=said.extra.get("story", {}),
        dose=first.day if first is not None else DayDose(),
        by=versions.issuer(row),
        second=versions.second_name(said),
        last_dose=said.schedule.last_dose_day(),
        reasons=_new_reasons(said, versions.read(before) if before else None),
    )


def _new_reasons(said: Snapshot, before: Snapshot | None) -> tuple[AcceptedReason, ...]:
    """A version's reasons. Later ones repeat those of the first: of them only limits that held for none before."""
    if before is None:
        return said.reasons
    known = [(one.rule, one.limit) for one in before.reasons]
    return tuple(one for one in said.reasons if one.limit and (one.rule, one.limit) not in known)


def calendar_page(actor: Actor, plan_id: UUID) -> CalendarPage:
    """The printable calendar of the active version. Raises NotFound."""
    plan = get_plan_for(actor, plan_id, May.LOOK)
    version = plan.active_version
    if version is None:
        raise NotFound(what="Plan")
    said, before = versions.read(version), versions.on_paper_before(version)
    who, aid = _subject(plan.patient), help_for(plan.patient.country)
    return CalendarPage(
        plan_id=plan.pk,
        patient=who,
        version=version.number,
        replaces=before.number if before is not None else None,
        made_on=plan.pages_from or version.made_on,
        schedule=versions.written_out(plan, said.schedule, who.today),
        state=PlanState(plan.state),
        review_on=plan.review_on,
        after_words=str(said.extra.get("after", "")),
        clinician=versions.hands(version),
        clinic_name=plan.clinic.name,
        clinic_phone=plan.clinic.phone,
        follow_up=tuple(one.on for one in upcoming_visits(plan.patient, since=version.made_on)),
        hours=plan.clinic.hours,
        clinic_country=plan.clinic.country,
        country=said.request.country,
        emergency=aid.emergency,
        help_checked=aid.checked_on,
        followed=plan.state != PlanState.PAUSED.value and not plan.ended_because,
    )
