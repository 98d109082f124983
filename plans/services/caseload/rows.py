"""A patient as the caseload shows them, from the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from plans.domain.json import JsonObject
from plans.domain.people import CareState
from plans.domain.regimen import DayDose
from plans.domain.review.item_states import RANK, Priority
from plans.domain.which import which
from plans.models import Patient
from plans.services.care_status import Care
from plans.services.caseload import standing
from plans.services.caseload.facts import MOOD_FOR
from plans.services.caseload.standing import DueThing
from plans.services.plan_summaries import PlanSummary
from plans.services.plans.taken import DoseTaken

_SEVERITY: Final = {number: severity.value for severity, number in RANK.items()}


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """One PHQ-2 total (low mood, 0 to 6)."""

    day: date
    value: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A patient's row in the caseload. `severity` is the priority of the most urgent of `items` open items, or empty.

    `phone_by` is when an open check-in closes that no message reaches the patient for, so that staff must phone. `care`
    is set for somebody in hospital or treated elsewhere, `taken` where a dose other than the plan's is on record, `due`
    is what falls due within a week. `today` is the patient's date.
    """

    patient_id: UUID
    name: str
    record_no: str
    born: date
    today: date
    care_state: str
    severity: str
    item_id: UUID | None
    items: int
    plan: PlanSummary | None
    mood: tuple[MoodPoint, ...]
    last_answer: datetime | None
    missed: int
    phone_by: datetime | None
    due: tuple[DueThing, ...]
    care: Care | None = None
    taken: DoseTaken | None = None
    owner: str = ""

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(Priority, self.severity)


def case_row(patient: Patient, facts: JsonObject, now: datetime, taken: DoseTaken | None) -> CaseRow:
    """A patient's row at a moment; `patient.owner` is read."""
    today = standing.day_of(facts, now)
    items, plan = facts["items"], standing.outline_of(facts)
    oldest = (today - MOOD_FOR).isoformat()
    return CaseRow(
        patient_id=patient.pk,
        name=patient.name,
        record_no=patient.record_no,
        born=patient.born,
        today=today,
        care_state=facts["care"],
        severity=_SEVERITY.get(items[0][0], "") if items else "",
        item_id=UUID(items[0][1]) if items else None,
        items=len(items),
        plan=plan.on(today) if plan is not None else None,
        mood=tuple(MoodPoint(date.fromisoformat(on), value) for on, value in facts["mood"] if on >= oldest),
        last_answer=datetime.fromisoformat(facts["answered"]) if facts["answered"] else None,
        missed=facts["missed"],
        phone_by=standing.phone_by(facts, now),
        due=standing.due_on(facts, plan, today),
        care=_care(facts),
        taken=taken,
        owner=patient.owner.name if patient.owner is not None else "",
    )


def _care(facts: JsonObject) -> Care | None:
    if facts["care"] == CareState.IN_CARE:
        return None
    since, last = facts["care_since"], facts["last_known"]
    return Care(
        CareState(facts["care"]),
        since=date.fromisoformat(since) if since else None,
        last_known=_last_known(*last) if last is not None else None,
    )


def _last_known(units: Mapping[str, int], weekly: bool) -> DayDose:
    return DayDose(DayDose.from_units(units).doses, weekly)
