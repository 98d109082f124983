"""Doses that a patient ticks: today's, or yesterday's on a page left open over midnight. A tick can be removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.checkins.flags import doses
from plans.domain.errors import Refused
from plans.domain.taper.schedule import Schedule
from plans.models import LIVE_STATES, AuditEvent, DoseMark, Patient, Plan
from plans.services import audit, clock
from plans.services.actors import Actor, patient_actor
from plans.services.checkins import flag_store
from plans.services.checkins.rules import thresholds_of
from plans.services.links import LinkView
from plans.services.plans.queries import schedule_of
from plans.services.review.review_items import open_item

MOST_A_DAY: Final = 100
"""The most ticks set or removed in a day."""
_ACTS: Final = ("dose.marked", "dose.unmarked")
HOWS: Final = ("planned", "other")
"""As the plan says, or something else."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """How a dose was ticked ("planned" or "other"), and when."""

    how: str
    at: datetime


def marks_on(plan_id: UUID, on: date) -> Mapping[tuple[str, str], Ticked]:
    """How each dose of a day was ticked, by (time of day, drug). The caller has checked access."""
    rows = DoseMark.objects.filter(plan_id=plan_id, on=on)
    return {(row.time, row.drug): Ticked(row.how, row.marked_at) for row in rows}


def days_marked(plan_id: UUID, schedule: Schedule, first: date, last: date) -> dict[date, str]:
    """Ticked days from `first` to `last`: "other" if anything else was taken, "planned" if every dose was ticked as
    planned; partly ticked days are left out. The caller has checked access."""
    days: dict[date, list[str]] = {}
    rows = DoseMark.objects.filter(plan_id=plan_id, on__gte=first, on__lte=last)
    for on, how in rows.values_list("on", "how"):
        days.setdefault(on, []).append(how)
    found = {}
    for on, hows in days.items():
        step = schedule.step_on(on)
        if "other" in hows:
            found[on] = "other"
        elif step is not None and len(hows) >= len(step.doses):
            found[on] = "planned"
    return found


@transaction.atomic
def mark(link: LinkView, *, on: date, time: str, drug: str, how: str) -> None:
    """Tick a dose, or remove the tick with `how` empty. Idempotent.

    The caller has checked that the device gave the year of birth. Raises Refused("not_planned") for a dose that the
    plan does not have on that day, and for a day other than today and yesterday; Refused("too_many_changes") after
    `MOST_A_DAY`.
    """
    # The patient is locked first, as everywhere.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    plan = (
        Plan.objects.select_related("active_version")
        .filter(patient=patient, state__in=LIVE_STATES)
        .exclude(active_version=None)
        .first()
    )
    today = clock.today(patient.zone)
    if plan is None or plan.active_version is None or on not in (today, today - timedelta(days=1)):
        raise Refused(reason="not_planned")
    step = schedule_of(plan.active_version).step_on(on)
    planned = {(dose.time.value, dose.drug) for dose in step.doses} if step is not None else set()
    if (time, drug) not in planned or how not in ("", *HOWS):
        raise Refused(reason="not_planned")
    now = clock.now()
    marked = AuditEvent.objects.filter(patient_id=patient.pk, act__in=_ACTS, at__gt=now - timedelta(days=1))
    if marked.count() >= MOST_A_DAY:
        raise Refused(reason="too_many_changes")
    standing = DoseMark.objects.filter(patient=patient, on=on, time=time, drug=drug)
    if how == "":
        changed = standing.delete()[0]
    elif standing.exists():
        changed = standing.exclude(how=how).update(how=how, marked_at=now)
    else:
        DoseMark.objects.create(
            clinic_id=patient.clinic_id,
            patient=patient,
            plan=plan,
            on=on,
            time=time,
            drug=drug,
            how=how,
            marked_at=now,
        )
        changed = 1
    if changed:
        by = patient_actor(patient.pk, patient.clinic_id)
        facts = {"on": on.isoformat(), "time": time, "how": how}
        if how:
            _audit("dose.marked", by, plan, facts)
            _look_at_the_week(plan, patient, on, now)
        else:
            _audit("dose.unmarked", by, plan, facts)


def _look_at_the_week(plan: Plan, patient: Patient, on: date, now: datetime) -> None:
    """Flag "something else" on several days, once a week: the clinic would not learn of it in time otherwise."""
    week = DoseMark.objects.filter(plan=plan, how="other", on__gt=on - timedelta(days=7), on__lte=on)
    found = doses.marked(week.values("on").distinct().count(), thresholds_of(patient.clinic, patient))
    begins = on - timedelta(days=on.weekday())
    fresh = flag_store.keep(found, patient=patient, now=now, marks=f"{plan.pk}:{begins}") if found else []
    if fresh:
        open_item(
            clinic_id=patient.clinic_id,
            patient=patient,
            plan=plan,
            source="checkin",
            source_key=f"marks:{plan.pk}:{begins}",
            priority=fresh[0].severity,
            facts={"code": "doses_marked", "rules": [flag.rule for flag in fresh]},
            flags=fresh,
            now=now,
        )


def _audit(act: str, by: Actor, plan: Plan, facts: dict[str, str]) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        version=plan.active_version.number if plan.active_version is not None else None,
        facts=facts,
    )
