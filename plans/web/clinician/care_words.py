"""A patient's care status in words, for the pages of the plan, the item and the record."""

from __future__ import annotations

from uuid import UUID

from plans.domain.people import CareState
from plans.domain.regimen import DayDose
from plans.services import care_status
from plans.services.actors import Actor
from plans.services.care_status import Care
from plans.services.plans import taken
from plans.services.plans.taken import DoseTaken
from plans.wording.doses import day_dose_words
from plans.wording.people import CARE_STATES
from plans.wording.taken import ENDED_HOW, TOLD_BY, regimen_words, taken_words


def care_context(actor: Actor, patient_id: UUID) -> dict[str, object]:
    """What `clinic/care_standing.html` needs; `out` is false for a patient in care here."""
    care = care_status.care_on_record(actor, patient_id)
    out = care.state is not CareState.IN_CARE
    return {
        "care": care,
        "care_state": CARE_STATES[care.state.value],
        "out": out,
        "to_close": care_status.to_close(actor, patient_id) if out else None,
        "last_known": last_known_words(care),
        "back_plan": care.plan_id if care.ask_ward_on is not None else None,
    }


def last_known_words(care: Care) -> str:
    """The dose last known before a hospital stay, of every drug; "" if none is known."""
    return day_dose_words(care.last_known, clinician=True) if care.last_known is not None else ""


def taken_context(actor: Actor, plan_id: UUID | None) -> dict[str, object] | None:
    """The dose actually taken, beside the plan; None where nothing else than the plan is known."""
    if plan_id is None:
        return None
    found = next((one for one in taken.history(actor, plan_id) if one.last is None), None)
    return taken_view(found) if found is not None else None


def taken_view(one: DoseTaken) -> dict[str, object]:
    """A record in words."""
    return {
        "words": taken_words(one.day, one.planned),
        "regimen": regimen_words(one.regimen),
        "since": one.first,
        "last": one.last,
        "told_by": TOLD_BY.get(one.told_by, one.told_by),
        "by": one.by,
        "note": one.note,
        "differs": one.differs,
        "nothing": not one.regimen,
        "ended": ENDED_HOW.get(one.ended_how, one.ended_how),
        "end_note": one.end_note,
        "counted": one.last is None or one.last >= one.first,
        "day": DayDose.total(one.regimen),
    }
