"""The queue's page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction

from plans.models import ReviewItem
from plans.services import clock, heartbeat, review
from tests.clients import client_of
from tests.makers import make_clinic, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


def raised(clinic, priority="urgent", key="k", **more):
    with transaction.atomic():
        return review.open_item(
            **{
                "clinic_id": clinic.id,
                "patient": make_patient(clinic.primary),
                "plan": None,
                "source": "mail",
                "source_key": key,
                "priority": priority,
                "facts": {"code": "opted_out"},
                "now": clock.now(),
                **more,
            }
        )


def text(response):
    return response.content.decode()


@pytest.mark.slow
def test_an_empty_queue_says_that_nothing_waits(client):
    assert "No open items" in text(client.get("/queue"))


@pytest.mark.slow
def test_items_stand_under_their_urgency_with_what_is_due(clinic, client):
    raised(clinic, "routine", "a")
    raised(clinic, "urgent", "b")
    page = text(client.get("/queue"))
    assert page.index("Urgent: act within 1 open hour, 4 hours when closed") < page.index(
        "Routine: within 3 working days"
    )
    assert "The patient stopped check-in messages" in page
    assert "Unassigned" in page


@pytest.mark.slow
def test_what_is_late_says_so(clinic, client):
    # How long, depends on whether the clinic was open meanwhile: at least an hour, at most four.
    item = raised(clinic, now=clock.now() - timedelta(hours=5))
    late = (clock.now() - item.first_action_due) // timedelta(hours=1)
    assert 1 <= late <= 4
    assert re.search(rf"\b{late} h( \d+ min)? late", text(client.get("/queue")).replace("\u00a0", " "))


@pytest.mark.slow
def test_every_page_counts_what_waits(clinic, client):
    raised(clinic)
    page = text(client.get("/"))
    assert "1 urgent" in page
    assert "1 open" in page


@pytest.mark.slow
def test_claiming_the_next_opens_it(clinic, client):
    item = raised(clinic)
    response = client.post("/queue/next")
    assert response.headers["Location"] == f"/items/{item.pk}"
    assert ReviewItem.objects.get(pk=item.pk).holder_id == clinic.primary.id


@pytest.mark.slow
def test_claiming_the_next_of_an_empty_queue_says_so(client):
    page = text(client.post("/queue/next", follow=True))
    assert "There is nothing to claim" in page


@pytest.mark.slow
def test_an_open_queue_is_told_of_new_items_without_moving_rows(clinic, client):
    since = clock.now().isoformat()
    assert "new item" not in text(client.get("/queue/fresh", {"since": since}))
    raised(clinic)
    page = text(client.get("/queue/fresh", {"since": since}))
    assert "1 new item" in page
    assert "1 urgent" in page
    assert "<table" not in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "since", ["", "rubbish", "2026-01-01", "9" * 400, "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
def test_a_moment_that_is_none_announces_nothing(clinic, client, since):
    raised(clinic)
    response = client.get("/queue/fresh", {"since": since})
    assert response.status_code == 200
    assert "new item" not in text(response)


@pytest.mark.slow
def test_unknown_tabs_and_reasons_show_what_is_open(clinic, client):
    raised(clinic)
    page = text(client.get("/queue", {"tab": "rubbish", "reason": "rubbish"}))
    assert "The patient stopped check-in messages" in page


@pytest.mark.slow
def test_a_reason_without_items_offers_the_rest(clinic, client):
    raised(clinic)
    page = text(client.get("/queue", {"reason": "safety"}))
    assert "Nothing in this part" in page
    assert "Show every open item" in page


@pytest.mark.slow
def test_a_clinic_without_anybody_on_call_is_told():
    clinic = make_clinic(on_call=False)
    assert "Nobody is on call" in text(client_of(clinic.primary).get("/queue"))


@pytest.mark.slow
def test_looking_changes_nothing(clinic, client):
    item = raised(clinic)
    client.get("/queue")
    client.get(f"/items/{item.pk}")
    assert client.get("/queue/next").status_code == 405
    assert ReviewItem.objects.get(pk=item.pk).lock == 1


@pytest.mark.slow
def test_staff_see_the_queue_but_cannot_claim(clinic):
    raised(clinic)
    staff = client_of(clinic.staff)
    page = text(staff.get("/queue"))
    assert "Claim the next item" not in page
    assert staff.post("/queue/next").status_code == 403


@pytest.mark.slow
def test_the_line_on_reminders_says_when_they_ran_and_when_they_are_late(client):
    assert "Reminders have not run yet" in text(client.get("/queue"))
    heartbeat.beat(heartbeat.TICK)
    # The clock's work was done, but nobody has sent a message yet.
    assert "Reminders have not run yet" in text(client.get("/queue"))
    heartbeat.beat(heartbeat.worker_name("messages"))
    page = text(client.get("/queue"))
    assert "Reminders last ran" in page
    assert "0 bounced" in page
    heartbeat.set_paused(True)
    assert "Sending is paused" in text(client.get("/queue"))


@pytest.mark.slow
def test_an_item_of_the_clinic_itself_names_no_patient(clinic, client):
    item = raised(clinic, patient=None, facts={"code": "alert_refused"})
    page = text(client.get(f"/items/{item.pk}"))
    assert "The clinic itself" in page
    assert "Reach the patient" not in page
