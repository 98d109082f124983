"""What lists show of a plan of several drugs: every drug's dose of the day, and the next day on which any changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.services import clock
from plans.services.caseload import caseload, caseload_view
from plans.services.plan_summaries import plan_summaries
from plans.services.plans import queries, revise
from plans.services.plans.picture_data import stairs_of
from tests.makers import make_patient
from tests.makers_plans import (
    CROSSOVER,
    THREE,
    TOGETHER,
    issue_plan,
    issue_story_plan,
    plan_row,
    story_request,
)
from tests.present import present

pytestmark = pytest.mark.django_db
TWO = {"crossover": CROSSOVER, "together": TOGETHER, "three": THREE}


def issued(clinic, story, *, ago=0, name="Quill Able"):
    patient = make_patient(clinic.primary, name=name)
    start = clock.today(patient.zone) - timedelta(days=ago)
    return issue_plan(clinic.primary, patient, story_request(start, story))


def said(day):
    return " + ".join(f"{drug} {dose.text}" for drug, dose in day)


def hold(clinic, plan):
    revise.revise(
        by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, act="hold", params={"days": 14}, note="Asked"
    )
    return plan_row(plan.pk)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("story", "ago", "today"),
    [
        ("crossover", 0, "alprazolam 3"),
        ("crossover", 8, "alprazolam 2 + diazepam 20"),
        ("together", 0, "lorazepam 2 + zolpidem 10"),
        ("three", 0, "lorazepam 2 + temazepam 15 + zolpidem 10"),
    ],
)
def test_a_plan_summary_knows_todays_dose_of_every_drug(clinic, story, ago, today):
    assert said(summary_of(issued(clinic, TWO[story], ago=ago)).dose) == today


def summary_of(plan):
    return plan_summaries([plan])[plan.pk]


@pytest.mark.slow
@pytest.mark.parametrize("story", TWO)
def test_the_next_change_is_the_next_day_on_which_the_dose_of_any_drug_changes(clinic, story):
    plan = issued(clinic, TWO[story], ago=1)
    change = queries.schedule_of(plan.active_version).next_change(clock.today(plan.patient.zone))
    found = summary_of(plan)
    assert (found.next_change_on, found.next_dose) == (present(change).start, present(change).day)


@pytest.mark.slow
def test_a_hold_changes_nothing_and_the_next_change_lies_behind_it(clinic):
    plan = issued(clinic, TOGETHER, ago=1)
    before = summary_of(plan)
    after = summary_of(hold(clinic, plan))
    assert after.next_change_on == before.next_change_on + timedelta(days=14)


@pytest.mark.slow
def test_a_drug_that_appears_is_no_cut(clinic):
    found = summary_of(issued(clinic, CROSSOVER, ago=8))
    assert found.last_change_on is not None
    assert not found.last_change_was_cut


@pytest.mark.slow
def test_a_version_tells_its_dose_of_every_drug(clinic):
    plan = hold(clinic, issued(clinic, CROSSOVER, ago=8))
    newest = queries.plan_page(clinic.primary, plan.pk).versions[0]
    assert said(newest.dose) == "alprazolam 2 + diazepam 20"


@pytest.mark.slow
@pytest.mark.parametrize("act", ["hold", "slow_down"])
def test_what_a_change_would_do_is_shown_for_every_drug(clinic, act):
    plan = issued(clinic, TOGETHER, ago=1)
    seen = revise.preview_revision(clinic.primary, plan_id=plan.pk, act=act, params={"days": 21})
    assert said(seen.after.dose) == "lorazepam 2 + zolpidem 10"
    assert present(seen.after.next_dose).dose("zolpidem").text == "10"


@pytest.mark.slow
def test_the_list_of_a_drug_holds_whoever_has_it_in_the_plan(clinic):
    issued(clinic, CROSSOVER, name="Quill Able")
    issued(clinic, TOGETHER, name="Tansy Clark")
    assert caseload_view(clinic.primary).drugs == ("alprazolam", "diazepam", "lorazepam", "zolpidem")
    for drug, name in (
        ("alprazolam", "Quill Able"),
        ("diazepam", "Quill Able"),
        ("lorazepam", "Tansy Clark"),
    ):
        assert [row.name for row in caseload(clinic.primary, drug=drug).rows] == [name]


@pytest.mark.slow
def test_the_caseload_by_next_change_counts_any_drug(clinic):
    issue_story_plan(clinic.primary, make_patient(clinic.primary, name="Marlo Baker"))
    issued(clinic, TOGETHER, ago=4, name="Tansy Clark")
    issued(clinic, CROSSOVER, ago=1, name="Quill Able")
    rows = caseload(clinic.primary, sort="change").rows
    assert [row.name for row in rows] == ["Quill Able", "Tansy Clark", "Marlo Baker"]
    assert [present(row.plan).days_to_change for row in rows] == [6, 10, 14]


@pytest.mark.slow
def test_drugs_that_the_table_does_not_have_are_drawn_one_alone(clinic):
    schedule = queries.schedule_of(issued(clinic, THREE).active_version)
    whole, alone = stairs_of(schedule, "ashton_2002"), stairs_of(schedule, "clincalc")
    assert (whole.table, whole.alone, alone.table) == ("ashton_2002", "", "")
    assert alone.alone == schedule.drug
    assert [tread.day for tread in alone.treads] == [step.day for step in schedule]
