"""A check-in that a clinician asks for beside the planned ones: tomorrow, at the patient's usual hour."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from plans.domain.checkins import occasions as when
from plans.domain.checkins.occasions import Due, Purpose
from plans.domain.checkins.states import OccasionState
from plans.domain.errors import Refused
from plans.domain.people import CareState
from plans.models import LIVE_STATES, Occasion, Patient, Plan
from plans.services.checkins import occasions


def ask_tomorrow(plan_id: UUID, *, now: datetime) -> date:
    """Ask for it, in the caller's transaction, who has checked who asks; the patient's local date it falls on.

    What was planned for the days beside it makes way, as for any check-in. Raises Refused("no_plan") when the plan is
    over or the patient not in care, and Refused("asked_anyway") with `on` when one falls due tomorrow already.
    """
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=plan_id)
    # The patient is locked first, as everywhere.
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    plan = Plan.objects.select_for_update(of=("self",)).select_related("clinic", "patient").get(pk=plan_id)
    if plan.state not in LIVE_STATES or patient.care_state != CareState.IN_CARE:
        raise Refused(reason="no_plan")
    zone = when.known_zone(patient.zone, plan.clinic.zone)
    on = when.local_date(now, zone) + timedelta(days=1)
    coming = Occasion.objects.filter(patient=patient, state=OccasionState.PLANNED, local_date__gte=on)
    if coming.filter(local_date=on).exists():
        raise Refused(reason="asked_anyway", on=on.isoformat())
    occasions.make(plan, Due(Purpose.EXTRA, on), zone, now)
    occasions.schedule_occasions(plan, now=now)
    return on
