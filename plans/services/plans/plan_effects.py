"""Effects common to all acts on a plan: the audit event, and the message to the patient about a new version."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q

from plans.domain.json import Facts
from plans.domain.notices import CARRIED, NEWS_WAITS, OF_A_VERSION, PAGES_READY, PLAN_CHANGED, PLAN_READY
from plans.domain.outbox import UNSENT, WorkState
from plans.domain.people import OUT_OF_CARE
from plans.domain.taper.maintenance import same_on
from plans.domain.taper.plan_states import ACTS, PlanAct
from plans.domain.taper.schedule import Schedule
from plans.models import Patient, Plan, PlanVersion, ReviewItem, Work
from plans.services import outbox
from plans.services.actors import Actor
from plans.services.audit import record


def audit(
    plan: Plan, act: PlanAct, by: Actor, *, version: int | None = None, facts: Facts | None = None
) -> None:
    """Record the act in the audit trail, in its own transaction."""
    record(
        by=by,
        act=ACTS[act].audit,
        subject_kind="plan",
        subject_id=plan.pk,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        version=version,
        facts=dict(facts or {}),
    )


def told_at(plan: Plan, before: Schedule, later: Schedule, today: date, now: datetime) -> datetime:
    """When the patient is told of a change: at once if it touches the doses of today or tomorrow, otherwise in an hour.

    An unsent message that it takes the place of is never put off: the hour counts from the first change that was not
    told.
    """
    if not all(same_on(before, later, today + timedelta(days=n)) for n in (0, 1)):
        return now
    unsent = outbox.first_unsent(plan=plan, notices=CARRIED)
    waits_until = now + NEWS_WAITS
    return max(now, min(waits_until, unsent.due_at)) if unsent else waits_until


def notify(
    plan: Plan,
    patient: Patient,
    version: PlanVersion,
    act: PlanAct,
    now: datetime,
    item: ReviewItem | None = None,
    *,
    due_at: datetime | None = None,
    never_told: bool = False,
) -> None:
    """Put the message about a new version in the outbox, once, if the act has one and the patient an address.

    It is due at `due_at`, at once unless given. A patient who was never told of the plan is told of the plan, not of
    its change.
    """
    notice = ACTS[act].message
    if notice is None or not patient.email:
        return
    if never_told:
        notice = PLAN_READY
    outbox.put(
        notice=notice,
        key=f"version:{version.pk}:{notice}",
        clinic_id=plan.clinic_id,
        now=now,
        due_at=due_at,
        patient=patient,
        plan=plan,
        version=version,
        item=item,
    )


def never_told(plan: Plan) -> bool:
    """Whether the patient was not told of the plan yet: the message waits, or was left out while out of care."""
    news = Work.objects.filter(plan=plan, notice__in=CARRIED)
    left = Q(state__in=UNSENT) | Q(state=WorkState.SKIPPED, reason__in=OUT_OF_CARE)
    gone = Q(state__in=(WorkState.SENDING, WorkState.SENT, WorkState.UNKNOWN)) | Q(carried_by__isnull=False)
    return news.filter(left, notice=PLAN_READY).exists() and not news.filter(gone).exists()


def tell_after_all(plan: Plan, patient: Patient, *, since: datetime, why: str, now: datetime) -> None:
    """Put the news of a version back that was left out from `since` on because of a change of care (`why`) that never
    happened. One message stands for all of it, about the version in force, due when the first would have been."""
    left = Work.objects.filter(
        plan=plan, notice__in=OF_A_VERSION, state=WorkState.SKIPPED, reason=why, settled_at__gte=since
    )
    news = list(left.order_by("due_at", "id"))
    version = plan.active_version
    if not news or version is None or not patient.email:
        return
    kinds = {one.notice for one in news}
    notice = next(one for one in (PLAN_READY, PLAN_CHANGED, PAGES_READY) if one in kinds)
    left.update(state=WorkState.CANCELLED, reason="replaced")
    outbox.put(
        notice=notice,
        key=f"version:{version.pk}:{notice}",
        clinic_id=plan.clinic_id,
        now=now,
        due_at=max(now, news[0].due_at),
        patient=patient,
        plan=plan,
        version=version,
    )
