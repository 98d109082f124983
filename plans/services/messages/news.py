"""Whether the news of a version of a plan is still news; further pages wait for a visit where no letters are wanted."""

from __future__ import annotations

from plans.domain.notices import PAGES_READY
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, Patient, Work


def gone(work: Work, patient: Patient) -> str:
    """Why a letter of `OF_A_VERSION` does not go; "" where it goes."""
    if work.plan is None or work.plan.state not in LIVE_STATES:
        return "plan_over"
    if work.version_id != work.plan.active_version_id:
        return "replaced"
    if work.notice != PAGES_READY:
        return ""
    if work.plan.state == PlanState.PAUSED.value:
        return "paused"
    if patient.contact_how == "phone":
        return "by_phone"
    return "opted_out" if patient.mail_state == "opted_out" else ""
