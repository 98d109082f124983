"""What a patient's page shows besides the record: plans, open items and check-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, Plan
from plans.services import clock
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.checkins import checkin_list
from plans.services.checkins.checkin_list import CheckinRow
from plans.services.plan_summaries import PlanSummary, plan_summaries
from plans.services.review.of_patient import open_items
from plans.services.review.queries import QueueRow

_CHECKINS: Final = 4


@dataclass(frozen=True, slots=True)
class Overview:
    """A patient's plans, newest first, the items open on them, and their latest check-ins."""

    plans: tuple[PlanSummary, ...]
    items: tuple[QueueRow, ...]
    checkins: tuple[CheckinRow, ...]
    live_id: UUID | None
    draft_id: UUID | None
    now: datetime


def overview(actor: Actor, patient_id: UUID) -> Overview:
    """Plans and open items of a patient. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    plans = list(
        Plan.objects.select_related("patient", "active_version")
        .filter(patient=patient)
        .exclude(state=PlanState.ABANDONED)
        .order_by("-created_at", "id")
    )
    stand = plan_summaries(plans)
    return Overview(
        plans=tuple(stand[plan.pk] for plan in plans),
        items=open_items(actor, patient_id),
        checkins=checkin_list.of_patient(actor, patient_id, size=_CHECKINS).rows,
        live_id=next((plan.pk for plan in plans if plan.state in LIVE_STATES), None),
        draft_id=next((plan.pk for plan in plans if plan.state == PlanState.DRAFT), None),
        now=clock.now(),
    )
