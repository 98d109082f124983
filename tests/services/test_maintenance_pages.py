"""A dose that stays: its pages are drawn on before they end, and its review comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from plans.domain.errors import Refused
from plans.models import Document, Patient, Plan, ReviewItem, Work
from plans.services.messages import composing
from plans.services.plans import pages, review_dates
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.services.maintenance_help import DAY, STAYS, act, always_open, at, stay

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicMade:
    return always_open()


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def open_items(plan: Plan) -> list[str]:
    rows = ReviewItem.objects.filter(plan=plan, source="plan").exclude(state="resolved")
    return sorted(str(item.facts["code"]) for item in rows)


def calendars(plan: Plan) -> list[tuple[str, date | None]]:
    rows = Document.objects.filter(plan=plan, kind="calendar").order_by("asked_at", "pages_until")
    return list(rows.values_list("state", "pages_until"))


@pytest.mark.slow
def test_pages_reach_to_the_end_of_the_third_month_and_are_drawn_on_a_fortnight_before(
    clinic: ClinicMade, plan: Plan
) -> None:
    stayed = stay(clinic, plan)
    until = date(2027, 3, 31)
    assert (stayed.pages_from, stayed.pages_until) == (STAYS.date(), until)
    with on(at(until - 15 * DAY)):
        assert pages.tick(at(until - 15 * DAY)) == 0
    day = at(until - 14 * DAY)
    with on(day):
        assert [pages.tick(day), pages.tick(day), pages.tick(day + timedelta(hours=3))] == [1, 0, 0]
    now = plan_row(plan.pk)
    assert (now.pages_from, now.pages_until) == (until - 14 * DAY, date(2027, 6, 30))
    assert calendars(plan)[1:] == [("replaced", until), ("asked", date(2027, 6, 30))]
    (message,) = Work.objects.filter(plan=plan, notice="pages_ready")
    assert message.state == "pending"
    # A third drawing, with its own message.
    day = at(date(2027, 6, 30) - 14 * DAY)
    with on(day):
        assert pages.tick(day) == 1
    assert Work.objects.filter(plan=plan, notice="pages_ready").count() == 2


@pytest.mark.slow
def test_a_plan_that_ends_at_zero_is_never_drawn_on(plan: Plan) -> None:
    assert plan.pages_until is None
    for days in (1, 100, 400):
        assert pages.tick(START + days * DAY) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"mail_state": "opted_out"}, "opted_out"), ({"contact_how": "phone"}, "by_phone")],
)
def test_a_patient_no_message_reaches_gets_the_pages_from_the_clinic(
    clinic: ClinicMade, plan: Plan, changes: dict[str, str], reason: str
) -> None:
    stayed = stay(clinic, plan)
    assert stayed.pages_until is not None
    Patient.objects.filter(pk=plan.patient_id).update(email_state="confirmed")
    day = at(stayed.pages_until - 14 * DAY)
    with on(day):
        pages.tick(day)
        (message,) = Work.objects.filter(plan=plan, notice="pages_ready")
        Patient.objects.filter(pk=plan.patient_id).update(**changes)
        skipped = composing.compose(message.pk)
    assert getattr(skipped, "reason", "") == reason
    until = plan_row(plan.pk).pages_until
    assert until is not None
    with on(at(until - 14 * DAY)):
        pages.tick(at(until - 14 * DAY))
    assert "pages_to_hand_over" in open_items(plan)
    assert Work.objects.filter(plan=plan, notice="pages_ready").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_no_pages_are_drawn_on_while_the_ward_decides_nor_after_the_end(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    stayed = stay(clinic, plan)
    Plan.objects.filter(pk=plan.pk).update(state=state)
    assert stayed.pages_until is not None
    assert pages.tick(at(stayed.pages_until)) == 0


# Review dates


@pytest.mark.slow
def test_a_review_comes_back_on_its_day_once_and_is_settled_by_the_next_date(
    clinic: ClinicMade, plan: Plan
) -> None:
    review = STAYS.date() + 84 * DAY
    stayed = stay(clinic, plan, review)
    assert stayed.review_on == review
    assert review_dates.tick(at(review - DAY)) == 0
    assert [review_dates.tick(at(review)), review_dates.tick(at(review + DAY))] == [1, 0]
    (item,) = ReviewItem.objects.filter(plan=plan, source="plan")
    assert (item.severity, item.facts["code"]) == ("routine", "review_due")
    with on(at(review)):
        review_dates.set_review_date(
            by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, on=review + 84 * DAY
        )
    item.refresh_from_db()
    assert (item.state, item.outcome) == ("resolved", "review_set")
    assert item.resolved_by_id == clinic.primary.id
    assert review_dates.tick(at(review + DAY)) == 0
    assert review_dates.tick(at(review + 84 * DAY)) == 1


@pytest.mark.slow
def test_a_review_is_settled_by_acting_on_the_plan(clinic: ClinicMade, plan: Plan) -> None:
    stay(clinic, plan, STAYS.date() + 30 * DAY)
    day = at(STAYS.date() + 30 * DAY)
    with on(day):
        review_dates.tick(day)
        assert open_items(plan) == ["review_due"]
        act(clinic, plan, "step_back", days=14)
    assert open_items(plan) == []


@pytest.mark.slow
def test_where_no_date_stands_an_item_asks_for_one(clinic: ClinicMade, plan: Plan) -> None:
    stay(clinic, plan)
    assert [review_dates.tick(STAYS), review_dates.tick(STAYS + DAY)] == [1, 0]
    assert open_items(plan) == ["review_date_missing"]


@pytest.mark.slow
def test_a_plan_with_a_goal_is_reviewed_twelve_weeks_after_it_unless_told_otherwise(
    clinic: ClinicMade,
) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = issue_plan(clinic.primary, patient, story_request(START.date(), goal_mg="1.25"))
    assert plan.goal_on is not None
    assert plan.review_on == plan.goal_on + 84 * DAY


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "reason"), [(0, "review_past"), (-3, "review_past"), (367, "review_too_far")]
)
def test_a_review_date_that_cannot_be_is_refused(
    clinic: ClinicMade, plan: Plan, days: int, reason: str
) -> None:
    with on(STAYS), pytest.raises(Refused) as refused:
        act(clinic, plan, "stop_here", review_on=(STAYS.date() + days * DAY).isoformat())
    assert refused.value.facts["reason"] == reason
    assert plan_row(plan.pk).state == "active"


def test_a_plan_that_ends_at_zero_has_no_review_date(clinic: ClinicMade, plan: Plan) -> None:
    assert plan.review_on is None
    with pytest.raises(Refused) as refused:
        review_dates.set_review_date(
            by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, on=START.date() + 30 * DAY
        )
    assert refused.value.facts["reason"] == "no_review"
