"""A new plan knows the doses of the days before it, so that a cut of the previous plan counts in its windows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.regimen import DayDose
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import TimeOfDay
from plans.models import Patient
from plans.services.plans import preview, taken
from plans.services.plans.preview import preview_for
from tests.makers import ClinicMade
from tests.makers_checkins import on
from tests.makers_plans import issue_story_plan

START = date(2026, 11, 30)


def typed(start: date, *totals: str) -> dict[str, Any]:
    """A plan of clonazepam at night in typed rows of 14 days, from halves of 0.5 mg tablets."""
    return {
        "start": start.isoformat(),
        "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1"}],
        "products": [{"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}],
        "method": {"name": "typed", "rows": [{"days": 14, "total_mg": total} for total in totals]},
    }


@pytest.mark.slow
def test_what_the_plan_before_said_counts_in_the_windows_of_a_new_one(
    clinic: ClinicMade, patient: Patient
) -> None:
    with on(datetime(2026, 11, 30, 17, tzinfo=UTC)):
        issue_story_plan(clinic.primary, patient, start=START)
    asked = typed(date(2026, 12, 21), "0.75")
    with on(datetime(2026, 12, 18, 17, tzinfo=UTC)):
        shown = preview_for(patient, asked, frozenset(), date(2026, 12, 18))
    assert shown.taper is not None
    known = shown.taper.request.taken_before
    # a week of which nothing is known, then the story's plan: 1.5 mg for two weeks, 1.375 mg since 14 December
    assert [(one.days, DayDose.total(one.regimen).dose("clonazepam").text) for one in known] == [
        (7, "1"), (14, "1.5"), (7, "1.375"),
    ]  # fmt: skip
    (ceiling,) = [verdict for verdict in shown.taper.verdicts if verdict.rule == "ceiling"]
    assert (ceiling.step, ceiling.facts["before_mg"], ceiling.facts["change_percent"]) == (1, "1.5", "-50.00")


@pytest.mark.slow
def test_a_dose_on_record_counts_before_what_the_plan_said(clinic: ClinicMade, patient: Patient) -> None:
    with on(datetime(2026, 11, 30, 17, tzinfo=UTC)):
        plan = issue_story_plan(clinic.primary, patient, start=START)
    with on(datetime(2026, 12, 18, 17, tzinfo=UTC)):
        taken.record(
            by=clinic.primary,
            plan_id=plan.pk,
            seen_lock=plan.lock,
            from_day=date(2026, 12, 14),
            regimen=(Intake(TimeOfDay.NIGHT, "clonazepam", Dose.parse("2")),),
            told_by="patient",
        )
        known = preview.taken_before(patient, TaperRequest.from_json(typed(date(2026, 12, 21), "1")))
    assert (known[-1].days, DayDose.total(known[-1].regimen).dose("clonazepam").text) == (7, "2")


def test_a_first_plan_knows_of_nothing_before_it(patient: Patient) -> None:
    assert preview.taken_before(patient, TaperRequest.from_json(typed(START, "1"))) == ()
