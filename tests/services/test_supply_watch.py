"""A supply that runs out too early raises an item: once, in time, and only for live plans of patients in care."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from plans.models import Clinic, Heartbeat, Patient, Plan, ReviewItem
from plans.services import supply_watch
from plans.services.plans import versions
from plans.services.rows import RowsFailed
from plans.wording.review import source_words
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_plan, issue_story_plan, story_request

pytestmark = pytest.mark.django_db

# The story's plan begins on a Monday with fills of 28 days: the second one is for 21 December.
FILL = date(2026, 12, 21)
A_WEEK_BEFORE = START + timedelta(days=18)


@pytest.fixture
def clinic() -> ClinicMade:
    made = make_clinic()
    Clinic.objects.filter(pk=made.id).update(holidays=[FILL.isoformat()])
    return made


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def items() -> list[ReviewItem]:
    return list(ReviewItem.objects.filter(source="supply"))


@pytest.mark.slow
def test_a_fill_on_a_closed_day_is_raised_once_with_the_last_day_to_collect_it(plan: Plan) -> None:
    supply_watch.tick(START)
    assert items() == []
    assert [supply_watch.tick(A_WEEK_BEFORE + timedelta(hours=n)) for n in range(3)] == [1, 0, 0]
    (item,) = items()
    assert (item.severity, item.plan_id, item.patient_id) == ("routine", plan.pk, plan.patient_id)
    assert source_words(item.source, item.facts).replace("\u00a0", " ") == (
        "The supply lasts until 20 December 2026, and the next fill falls on a holiday: "
        "collect it by 18 December 2026"
    )


@pytest.mark.slow
def test_what_was_resolved_is_not_raised_again_the_next_day(plan: Plan, clinic: ClinicMade) -> None:
    supply_watch.tick(A_WEEK_BEFORE)
    ReviewItem.objects.update(state="resolved", resolved_at=START, resolved_by=clinic.primary.id)
    assert supply_watch.tick(A_WEEK_BEFORE + timedelta(days=1)) == 0


@pytest.mark.slow
def test_heard_late_it_is_high(plan: Plan) -> None:
    supply_watch.tick(START + timedelta(days=24))
    assert items()[0].severity == "high"


@pytest.mark.slow
@pytest.mark.parametrize("care", ["admitted", "died", "transferred"])
def test_nothing_is_raised_for_a_patient_not_in_care(plan: Plan, care: str) -> None:
    Patient.objects.update(care_state=care)
    assert supply_watch.tick(A_WEEK_BEFORE) == 0


@pytest.mark.slow
def test_nothing_is_raised_for_a_plan_that_is_over(plan: Plan) -> None:
    Plan.objects.update(state="stopped")
    assert supply_watch.tick(A_WEEK_BEFORE) == 0


@pytest.mark.slow
def test_all_plans_are_looked_at_in_pages_and_a_broken_one_hides_no_other(
    plan: Plan, clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [issue_story_plan(clinic.primary, make_patient(clinic.primary)) for _ in range(2)]
    broken = min([plan, *others], key=lambda one: str(one.pk))
    real = versions.supplied_by

    def reads(row: object, collected: object) -> object:
        if row.plan_id == broken.pk:  # type: ignore[attr-defined]
            raise RuntimeError
        return real(row, collected)  # type: ignore[arg-type]

    monkeypatch.setattr(versions, "supplied_by", reads)
    Heartbeat.objects.update_or_create(name="supply", defaults={"at": START, "facts": {"newest": "x"}})
    newest = max(row.active_version.issued_at for row in [plan, *others])  # type: ignore[union-attr]
    Heartbeat.objects.filter(name="supply").update(facts={"newest": newest.isoformat()})
    failed = 0
    for minute in range(5):
        try:
            supply_watch.tick(A_WEEK_BEFORE + timedelta(minutes=minute), page=1)
        except RowsFailed:
            failed += 1
    assert ReviewItem.objects.filter(source="supply").count() == 2
    # From the turn it was met in, and until the next day.
    assert failed >= 3


@pytest.mark.slow
def test_a_flood_of_new_plans_is_looked_at_page_by_page_and_none_is_forgotten(
    plan: Plan, clinic: ClinicMade
) -> None:
    for _ in range(2):
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
    found = [
        supply_watch.tick(A_WEEK_BEFORE + timedelta(minutes=minute), page=1, many=2) for minute in range(5)
    ]
    assert found == [1, 1, 1, 0, 0]


@pytest.mark.slow
def test_a_round_that_midnight_interrupts_goes_on_where_it_was(plan: Plan, clinic: ClinicMade) -> None:
    for _ in range(2):
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Heartbeat.objects.filter(name="supply").delete()
    # A plan a day, as when there are more plans than a day has time for.
    found = [supply_watch.tick(A_WEEK_BEFORE + timedelta(days=day), page=1, many=0) for day in range(3)]
    assert found == [1, 1, 1]


@pytest.mark.slow
def test_a_flood_that_does_not_end_keeps_no_plan_from_being_looked_at(plan: Plan, clinic: ClinicMade) -> None:
    for _ in range(2):
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Heartbeat.objects.filter(name="supply").delete()
    found = []
    for minute in range(3):
        found.append(supply_watch.tick(A_WEEK_BEFORE + timedelta(minutes=minute), page=1, many=0))
        seen = Heartbeat.objects.get(name="supply")
        # Versions have been issued again since.
        seen.facts |= {"newest": (START - timedelta(days=1)).isoformat()}
        seen.save()
    assert found == [1, 1, 1]


@pytest.mark.slow
def test_the_end_of_the_written_steps_of_a_plan_that_stays_on_a_dose_is_no_end_of_its_supply(
    clinic: ClinicMade,
) -> None:
    Clinic.objects.filter(pk=clinic.id).update(holidays=[])
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
    for days in range(0, 60, 7):
        supply_watch.look(plan.pk, START + timedelta(days=days))
    assert {item.facts["code"] for item in items()} <= {"supply_closed_day"}
