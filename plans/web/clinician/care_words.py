"""Where the care of a patient stands, in words, for the pages of plan, item and record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from plans.domain.people import CareState
from plans.services import care_standing
from plans.services.actors import Actor
from plans.services.care_standing import Care
from plans.services.plans import taken
from plans.web.clinician.plan.taken_dose import taken_view
from plans.wording.doses import day_dose_words
from plans.wording.people import CARE_STATES


def care_context(actor: Actor, patient_id: UUID) -> dict[str, Any]:
    """What `clinic/care_standing.html` needs; `out` says whether there is anything to say."""
    care = care_standing.care_on_record(actor, patient_id)
    out = care.state is not CareState.IN_CARE
    return {
        "care": care,
        "care_state": CARE_STATES[care.state.value],
        "out": out,
        "to_close": care_standing.to_close(actor, patient_id) if out else None,
        "last_known": last_known_words(care),
        "back_plan": care.plan_id if care.ask_ward_on is not None else None,
    }


def last_known_words(care: Care) -> str:
    """The dose last known before a hospital stay, of every drug; "" where there is none to tell."""
    return day_dose_words(care.last_known, clinician=True) if care.last_known is not None else ""


def taken_context(actor: Actor, plan_id: UUID | None) -> dict[str, Any] | None:
    """The dose really taken that stands beside a plan; None where the plan is all that is known."""
    if plan_id is None:
        return None
    found = next((one for one in taken.history(actor, plan_id) if one.last is None), None)
    return taken_view(found) if found is not None else None
