"""Alerts to clinicians: at once, again when in doubt, and never behind messages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import AuditEvent, Patient, Plan, ReviewItem, Work
from plans.services import clock, delivery, gathering, outbox, review
from plans.services import messages as composing
from plans.services.review.review_items import open_item
from tests.channels.email.scripted import DROP, ScriptedServer
from tests.dispatch.reading import header, text_of, work
from tests.makers import ClinicMade


def urgent(clinic: ClinicMade, patient: Patient, number: int = 1) -> ReviewItem:
    with transaction.atomic():
        return open_item(
            clinic_id=clinic.id,
            patient=patient,
            plan=None,
            source="checkin",
            source_key=f"checkin:{number}",
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


def subject(kept: Any) -> str:
    """The subject of a message, without the hour by which to act."""
    return re.sub(r", due [^(]+?(?= \(|$)", "", header(kept, "Subject"))


def later(minutes: float) -> Any:
    return time_machine.travel(clock.real_now() + timedelta(minutes=minutes), tick=True)


@pytest.mark.slow
def test_alerts_for_one_person_are_one_message_that_counts_the_items(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    items = [urgent(clinic, patient, number) for number in range(3)]
    messages.run(Queue.ALERTS)
    (kept,) = server.kept
    assert subject(kept) == "Urgent: 3 review items need you"
    assert "http://localhost:8000/queue" in text_of(kept)
    rows = Work.objects.filter(queue="alerts")
    assert sorted(rows.values_list("state", "reason")) == [
        ("sent", ""), ("skipped", "in_one_message"), ("skipped", "in_one_message"),
    ]  # fmt: skip
    carrier = rows.get(state="sent")
    assert set(rows.filter(carried_by=carrier).values_list("item_id", flat=True)) | {carrier.item_id} == {
        item.pk for item in items
    }


@pytest.mark.slow
def test_ten_thousand_items_at_once_are_one_message(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    now = clock.now()
    first = urgent(clinic, patient)
    alert = Work.objects.get(item=first)
    items = [
        ReviewItem(
            clinic_id=clinic.id, source="mail", source_key=f"restored:{number}", severity="urgent", priority=0,
            opened_at=now, first_action_due=now, resolve_due=now, escalate_at=now + timedelta(minutes=5), rung=1,
        )
        for number in range(9_999)
    ]  # fmt: skip
    ReviewItem.objects.bulk_create(items)
    Work.objects.bulk_create(
        Work(
            clinic_id=clinic.id, queue="alerts", notice="item_alert", key=f"restored:{number}", item=item,
            user_id=alert.user_id, due_at=now, created_at=now, facts={"tier": 1, "channel": 1},
        )
        for number, item in enumerate(items)
    )  # fmt: skip
    messages.run(Queue.ALERTS)
    (kept,) = server.kept
    assert subject(kept) == "Urgent: 10000 review items need you"
    assert not Work.objects.filter(queue="alerts", state="pending").exists()
    assert Work.objects.filter(queue="alerts", reason="in_one_message").count() == 9_999
    assert AuditEvent.objects.filter(act="message.skipped").count() == 9_999


@pytest.mark.slow
def test_what_comes_just_after_an_alert_waits_two_minutes_and_is_one_message(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    urgent(clinic, patient)
    messages.run(Queue.ALERTS)
    for number in range(2, 5):
        urgent(clinic, patient, number)
        messages.run(Queue.ALERTS)
    assert len(server.kept) == 1
    waiting = Work.objects.filter(queue="alerts", state="pending")
    assert "alerted_just_now" in set(waiting.values_list("reason", flat=True))
    with later(2.1):
        messages.run(Queue.ALERTS)
    assert [subject(kept) for kept in server.kept][1:] == ["Urgent: 3 review items need you"]
    assert not Work.objects.filter(queue="alerts", state="pending").exists()


@pytest.mark.slow
def test_the_claim_of_one_of_several_items_silences_it_alone(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    first, second = (urgent(clinic, patient, number) for number in (1, 2))
    gathering.gather_alerts()
    carrier = Work.objects.get(queue="alerts", state="pending")
    taken, other = (first, second) if carrier.item_id == first.pk else (second, first)
    review.claim(by=clinic.second, item_id=taken.pk)
    messages.run(Queue.ALERTS)
    assert [subject(kept) for kept in server.kept] == ["Urgent: A review item needs you"]
    assert f"/items/{other.pk}" in text_of(server.kept[0])
    assert Work.objects.get(pk=carrier.pk).reason == "acknowledged"


def test_an_item_that_ends_while_its_alert_is_in_the_providers_hands_is_recorded_as_alerted(
    clinic: ClinicMade, patient: Patient
) -> None:
    item = urgent(clinic, patient)
    claims = outbox.claim_batch("alerts")
    composed = composing.begin(claims, composing.prepare(claims))
    assert list(composed) == [claims[0].id]
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(
        by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="reached_safe", note="Spoke with her."
    )
    assert delivery.settle_sent({claims[0]: 250}) == {claims[0].id}
    assert Work.objects.get(pk=claims[0].id).state == "sent"
    assert ReviewItem.objects.get(pk=item.pk).state == "resolved"
    assert review.escalate_due(clock.now() + timedelta(days=2)) == 0


@pytest.mark.slow
def test_two_people_each_get_one_message_for_what_concerns_them(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    items = [urgent(clinic, patient, number) for number in range(2)]
    messages.run(Queue.ALERTS)
    with later(16):
        review.escalate_due(clock.now())
        messages.run(Queue.ALERTS)
    to = [kept.recipients[0] for kept in server.kept]
    assert sorted(to.count(address) for address in set(to)) == [1, 2]
    assert {subject(kept) for kept in server.kept} == {"Urgent: 2 review items need you"}
    assert {item.events.filter(kind="alerted").count() for item in items} == {2}


@pytest.mark.slow
def test_an_alert_about_an_item_that_somebody_holds_and_leaves_says_who(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    item = urgent(clinic, patient)
    messages.run(Queue.ALERTS)
    review.claim(by=clinic.primary, item_id=item.pk)
    with later(16):
        review.escalate_due(clock.now())
        messages.run(Queue.ALERTS)
    name = ReviewItem.objects.get(pk=item.pk).holder.name  # type: ignore[union-attr]  # it is held
    assert all(f"{name} has it and has recorded nothing" in text_of(kept) for kept in server.kept[1:])
    assert len(server.kept) == 3


@pytest.mark.slow
def test_an_alert_that_somebody_acts_on_before_it_is_sent_is_not_sent(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    item = urgent(clinic, patient)
    Work.objects.all().delete()
    review.claim(by=clinic.primary, item_id=item.pk)
    with later(16):
        review.escalate_due(clock.now())
        lock = ReviewItem.objects.get(pk=item.pk).lock
        review.add_note(by=clinic.primary, item_id=item.pk, seen_lock=lock, note="On the phone.")
        messages.run(Queue.ALERTS)
    assert server.kept == []
    assert set(Work.objects.filter(queue="alerts").values_list("reason", flat=True)) == {"worked_on"}
