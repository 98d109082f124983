"""Staying at a dose from the plan page: the review date asked for and changed, and acts that change nothing refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from plans.services import clock
from tests.clients import client_of
from tests.makers import make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.web.test_plan_pages import change, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def signed_in(clinic):
    return client_of(clinic.primary)


@pytest.fixture
def plan(clinic):
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def test_slowing_down_that_changes_nothing_is_refused_in_a_sentence_without_a_button(signed_in, plan):
    sent = {"act": "slow_down", "slow_days": "7", "begins": "today", "note": "Slower", "lock": plan.lock}
    page = signed_in.post(reverse("plan-change", args=[plan.pk]), sent).content.decode()
    assert "Cuts are already 14 days apart or more." in page
    assert "change-go" not in page
    answer = signed_in.post(reverse("plan-change", args=[plan.pk]), {**sent, "do": "change"})
    assert answer.status_code == 422
    assert "Cuts are already 14 days apart or more." in answer.content.decode()
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.parametrize(
    ("review_on", "said"),
    [("", "Enter the date of the next review."), ("2020-01-01", "Enter a review date in the future.")],
)
def test_staying_at_a_dose_asks_for_a_review_date(signed_in, plan, review_on, said):
    answer = change(signed_in, plan, act="stop_here", review_on=review_on)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert plan_row(plan.pk).state == "active"


def test_the_review_date_is_changed_on_its_own_page(signed_in, plan):
    change(signed_in, plan, act="stop_here")
    stayed, day = plan_row(plan.pk), clock.today(plan.patient.zone) + timedelta(days=30)
    page = page_of(signed_in, plan, "plan-review-date")
    assert f'value="{present(stayed.review_on).isoformat()}"' in page
    sent = {"review_on": day.isoformat(), "lock": stayed.lock}
    answer = signed_in.post(reverse("plan-review-date", args=[plan.pk]), sent, follow=True)
    assert "The next review is on" in answer.content.decode()
    assert plan_row(plan.pk).review_on == day
    again = signed_in.post(reverse("plan-review-date", args=[plan.pk]), sent)
    assert again.status_code == 422
    assert "Nothing was overwritten" in again.content.decode()
