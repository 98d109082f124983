"""Alerts to clinicians: at once, again when in doubt, and never behind messages."""

from __future__ import annotations

import pytest
from django.db import transaction

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import AuditEvent, Patient, Plan, ReviewItem, Work
from plans.services import clock
from plans.services.review.review_items import open_item
from tests.channels.email.scripted import DROP, ScriptedServer
from tests.dispatch.reading import header, text_of, work
from tests.makers import ClinicMade


def urgent(clinic: ClinicMade, patient: Patient) -> ReviewItem:
    with transaction.atomic():
        return open_item(
            clinic_id=clinic.id,
            patient=patient,
            plan=None,
            source="checkin",
            source_key="checkin:1",
            priority="urgent",
            facts={"code": "x"},
            now=clock.now(),
        )


@pytest.mark.slow
def test_an_alert_goes_to_the_one_on_call_with_a_link_and_no_name(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    item = urgent(clinic, patient)
    messages.run(Queue.ALERTS)
    (kept,) = server.kept
    assert kept.recipients == (Work.objects.get(queue="alerts").user.email,)  # type: ignore[union-attr]  # alerts have one
    assert f"http://localhost:8000/items/{item.pk}" in text_of(kept)
    assert patient.name not in text_of(kept)
    assert header(kept, "List-Unsubscribe") == ""


@pytest.mark.slow
def test_an_alert_is_in_the_history_of_the_patient_it_is_about(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    urgent(clinic, patient)
    messages.run(Queue.ALERTS)
    row = Work.objects.get(queue="alerts")
    event = AuditEvent.objects.get(act="message.sent", subject_id=row.pk)
    assert (event.patient_id, event.facts["notice"]) == (patient.pk, "item_alert")


@pytest.mark.slow
def test_an_alert_whose_answer_never_came_goes_again_at_once_marked(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    urgent(clinic, patient)
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.ALERTS)
    first, second = server.arrived
    assert "(sent again)" not in header(first, "Subject")
    assert "(sent again)" in header(second, "Subject")
    assert header(first, "Message-ID") != header(second, "Message-ID")
    row = Work.objects.get(queue="alerts")
    assert (row.state, row.repeat) == ("sent", 1)


def test_an_item_claimed_meanwhile_alerts_nobody(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    item = urgent(clinic, patient)
    ReviewItem.objects.filter(pk=item.pk).update(
        acknowledged_at=clock.now(), acknowledged_by_id=clinic.primary.id
    )
    messages.run(Queue.ALERTS)
    assert Work.objects.get(queue="alerts").reason == "acknowledged"
    assert server.arrived == []


@pytest.mark.slow
def test_messages_and_alerts_do_not_wait_for_each_other(
    clinic: ClinicMade, plan: Plan, patient: Patient, server: ScriptedServer
) -> None:
    urgent(clinic, patient)
    messages.run(Queue.ALERTS)
    assert work("item_alert").state == "sent"
    assert work("plan_ready").state == "pending"
