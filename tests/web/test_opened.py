"""What the clinic sees of a patient opening the calendar: the last time, of which version, as a page or as PDF."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.dispatch import documents as drawing
from plans.domain.errors import NotFound
from plans.models import AuditEvent
from plans.services import documents
from tests.clients import client_of
from tests.makers import make_clinic
from tests.web.patient_story import Story, hold

pytestmark = pytest.mark.django_db
OPENED = "document.opened"


def said(story: Story) -> documents.Opened | None:
    return documents.last_opened(story.clinic.primary, story.plan.pk)


def version_said(story: Story) -> tuple[int, bool]:
    """The version opened last, and whether it is the one in force."""
    opened = said(story)
    assert opened is not None
    return opened.version, opened.current


@pytest.mark.slow
def test_opening_the_calendar_is_shown_to_the_clinic_with_day_version_and_format(
    known: Client, begun: Story, standing_clock: Any
) -> None:
    known.get("/p/")
    assert said(begun) is None
    known.get("/p/calendar")
    first = said(begun)
    assert first is not None
    assert (first.version, first.form, first.current) == (1, "page", True)
    drawing.run()
    standing_clock.shift(timedelta(days=1))
    known.get(f"/p/{begun.token}")
    assert known.get("/p/calendar.pdf").status_code == 200
    second = said(begun)
    assert second is not None
    assert (second.form, second.on) == ("pdf", first.on + timedelta(days=1))


@pytest.mark.slow
def test_each_format_is_kept_once_a_day_and_a_request_without_content_not_at_all(
    known: Client, begun: Story, standing_clock: Any
) -> None:
    known.head("/p/calendar")
    # Not drawn yet: nothing was opened.
    assert known.get("/p/calendar.pdf").status_code == 503
    assert said(begun) is None
    for _ in range(3):
        known.get("/p/calendar")
    assert AuditEvent.objects.filter(act=OPENED).count() == 1
    standing_clock.shift(timedelta(days=1))
    known.get(f"/p/{begun.token}")
    known.get("/p/calendar")
    assert AuditEvent.objects.filter(act=OPENED).count() == 2


@pytest.mark.slow
def test_without_the_year_of_birth_nothing_is_opened(opened: Client, begun: Story) -> None:
    opened.get("/p/calendar")
    assert said(begun) is None


@pytest.mark.slow
def test_after_a_change_the_version_in_force_counts_as_not_opened_until_it_is(
    known: Client, begun: Story
) -> None:
    known.get("/p/calendar")
    hold(begun)
    assert version_said(begun) == (1, False)
    known.get("/p/calendar")
    assert version_said(begun) == (2, True)


@pytest.mark.slow
def test_another_clinic_learns_nothing(known: Client, begun: Story) -> None:
    known.get("/p/calendar")
    with pytest.raises(NotFound):
        documents.last_opened(make_clinic().primary, begun.plan.pk)


@pytest.mark.slow
def test_the_plan_page_says_it_beside_the_documents(known: Client, begun: Story) -> None:
    staff = client_of(begun.clinic.primary)
    page = f"/plans/{begun.plan.pk}"
    assert "The patient has not opened the calendar on the web yet." in staff.get(page).content.decode()
    known.get("/p/calendar")
    assert "on 23 Nov 2026: version 1, as a page." in staff.get(page).content.decode()
    hold(begun)
    assert "version 1. The version in force not yet." in staff.get(page).content.decode()
