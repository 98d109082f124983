"""Findings that a change brings: those on steps to come, wherever their run began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.domain.taper.amendments import Pace
from plans.domain.taper.limit_rules import LimitLevel, Verdict, gathered
from plans.services import clock
from plans.services.plans import consequences, revise
from tests.domain.taper.judging import judged
from tests.domain.taper.schedules import nightly
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import TOGETHER, issue_plan, story_request


def test_a_run_that_began_in_the_past_still_names_the_steps_to_come() -> None:
    schedule = nightly("diazepam", ["20", "14", "9.8"])
    (run,) = [one for one in judged(schedule) if one.rule == "ceiling"]
    assert run.steps == (2, 3)
    coming = consequences._from(schedule.steps[2].start, schedule, [run])
    assert [(one.rule, one.step) for one in coming] == [("ceiling", 3)]


def test_cuts_that_the_products_make_larger_are_listed_step_by_step() -> None:
    schedule = nightly("diazepam", ["20", "16", "12.8"])
    (faster,) = [
        one for one in judged(schedule, asked={2: 200_000, 3: 160_000}) if one.rule == "faster_than_asked"
    ]
    assert faster.facts["cuts"] == {"2": "-20.00", "3": "-20.00"}
    (coming,) = consequences._from(schedule.steps[2].start, schedule, [faster])
    assert (coming.steps, coming.facts["cuts"], coming.facts["count"]) == ((3,), {"3": "-20.00"}, 1)
    assert gathered(faster.each) == (faster,)


def test_a_step_that_only_moves_is_no_new_finding() -> None:
    def last_of(doses: list[str], asked: dict[int, int]) -> Verdict:
        found = [
            one for one in judged(nightly("diazepam", doses), asked=asked) if one.rule == "faster_than_asked"
        ]
        return found[0].each[-1]

    here = last_of(["20", "16"], {2: 200_000})
    moved = last_of(["20", "20", "16"], {3: 200_000})
    assert (here.step, moved.step) == (2, 3)
    assert consequences._figures(here) == consequences._figures(moved)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_faster_pace_is_reported_where_the_products_make_the_cuts_larger(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    today = clock.today(patient.zone)
    three = [{"time": time, "drug": "lorazepam", "dose_mg": "1"} for time in ("morning", "midday", "night")]
    asked = TOGETHER | {
        "regimen": [*three, {"time": "night", "drug": "zolpidem", "dose_mg": "10"}],
        "method": {"name": "percent_of_current", "percent": "5", "interval_days": 14},
    }
    plan = issue_plan(clinic.primary, patient, story_request(today - timedelta(days=14), asked))
    faster = Pace(today, interval_days=14, faster=True)
    seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[faster])
    (found,) = [one for one in seen.findings if one.rule == "faster_than_asked"]
    assert found.level is LimitLevel.NEEDS_REASON
    slower = Pace(today, interval_days=60)
    unhurried = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[slower])
    assert "faster_than_asked" not in {one.rule for one in unhurried.findings}
