"""Two versions of a plan side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from plans.domain.errors import NotFound
from plans.services import clock
from plans.services.plans import revise
from plans.services.plans.compare import compare
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_clinic()


@pytest.fixture
def held(clinic):
    """The story's plan, twenty days old, held from today."""
    patient = make_patient(clinic.primary)
    today = clock.today(patient.zone)
    plan = issue_story_plan(clinic.primary, patient, start=today - timedelta(days=20))
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": 14},
        note="Worse.",
    )
    return plan_row(plan.pk)


@pytest.mark.slow
def test_days_already_taken_agree_and_the_versions_differ_from_the_next_cut_on(clinic, held):
    found = compare(clinic.reader, held.pk)
    assert (found.one, found.other) == (1, 2)
    today = clock.today(held.patient.zone)
    assert all(stretch.same for stretch in found.stretches if stretch.end < today)
    assert found.parts_on == present(found.before.next_change(today)).start


@pytest.mark.slow
def test_every_day_of_both_is_in_one_stretch(clinic, held):
    found = compare(clinic.reader, held.pk)
    days = [stretch.start + timedelta(days=n) for stretch in found.stretches
            for n in range((stretch.end - stretch.start).days + 1)]  # fmt: skip
    first, last = found.before.start, max(found.before.end, found.after.end)
    assert days == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for stretch in found.stretches:
        assert stretch.one == found.before.step_on(stretch.start) == found.before.step_on(stretch.end)
        assert stretch.other == found.after.step_on(stretch.start) == found.after.step_on(stretch.end)


@pytest.mark.slow
def test_a_version_compared_with_itself_never_differs(clinic, held):
    assert compare(clinic.reader, held.pk, 2, 2).parts_on is None


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), [(1, 7), (0, 2), (None, 9)])
def test_a_version_the_plan_does_not_have_is_not_found(clinic, held, one, other):
    with pytest.raises(NotFound):
        compare(clinic.reader, held.pk, one, other)


@pytest.mark.slow
def test_the_page_shows_both_and_says_from_when_they_differ(clinic, held):
    client = client_of(clinic.reader)
    page = client.get(reverse("plan-compare", args=[held.pk])).content.decode()
    assert "Version 1 and version 2" in page
    assert "The versions differ from" in page
    assert page.count('class="think-row"') > 0
    assert client.get(reverse("plan-compare", args=[held.pk]), {"one": "x"}).status_code == 404
    assert (
        reverse("plan-compare", args=[held.pk])
        in client.get(reverse("plan", args=[held.pk])).content.decode()
    )
